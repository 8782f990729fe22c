"""`source list` and `trace`: which files of a source gave no picture, by name and with the reason."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from silverprint import layout
from silverprint.records import MANIFEST, RAW, conform
from silverprint.store import tables


@pytest.fixture
def acquired(typed, project: Path) -> Path:
    """A folder source with a picture, the same again, a text and a tiny picture, as `acquire` leaves them."""
    noise = np.random.default_rng(0).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    (project / "mine/cats").mkdir(parents=True)
    for name, pixels in (("a", noise), ("again", noise), ("tiny", noise[:9, :9])):
        Image.fromarray(pixels).save(project / f"mine/cats/{name}.png")
    (project / "mine/cats/notes.txt").write_text("no picture")
    assert typed("source", "add", "mine", "--folder", "mine").returncode == 0
    done = typed("acquire", "mine")
    assert done.returncode == 0
    assert "acquire mine: 1 duplicate, 1 failed, 2 stored (not-an-image 1); next: measure@mine\n" in done.stderr
    assert "by name: silverprint source list mine --rejected\n" in done.stderr
    return project


def judge() -> None:
    """The manifest, where the tiny picture is rejected."""
    rows = tables.read_parts(layout.raw("mine"), RAW)
    tiny = pl.col("url").str.ends_with("tiny.png")
    found = rows.filter(pl.col("outcome") == "stored").with_columns(
        kept=~tiny, reason=pl.when(tiny).then(pl.lit("too-small")), evidence=pl.when(tiny).then(pl.lit("9x9")), group=0
    )
    tables.write(conform(found, MANIFEST), layout.MANIFEST, MANIFEST)


def test_failed_files_are_listed_with_their_reasons(typed, acquired: Path) -> None:
    done = typed("source", "list", "mine", "--rejected")
    assert done.stdout == "not-an-image\tmine!cats/notes.txt\n"
    assert "what clean rejects is not known" in done.stderr
    judge()
    done = typed("source", "list", "mine", "--rejected")
    first, second = done.stdout.splitlines()
    assert first == "not-an-image\tmine!cats/notes.txt"
    reason, name, digits = second.split("\t")
    assert (reason, name) == ("too-small (side 9 < 48)", "mine!cats/tiny.png")
    assert "2 addresses gave no picture" in done.stderr
    assert typed("trace", digits).returncode == 0
    rows = json.loads(typed("source", "list", "mine", "--rejected", "--json").stdout)
    assert [row["reason"] for row in rows] == ["not-an-image", "too-small"]


def test_sources_are_listed_with_their_counts(typed, acquired: Path) -> None:
    judge()
    found = json.loads(typed("source", "list", "--json").stdout)
    counts = {"stored": 2, "duplicate": 1, "refused": 0, "failed": 1, "purged": 0, "kept": 1}
    assert found["mine"] == {"kind": "folder"} | counts
    assert found["web"] == {"kind": "web"}
    assert "mine" in typed("source", "list").stdout


def test_a_file_is_traced_by_its_name(typed, acquired: Path) -> None:
    assert "not-an-image" in typed("trace", "notes.txt").stdout
    assert "not-an-image" in typed("trace", "cats/notes.txt").stdout
    done = typed("trace", "a.png")
    (picture,) = [line.rsplit(" ", 1)[1] for line in done.stderr.splitlines() if "silverprint trace" in line]
    assert "cats" in typed("trace", picture).stdout
    (acquired / "mine/dogs").mkdir()
    (acquired / "mine/dogs/notes.txt").write_text("no picture either")
    typed("acquire", "mine")
    done = typed("trace", "notes.txt")
    assert (done.returncode, "2 addresses end with it; one of: mine!cats/notes.txt" in done.stderr) == (64, True)


@pytest.mark.parametrize(
    ("line", "code"), [("--rejected", 64), ("web --rejected", 69), ("mars", 64), ("mars --rejected", 64)]
)
def test_what_cannot_be_listed_is_one_line(typed, project: Path, line: str, code: int) -> None:
    done = typed("source", "list", *line.split())
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
