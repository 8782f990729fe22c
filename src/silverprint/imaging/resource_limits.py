"""Bounds on time and memory for work on a stranger's image: by its header, else by a child that can be killed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from silverprint.imaging import killable_process
from silverprint.imaging.jpeg_decode_cost import MOST_SCANS, has_too_many_scans, jpeg_work
from silverprint.imaging.open_image import Undecodable
from silverprint.imaging.sniff import sniff

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may take.

    Attributes:
        seconds: of the processor.
        megabytes: of memory, beside what the process has without any picture.
    """

    seconds: float
    megabytes: int


# Limits for an unknown picture. 1 GB holds the coefficients of a progressive JPEG of `MAX_PIXELS` at full chroma
# (6 bytes a pixel), and the four copies that a transparent picture of `open_image.WHOLE_SHARE` of them goes through.
STRANGER: Final = Limits(seconds=4.5, megabytes=1_000)
# Limits for a picture that `measure` has decoded: only a runaway decoder is stopped, however slow the machine.
KNOWN: Final = Limits(seconds=60.0, megabytes=6_000)

# Limits for decoding in this process: 0.3 s and 200 MB at most, both estimated from the header.
_PIXELS: Final = 24_000_000  # pixels of a JPEG: phones take as many by default
_SCANNED: Final = 100_000_000  # pixels x scans
_WHOLE: Final = 4_000_000  # pixels of what is decoded whole
_BYTES: Final = 20_000_000
_WHOLE_BYTES: Final = 4_000_000


def run_bounded(work: Callable[..., T], data: bytes, *rest: object, limits: Limits = STRANGER) -> T:
    """`work(data, *rest)`, here where the header bounds what it costs, else in a process that `limits` may end.

    Args:
        work: at a module's top level; what it returns or raises is the same either way.

    Raises:
        Undecodable: too-many-scans, too-slow, too-much-memory, crashed; and whatever `work` raises.
    """
    return work(data, *rest) if is_cheap(data) else run_apart(work, data, *rest, limits=limits)


def run_apart(work: Callable[..., T], data: bytes, *rest: object, limits: Limits = STRANGER) -> T:
    """`work(data, *rest)` in a process that `limits` may end, whatever the header says.

    For a server, which must outlive a decoder that crashes.

    Raises:
        Undecodable: as `run_bounded` does.
    """
    if sniff(data) == "jpeg" and has_too_many_scans(data):
        raise Undecodable("too-many-scans")
    try:
        result: T = killable_process.run(work, (data, *rest), limits.seconds, limits.megabytes)
    except killable_process.CallEnded as end:
        raise Undecodable(end.why) from None
    return result


def is_cheap(data: bytes) -> bool:
    """Whether a picture's header bounds what decoding costs to little; True for what is no picture, too."""
    name = sniff(data)
    if name == "jpeg":
        work = jpeg_work(data) if len(data) <= _BYTES else None
        if work is None or work.scans > MOST_SCANS:
            return False
        return work.pixels <= _PIXELS and work.pixels * work.scans <= _SCANNED
    if name == "png":
        pixels = int.from_bytes(data[16:20]) * int.from_bytes(data[20:24])
        return len(data) <= _WHOLE_BYTES and data[12:16] == b"IHDR" and pixels <= _WHOLE
    if name == "webp":
        return len(data) <= _WHOLE_BYTES and _webp_pixels(data) <= _WHOLE
    return name is None


def _webp_pixels(data: bytes) -> int:
    """Width x height as the first chunk has it (RFC 9649, 2.5 to 2.7); a number beyond all limits where it does not."""
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X" and len(body) == 10:
        return (int.from_bytes(body[4:7], "little") + 1) * (int.from_bytes(body[7:10], "little") + 1)
    if kind == b"VP8 " and len(body) == 10:
        sides = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return next(sides) * next(sides)
    if kind == b"VP8L" and len(body) >= 5:
        packed = int.from_bytes(body[1:5], "little")
        return ((packed & 0x3FFF) + 1) * ((packed >> 14 & 0x3FFF) + 1)
    return 2**32
