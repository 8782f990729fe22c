"""Reservations that a picture carries in itself: they are metadata, so they are read before metadata is stripped."""

from collections.abc import Container, Iterator

from silverprint.config import Signal
from silverprint.core.reservations import Statement
from silverprint.imaging.reservations.content_credentials import content_credentials
from silverprint.imaging.reservations.data_mining import data_mining


def in_picture(data: bytes, respect: Container[Signal]) -> tuple[Statement, ...]:
    """What a file of any format says of training, by the signals in `respect`. Nothing of it raises an error."""
    return tuple(dict.fromkeys(_in_picture(data, respect)))


def _in_picture(data: bytes, respect: Container[Signal]) -> Iterator[Statement]:
    if "data-mining" in respect:
        yield from data_mining(data)
    if "c2pa" in respect:
        yield from content_credentials(data)
