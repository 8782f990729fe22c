"""Files in large pages: the bytes that were given, wherever they were cut; a full disk is told, and no thread stays."""

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.store.shards.unfinished_part import MOST_WAITING, PAGE, PageWriter


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 511, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 7]), max_size=6))
def test_what_is_written_is_there_in_order_and_whole_pages_come_first(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    path = tmp_path_factory.mktemp("pages") / "file"
    parts = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    writer = PageWriter(path)
    for part in parts:
        writer.write(part)
    assert path.stat().st_size % PAGE == 0
    writer.finish()
    assert path.read_bytes() == b"".join(parts)


def _fill(writer: PageWriter) -> None:
    for _ in range(2 + MOST_WAITING // PAGE):
        writer.write(bytes(PAGE))


def test_a_full_disk_is_told_and_the_thread_ends() -> None:
    before = threading.active_count()
    writer = PageWriter(Path("/dev/full"))
    with pytest.raises(OSError, match="No space"):
        _fill(writer)
    writer.close()
    assert threading.active_count() == before


def test_a_full_disk_is_told_at_the_end_at_the_latest() -> None:
    writer = PageWriter(Path("/dev/full"))
    writer.write(b"one byte more than nothing")
    with pytest.raises(OSError, match="No space"):
        writer.finish()
    writer.close()
