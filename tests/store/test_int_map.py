"""A mapping of numbers in little memory behaves like a dictionary."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.store import int_map
from silverprint.store.int_map import IntMap

WORDS = st.integers(-(2**63), 2**63 - 1)
ENTRIES = st.lists(st.tuples(st.integers(-20, 20) | WORDS, WORDS), max_size=60)


@given(ENTRIES, ENTRIES, st.integers(1, 7))
def test_it_is_a_dictionary(first: list[tuple[int, int]], later: list[tuple[int, int]], recent: int) -> None:
    known, int_map._RECENT = int_map._RECENT, recent
    try:
        found, expected = IntMap(*zip(*first, strict=True)) if first else IntMap(), dict(first)
        for key, value in later:
            assert found.get(key) == expected.get(key)
            found[key] = expected[key] = value
        assert {key: found[key] for key in expected} == expected
        assert all((key in found) == (key in expected) for key in range(-25, 25))
    finally:
        int_map._RECENT = known


@pytest.mark.slow
def test_an_entry_takes_sixteen_bytes() -> None:
    found = IntMap()
    tracemalloc.start()
    try:
        for key in range(200_000):
            found[hash(str(key))] = hash(key)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 16 * 200_000 + 1_500_000  # the latest stand in a dictionary
