"""Search in streams: as `in` finds, wherever blocks end."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from silverprint.store.traces import finder
from silverprint.store.traces.finder import Finder, Hit, Label

NEEDLES = st.lists(st.text("ab", min_size=8, max_size=13).map(str.encode), min_size=0, max_size=4, unique=True)


class Dribble(BytesIO):
    """A stream that gives less than was asked for, as networks do."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(7, size or 7))


@given(NEEDLES, st.text("ab", max_size=90).map(str.encode), st.integers(1, 40), st.booleans())
def test_everything_is_found_wherever_a_block_ends(needles, data, block, dribbles) -> None:
    wanted = {needle: Label(str(number), "form") for number, needle in enumerate(needles)}
    expected = sorted(
        Hit(label, data[at + len(needle) : at + len(needle) + finder.AFTER])
        for needle, label in wanted.items()
        for at in range(len(data))
        if data.startswith(needle, at)
    )
    before, finder.BLOCK = finder.BLOCK, block
    try:
        found = sorted(Finder(wanted).hits(Dribble(data) if dribbles else BytesIO(data)))
    finally:
        finder.BLOCK = before
    assert found == expected
