"""Repair of files that browsers show and Pillow does not; no pixel is made up.

What is not there stays missing: a picture is whole where every row (PNG) or every block of every component at its
full precision (JPEG) can be decoded.
"""

import re
import zlib
from collections.abc import Callable
from typing import Final

import simplejpeg

from silverprint.imaging.metadata.strip_png import SIGNATURE, chunk, chunks

_EOI: Final = b"\xff\xd9"
_SCAN_END: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PIXELS: Final = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_FRAMES: Final = {b"acTL", b"fcTL", b"fdAT"}
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type of IHDR -> channels
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_PILLOWS_BRANDS: Final = {b"avif", b"avis", b"mif1", b"msf1"}
_MOST_BYTES: Final = 1 << 30  # bytes of unpacked rows
_LONGEST_ICON: Final = 256  # pixels; a bitmap's height counts its mask, too


def repair(data: bytes, name: str) -> bytes:
    """`data`, of the format `name`, with what is known to stop Pillow put right; `data` itself if that is nothing."""
    return _MENDERS[name](data) if name in _MENDERS else data


def rescue(data: bytes, name: str) -> bytes | None:
    """What may be tried once Pillow has failed; None: nothing."""
    return _rescued_png(data) if name == "png" else None


def is_apples(data: bytes) -> bool:
    """Whether it is a PNG as Apple's developer tools write it for programs of theirs (CgBI): no PNG to anybody else."""
    return data.startswith(SIGNATURE) and data[12:16] == b"CgBI"


def _jpeg(data: bytes) -> bytes:
    """With the marker that ends it, where that alone is missing."""
    if _EOI in data[-2:]:
        return data
    ended = data + _EOI
    return ended if _is_whole_jpeg(ended) else data


def _is_whole_jpeg(data: bytes) -> bool:
    """Whether libjpeg-turbo finds every block there, and every scan was sent that makes up the picture."""
    try:
        colors = "CMYK" if simplejpeg.decode_jpeg_header(data)[2] in {"CMYK", "YCCK"} else "RGB"
        simplejpeg.decode_jpeg(data, colorspace=colors)
    except ValueError as error:
        if "extraneous bytes before marker 0xd9" not in str(error):  # bytes after the last block do no harm
            return False
    return _has_every_scan(data)


def _has_every_scan(data: bytes) -> bool:
    """Whether each component's scans end with full precision of its coefficients (ITU-T T.81, B.2.3, G.1.1.1).

    Decoders show a progressive picture of fewer scans, only blurred.
    """
    at, lacking = 2, dict[int, set[int]]()
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, size = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI[1]:
            break
        body = data[at + 4 : at + 2 + size]
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC} and len(body) > 5:
            lacking = {component: set(range(64)) for component in body[6::3]}
        at += 2 + size
        if marker == 0xDA:
            for component in body[1 : 1 + 2 * body[0] : 2]:
                if body[-1] & 0x0F == 0:
                    lacking.get(component, set()).difference_update(range(body[-3], body[-2] + 1))
            found = _SCAN_END.search(data, at)
            at = found.start() if found else len(data)
    return bool(lacking) and not any(lacking.values())


def _png(data: bytes) -> bytes:
    """Without ancillary chunks: their checksums, lengths and contents say nothing of the pixels.

    Colour is read by `imaging.colour.embedded_profile` from the file itself, the way up by `imaging.orientation`
    from eXIf.
    """
    kept, whole = [SIGNATURE], True
    for found in chunks(data):
        is_critical = found.kind[:1].isupper()
        if is_critical or (found.sound and found.kind in _PIXELS | _FRAMES | {b"eXIf"}):
            kept.append(data[found.start : found.end])
        else:
            whole = False
    return data if whole else b"".join(kept)


def _rescued_png(data: bytes) -> bytes | None:
    """A still PNG of the same rows, whatever their checksum says; None where rows are missing."""
    found = [one for one in chunks(data) if one.kind in _PIXELS]
    head = next((data[one.start + 8 : one.end - 4] for one in found if one.kind == b"IHDR" and one.sound), b"")
    size = _unpacked_size(head) if len(head) == 13 else 0
    packed = b"".join(data[one.start + 8 : one.end - 4] for one in found if one.kind == b"IDAT")
    if not 0 < size <= _MOST_BYTES:
        return None
    try:
        rows = zlib.decompressobj(-15).decompress(packed[2:], size)
    except zlib.error:
        return None
    if len(rows) < size:
        return None
    rest = [data[one.start : one.end] for one in found if one.kind in {b"PLTE", b"tRNS"} and one.sound]
    pixels = chunk(b"IDAT", zlib.compress(rows, 1))
    return b"".join([SIGNATURE, chunk(b"IHDR", head), *rest, pixels, chunk(b"IEND", b"")])


def _unpacked_size(head: bytes) -> int:
    """Bytes of the filtered rows that an IHDR promises."""
    width, height = int.from_bytes(head[:4]), int.from_bytes(head[4:8])
    bits = head[8] * _CHANNELS.get(head[9], 0)

    def rows(across: int, down: int) -> int:
        return down * (1 + (across * bits + 7) // 8) if across > 0 and down > 0 else 0

    if head[12] == 0:
        return rows(width, height)
    return sum(rows(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _ADAM7)


def _bmp(data: bytes) -> bytes:
    """A short header of OS/2's second version made Windows' own, whose beginning it is."""
    size = int.from_bytes(data[14:18], "little")
    if not 16 <= size < 40:
        return data
    header = data[14 : 14 + size].ljust(40, b"\0")
    offset = int.from_bytes(data[10:14], "little") + 40 - size
    return data[:10] + offset.to_bytes(4, "little") + (40).to_bytes(4, "little") + header[4:] + data[14 + size :]


def _avif(data: bytes) -> bytes:
    """Pillow looks at the major brand alone."""
    return data if data[8:12] in _PILLOWS_BRANDS else data[:8] + b"avif" + data[12:]


def _ico(data: bytes) -> bytes:
    """The largest picture of an icon, where it is a PNG; else an icon, if it is a cursor (they differ in one byte).

    Raises:
        ValueError: its bitmap claims other than an icon's size.
    """
    count = int.from_bytes(data[4:6], "little")
    entries = [data[at : at + 16] for at in range(6, 6 + 16 * count, 16)]
    largest = max(entries, key=lambda one: ((one[0] or 256) * (one[1] or 256), one[6:8]))
    size, offset = int.from_bytes(largest[8:12], "little"), int.from_bytes(largest[12:16], "little")
    inner = data[offset : offset + size]
    if inner.startswith(SIGNATURE):
        return _png(inner)
    if max(int.from_bytes(inner[4:8], "little"), int.from_bytes(inner[8:12], "little")) > 2 * _LONGEST_ICON:
        raise ValueError("no icon")
    return b"\0\0\1\0" + data[4:]


_MENDERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "jpeg": _jpeg,
    "png": _png,
    "bmp": _bmp,
    "avif": _avif,
    "ico": _ico,
}
