"""A member's header is tarfile's own, byte for byte."""

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.store.shards.tar_header import member_header

NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="/"), min_size=1, max_size=100)


@given(NAMES, st.integers(0, 8**11 - 1))
def test_a_header_is_the_one_that_tarfile_writes(name: str, size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = size
    assert member_header(name, size) == entry.tobuf(tarfile.USTAR_FORMAT)


@pytest.mark.parametrize(("name", "size"), [("x" * 101, 1), ("ä", 1), ("x", 8**11)])
def test_what_a_plain_header_cannot_hold_is_refused(name: str, size: int) -> None:
    with pytest.raises(ValueError):
        member_header(name, size)
