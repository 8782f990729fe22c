"""Files in large pages: the bytes that were given, wherever they were cut."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silverprint.store.shards.unfinished_part import PAGE, PageWriter


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 511, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE + 7]), max_size=6))
def test_what_is_written_is_there_in_order_and_whole_pages_at_once(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    path = tmp_path_factory.mktemp("pages") / "file"
    parts = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    writer = PageWriter(path)
    for part in parts:
        writer.write(part)
    total = sum(sizes)
    assert path.stat().st_size == total - total % PAGE
    writer.finish()
    assert path.read_bytes() == b"".join(parts)
