"""Files are whole or absent; tables are read strictly."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.errors import DataError, DiskError, UnavailableError
from silverprint.records import ASKS, LATER, RAW, VOTES, conform
from silverprint.store import files, tables


def test_a_block_that_raises_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(UnicodeEncodeError), files.replacing(path) as temporary:
        temporary.write_text("half\ud800", encoding="utf-8")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_secret_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    files.write_text(path, "x", mode=0o600)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_limit_on_file_size_reads_as_a_full_disk(tmp_path: Path) -> None:
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from pathlib import Path; from silverprint.store import files; from silverprint.errors import DiskError\n"
        f"path = Path({str(tmp_path)!r}) / 'big'\n"
        "try: files.write_bytes(path, b'x' * 5000)\n"
        "except DiskError as error: print(error); sys.exit(0 if not list(path.parent.iterdir()) else 3)\n"
        "sys.exit(4)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no space left" in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DiskError, match="owner and mode"):
        files.write_text(tmp_path / "a", "x")


def test_parts_from_before_a_column_are_read_on_and_others_are_not(tmp_path: Path) -> None:
    later = sorted(LATER & {*RAW})
    before = conform(pl.DataFrame({"image_id": ["a"], "url": ["u"]}), RAW).drop(later)
    before.write_parquet(tmp_path / "index-00000.parquet")
    tables.write(pl.DataFrame({"image_id": ["b"], "caption": ["A bag"]}), tmp_path / "index-00001.parquet", RAW)
    found = tables.read_parts(tmp_path, RAW)
    assert found.select("image_id", "caption").rows() == [("a", None), ("b", "A bag")]
    assert list(found.columns) == list(RAW)
    before.drop("url").write_parquet(tmp_path / "index-00000.parquet")
    with pytest.raises(DataError, match="not a readable table"):
        tables.read_parts(tmp_path, RAW)


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)


@given(st.lists(st.tuples(texts, st.integers(0, 9), st.none() | texts), unique_by=lambda row: row[0], max_size=8))
def test_a_ledger_comes_back_as_written_and_sorted(tmp_path_factory, rows: list[tuple[str, int, str | None]]) -> None:
    path = tmp_path_factory.mktemp("ledger") / "asks.csv"
    schema = {"image_id": pl.String, "extra": pl.Int64, "reason": pl.String}
    frame = conform(pl.DataFrame(rows, schema=schema, orient="row"), ASKS)
    tables.write_ledger(frame, path, ASKS, ["image_id"])
    once = path.read_bytes()
    back = tables.read_ledger(path, ASKS)
    assert back.equals(frame.sort("image_id"))
    tables.write_ledger(back.reverse(), path, ASKS, ["image_id"])
    assert path.read_bytes() == once


def test_an_empty_choice_is_not_no_choice(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    frame = conform(pl.DataFrame({"image_id": ["a"], "choice": [""], "annotation_id": [1]}), VOTES)
    tables.write_ledger(frame, path, VOTES, ["image_id"])
    assert tables.read_ledger(path, VOTES).equals(frame)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"image_id,extra\na,many\n", b"\xff\xfe\x00", b'a,"b\n'])
def test_a_damaged_ledger_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "asks.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"git diff .*asks\.csv") as caught:
        tables.read_ledger(path, ASKS)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"nonsense" * 100])
def test_a_damaged_table_is_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match="dvc checkout") as caught:
        tables.read(path, ASKS)
    assert "\n" not in str(caught.value)


def test_a_missing_table_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="dvc pull"):
        tables.read(tmp_path / "t.parquet", ASKS)
    with pytest.raises(UnavailableError, match="git checkout"):
        tables.read_ledger(tmp_path / "asks.csv", ASKS)
