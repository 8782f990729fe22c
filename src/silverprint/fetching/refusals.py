"""Reasons for which a request gave no image, in the words that a row keeps."""

from typing import ClassVar, Final, Literal

# The site, or the way to it, is down: the same address may well answer tomorrow.
DOWN: Final = frozenset(
    {"timeout", "connection-refused", "unknown-host", "connection", "cut-off", "robots-unreachable"}
)


class NoImage(Exception):  # noqa: N818
    """A request that gave no image.

    Attributes:
        outcome: as in records.RAW.
        reason: one word, hyphens in it.
    """

    outcome: ClassVar[Literal["refused", "failed"]]

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(NoImage):
    """By rule: robots, taken-down, private-address, scheme, too-large."""

    outcome = "refused"


class Failed(NoImage):
    """By accident: timeout, unknown-host, redirect-loop, ..."""

    outcome = "failed"
