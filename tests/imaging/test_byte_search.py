"""A search in steps finds what a search in one finds, also across the border of two steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.imaging import byte_search


@given(st.text("ab", max_size=40), st.text("ab", min_size=1, max_size=5), st.integers(0, 45), st.integers(1, 7))
def test_it_finds_what_one_search_finds(text: str, wanted: str, start: int, step: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(byte_search, "_STEP", step)
        assert byte_search.find(text.encode(), wanted.encode(), start) == text.find(wanted, start)
