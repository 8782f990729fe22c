"""contribute review: figures from the tables that are here, and decisions as lines of a ledger in Git."""

import json
import re
from pathlib import Path

import polars as pl
import pytest

from silverprint import cli, config, layout
from silverprint.campaign import contributors, ledger_schemas, ledgers
from silverprint.records import CONTRIBUTORS, LABELS, MANIFEST, RAW, conform
from silverprint.store import tables
from tests.helpers.crowd import add_crowd

ADA, BOB, EVE = "a" * 10, "b" * 10, "e" * 10
WEB = [f"{number:064x}" for number in range(1, 21)]


def run(*words: str) -> int:
    return cli.main(["contribute", "review", *words])


@pytest.fixture(autouse=True)
def given(project: Path) -> None:
    """Ada gave 20 fit pictures of her own, Bob 20 of another source's; Eve's one waits for `clean`."""
    label = config.load().dataset.classes[0]
    add_crowd({"label": label})
    rows = [_row(ADA, f"{number:064x}", label) for number in range(100, 120)]
    rows += [_row(BOB, f"{number:064x}", label) for number in range(200, 220)]
    rows += [_row(EVE, f"{300:064x}", label)]
    web = [{"image_id": name, "url": f"https://example.org/{name}", "source": "web"} for name in WEB]
    for source in config.load().sources:
        layout.raw(source).mkdir(parents=True)
    tables.write(conform(pl.DataFrame(rows), RAW), layout.raw("crowd") / "index-00000.parquet", RAW)
    tables.write(conform(pl.DataFrame(web), RAW), layout.raw("web") / "index-00000.parquet", RAW)
    kept = [{"image_id": row["image_id"], "kept": True} for row in (*rows[:20], *web)]
    gone = [
        {"image_id": row["image_id"], "kept": False, "reason": "near-duplicate", "evidence": other}
        for row, other in zip(rows[20:40], WEB, strict=True)
    ]
    tables.write(
        conform(pl.concat(map(pl.DataFrame, (kept, gone)), how="diagonal"), MANIFEST), layout.MANIFEST, MANIFEST
    )
    labels = [{"image_id": row["image_id"], "label": label, "source": "human"} for row in rows[:10]]
    tables.write(conform(pl.DataFrame(labels), LABELS), layout.labels("r01") / "labels.parquet", LABELS)


def _row(who: str, image_id: str, label: str) -> dict[str, str]:
    page = f"contributor:{who}"
    url = f"crowd!birds/{who}/{image_id}"
    return {"image_id": image_id, "url": url, "page_url": page, "source": "crowd", "source_label": label,
            "last_modified": "2026-11-01T00:00:00Z"}  # fmt: skip


@pytest.mark.slow
def test_the_table_proposes_with_figures_and_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 0
    ada, bob, eve = json.loads(capsys.readouterr().out)
    assert [row["contributor"] for row in (ada, bob, eve)] == [ADA, BOB, EVE]
    assert (ada["judged"], ada["kept"], ada["copies"], ada["labelled"], ada["agreeing"]) == (20, 20, 0, 10, 10)
    assert ada["agreement"]["value"] == 1
    assert (ada["proposal"], ada["because"], ada["decision"]) == ("accept", "20 of 20 kept", None)
    assert (bob["copies"], bob["reasons"], bob["proposal"]) == (20, "near-duplicate 20", "reject")
    assert bob["copied"]["low"] > 0.8
    assert (eve["judged"], eve["agreement"], eve["proposal"]) == (0, None, "look")
    assert run() == 0
    shown = capsys.readouterr().out
    assert f"{BOB}: reject (20 of 20 look like pictures of other sources" in shown
    assert re.search(rf"^{ADA} ", shown, re.MULTILINE)


def test_a_decision_is_a_line_in_git_and_a_later_one_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--accept", ADA, "--reject", f"contributor:{BOB}", "--why", "copied  from\nthe web") == 0
    assert f"silverprint takedown contributor:{BOB} --why TEXT" in capsys.readouterr().err
    assert contributors.decisions() == {ADA: "accepted", BOB: "rejected"}
    assert contributors.reasons()[BOB] == "copied from the web"
    assert layout.CONTRIBUTORS.read_text().splitlines()[0] == ",".join(CONTRIBUTORS)
    assert run("--accept", BOB) == 0
    assert contributors.decisions() == {ADA: "accepted", BOB: "accepted"}
    assert contributors.reasons()[BOB].startswith("reject proposed: 20 of 20 look like")
    assert ledgers.read(layout.CONTRIBUTORS).height == 3
    assert ledger_schemas.kind_of(layout.CONTRIBUTORS).key == ("contributor", "at", "decision")


def test_pictures_of_who_was_rejected_stay_until_somebody_takes_them_down(capsys: pytest.CaptureFixture[str]) -> None:
    run("--reject", BOB, "--why", "copied")
    assert ledgers.takedowns().is_empty()
    capsys.readouterr()
    run()
    assert f"{BOB}: rejected, and the pictures are in the dataset" in capsys.readouterr().out
    assert cli.main(["takedown", f"contributor:{BOB}", "--why", "copied"]) == 0
    capsys.readouterr()
    run()
    assert BOB + ": " not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--accept", "0" * 10), "there is no such contributor"),
        (("--reject", ADA), "a rejection says why"),
        (("--reject", ADA, "--why", "  "), "a rejection says why"),
        (("--accept", ADA, "--reject", ADA, "--why", "x"), "both accepted and rejected"),
        (("--why", "x"), "add --accept or --reject"),
    ],
)
def test_what_cannot_be_decided_is_told(words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 64
    assert said in capsys.readouterr().err
    assert not layout.CONTRIBUTORS.exists()


def test_without_the_manifest_or_a_source_it_says_what_to_fetch(capsys: pytest.CaptureFixture[str]) -> None:
    layout.MANIFEST.unlink()
    assert run() == 69
    assert str(layout.MANIFEST) in capsys.readouterr().err
