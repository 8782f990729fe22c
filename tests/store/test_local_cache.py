"""What a machine keeps is given back whole, or not at all."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silverprint.records import PIXELS
from silverprint.store import tables
from silverprint.store.local_cache import read, write

LINES = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(of=LINES, other=LINES, content=st.binary(max_size=99))
def test_it_is_given_to_whoever_asks_for_the_same(tmp_path: Path, of: str, other: str, content: bytes) -> None:
    write(tmp_path / "it", of, content)
    assert read(tmp_path / "it", of) == content
    assert other == of or read(tmp_path / "it", other) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_as_none(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "it"
    write(path, "1", b"some content")
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    for damaged in (bytes(flipped), whole[:place], whole + b"x"):
        path.write_bytes(damaged)
        assert read(path, "1") is None


def test_no_file_and_a_folder_are_as_none(tmp_path: Path) -> None:
    assert read(tmp_path / "gone", "1") is None
    assert read(tmp_path, "1") is None


def test_a_table_without_a_whole_file_has_no_rows(tmp_path: Path) -> None:
    frame = pl.DataFrame({"image_id": ["a"], "pixel_sha256": ["b"]})
    tables.write_cached(frame, tmp_path / "it", "1", PIXELS)
    assert tables.read_cached(tmp_path / "it", "1", PIXELS).rows() == frame.rows()
    assert tables.read_cached(tmp_path / "it", "2", PIXELS).is_empty()
    (tmp_path / "it").write_bytes(b"damaged")
    assert tables.read_cached(tmp_path / "it", "1", PIXELS).is_empty()


def test_what_a_killed_process_of_the_same_number_left_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getpid", lambda: 77)
    (tmp_path / ".it.77.part").write_bytes(b"half")
    write(tmp_path / "it", "1", b"whole")
    assert read(tmp_path / "it", "1") == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["it"]
