"""Known pictures that nobody is to see: their hashes, the ledger, the command."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.core.cleaning import known_bad
from silverprint.core.hashing import pixel_sha256
from silverprint.errors import ConfigError
from silverprint.records import BLOCKED
from tests.helpers.album import Found, acquire, jpeg, manifest, tile

WORDS = st.lists(st.integers(0, 2**64 - 1), min_size=4, max_size=4)
COLUMNS = {**dict.fromkeys(("image_id", "stored_sha256", "pixel_sha256"), pl.String),
           **dict.fromkeys((f"phash256_{word}" for word in range(4)), pl.UInt64)}  # fmt: skip


@given(words=WORDS)
def test_a_hash_is_read_as_it_is_written(words: list[int]) -> None:
    text = known_bad.text_of(words)
    assert len(text) == 64
    assert known_bad.words_of(text).tolist() == words


@given(pool=st.lists(WORDS, max_size=6), bad=st.lists(WORDS, max_size=3), flips=st.sets(st.integers(0, 255)),
       radius=st.integers(0, 64))  # fmt: skip
def test_what_differs_in_few_bits_from_any_of_the_list_is_named(pool, bad, flips, radius) -> None:
    near = [[word ^ sum(1 << (bit - 64 * at) for bit in flips if bit // 64 == at) for at, word in enumerate(one)]
            for one in bad]  # fmt: skip
    rows = [*pool, *near]
    frame = pl.DataFrame([(f"p{k}", None, None, *row) for k, row in enumerate(rows)], schema=COLUMNS, orient="row")
    listed = pl.DataFrame([("phash256", known_bad.text_of(one), "w") for one in bad], schema=BLOCKED, orient="row")
    found = dict(known_bad.matches(frame, listed, radius).iter_rows())
    for number, row in enumerate(rows):
        bits = [sum((a ^ b).bit_count() for a, b in zip(row, one, strict=True)) for one in bad]
        expected = f"phash256:{min(bits)}" if bits and min(bits) <= radius else None
        assert found.get(f"p{number}") == expected


@pytest.mark.slow
def test_files_and_their_copies_are_rejected_and_others_stay(typed, project: Path) -> None:
    large, other, same_pixels = tile(0, 320), tile(1), tile(2)
    pixels = np.asarray(same_pixels.convert("RGB"))
    listed = Path("bad.jpg")
    listed.write_bytes(jpeg(large))
    Path("broken.jpg").write_bytes(b"no picture")
    done = typed("blocked", "add", "bad.jpg", "broken.jpg", "--why", "asked")
    assert done.returncode == 0, done.stderr
    assert "broken.jpg does not decode: only the same file is blocked" in done.stderr
    assert "3 hashes more" in done.stderr
    with layout.BLOCKED.open("a") as ledger:
        ledger.write(f"sha256,{pixel_sha256(pixels).upper()},by its pixels\n")
    small = Found(jpeg(large.resize((160, 160), Image.Resampling.LANCZOS), 70), "copy")
    acquire("web", [Found(listed.read_bytes(), "file"), small, Found(jpeg(other), "other")])
    acquire("partner", [Found(b"no picture", "broken")])
    rows = manifest()
    assert {url: row["reason"] for url, row in rows.items()} == {
        "file": "blocked", "copy": "blocked", "other": None, "broken": "blocked",
    }  # fmt: skip
    assert rows["file"]["evidence"] == rows["broken"]["evidence"] == "sha256"
    assert int(rows["copy"]["evidence"].removeprefix("phash256:")) <= 20
    again = typed("blocked", "add", "bad.jpg", "--why", "asked")
    assert "0 hashes more" in again.stderr
    assert ledgers.blocked_hashes().height == 4


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"md5,{'0' * 64},w", "line 2: kind 'md5': a kind is one of: sha256, phash256"),
        ("sha256,00,w", "line 2: hash '00': a hash is 64 hex digits"),
        (f"sha256,{'0' * 64},", "line 2: why 'None': a line says why"),
    ],
)
def test_a_line_that_means_nothing_is_told(project: Path, line: str, rule: str) -> None:
    layout.BLOCKED.write_text(f"kind,hash,why\n{line}\n")
    with pytest.raises(ConfigError, match=f"blocked.csv {rule}"):
        ledgers.blocked_hashes()


@pytest.mark.parametrize(
    ("files", "why", "rule"),
    [("there-is-none.jpg", "w", "there is no such file"), ("params.yaml", " ", "a picture is blocked for a reason")],
)
def test_a_file_that_is_not_there_or_no_reason_is_told(typed, project: Path, files: str, why: str, rule: str) -> None:
    done = typed("blocked", "add", files, "--why", why)
    assert (done.returncode, rule in done.stderr) == (64, True)
    assert layout.BLOCKED.read_text() == "kind,hash,why\n"
