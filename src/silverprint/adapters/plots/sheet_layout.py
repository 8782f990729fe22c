"""Layout of a contact sheet, in pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from silverprint.adapters.plots.drawing import ARROW

MARGIN: Final = 26
HEAD: Final = 92  # height of the titles
WORDS: Final = 290  # width of the words before a row's pictures
LINES: Final = 68  # height of these words
_GAP: Final = 6
_BAND: Final = 44  # height of what is said above the flags
_COLUMNS: Final = 4  # columns of a pile
_FEWEST: Final = 6  # rows of a pile beside a short list of reasons
_NARROWEST: Final = 5  # tiles that the titles need


@dataclass(frozen=True)
class Layout:
    """Two piles of pictures, and the rows of the reasons between them; everything else follows from four numbers."""

    tile: int
    widest: int  # pictures of the row that has most
    rejecting: int  # rows
    flagging: int  # rows, below the others

    @property
    def step(self) -> int:
        return self.tile + _GAP

    @property
    def row(self) -> int:
        return max(self.tile, LINES) + _GAP

    @property
    def body(self) -> int:
        """Height of what is below the titles."""
        rows = (self.rejecting + self.flagging) * self.row + (_BAND if self.flagging else 0)
        return max(rows, _FEWEST * self.step)

    @property
    def band(self) -> int:
        """Where the flags begin."""
        return HEAD + self.rejecting * self.row

    @property
    def tops(self) -> list[int]:
        """The top edges of the rows."""
        rejecting = [HEAD + place * self.row for place in range(self.rejecting)]
        return rejecting + [self.band + _BAND + place * self.row for place in range(self.flagging)]

    @property
    def pile_width(self) -> int:
        return _COLUMNS * self.step

    @property
    def middle(self) -> int:
        """Left edge of the rows."""
        return MARGIN + self.pile_width + ARROW

    @property
    def right(self) -> int:
        """Left edge of the second pile."""
        return self.middle + WORDS + max(self.widest, _NARROWEST) * self.step + ARROW

    @property
    def size(self) -> tuple[int, int]:
        return self.right + self.pile_width + MARGIN, HEAD + self.body + MARGIN

    def places(self, left: int) -> Iterator[tuple[int, int]]:
        """Corners of a pile's tiles, as many as there is room for; the pile's left edge is `left`."""
        for place in range(_COLUMNS * (self.body // self.step)):
            yield left + place % _COLUMNS * self.step, HEAD + place // _COLUMNS * self.step
