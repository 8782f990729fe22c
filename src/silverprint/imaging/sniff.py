"""Format of a file by its own bytes: names and headers lie."""

import re
from typing import Final

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II\x00*", "tiff"),  # the number 42 in the other order of bytes: old writers' mistake, which readers forgive
    (b"MM*\x00", "tiff"),
    (b"II+\x00", "tiff"),  # BigTIFF
    (b"MM\x00+", "tiff"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "jp2"),  # a codestream alone (.j2k)
    (b"\xff\x0a", "jxl"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "jxl"),
    (b"8BPS\x00\x01", "psd"),
    (b"qoif", "qoi"),
    (b"DDS \x7c\x00\x00\x00", "dds"),
    (b"icns", "icns"),
)
_AVIF: Final = {b"avif", b"avis"}
_HEIF: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_MOST_BRANDS: Final = 64
_BMP_HEADERS: Final = {12, *range(16, 65, 4), 42, 46, 108, 124}  # bytes: OS/2's, Windows' third to fifth
_PNM: Final = re.compile(rb"P[1-6]\s++(?:#[^\n]*\n\s*+)*+[0-9]{1,9}\s")
_PROLOGUE: Final = (
    (b"<?", b"?>"),
    (b"<!--", b"-->"),
    (b"<!DOCTYPE svg", b">"),
)  # before <svg; a DOCTYPE may have more in [ ]
_TEXT_START: Final = 4096  # bytes of it that are looked at
_TGA_END: Final = b"TRUEVISION-XFILE.\x00"


def sniff(data: bytes) -> str | None:
    """The format of `data`; None if it is no picture that is known here.

    What browsers show: jpeg, png, gif, webp, avif, bmp, ico (cursors, too), svg. What other programs give: tiff, jp2,
    heic, jxl, psd, pnm, pcx, tga, sgi, dds, qoi, icns. HTML and other text is no picture. Only the first bytes are
    looked at (of tga the last ones, too): the rest may still be broken.
    """
    for start, name in _STARTS:
        if data.startswith(start):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    return next((name for name, fits in _HEADERS if fits(data)), None)


def _by_brand(data: bytes) -> str | None:
    """ISO/IEC 14496-12, 4.3: the major brand says by whom it was made, the others how it may be read."""
    end = min(int.from_bytes(data[:4]), len(data), 16 + 4 * _MOST_BRANDS)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF:
        return "avif"
    return "heic" if brands & _HEIF else None


def _is_bmp(data: bytes) -> bool:
    return data[:2] == b"BM" and len(data) >= 26 and int.from_bytes(data[14:18], "little") in _BMP_HEADERS


def _is_ico(data: bytes) -> bool:
    """An icon or a cursor: its first picture lies behind the directory."""
    count, offset = int.from_bytes(data[4:6], "little"), int.from_bytes(data[18:22], "little")
    return data[:4] in {b"\0\0\1\0", b"\0\0\2\0"} and 0 < count <= 256 and 6 + 16 * count <= offset < len(data)


def _is_pnm(data: bytes) -> bool:
    return data[:1] == b"P" and _PNM.match(data[:_TEXT_START]) is not None


def _is_pcx(data: bytes) -> bool:
    return len(data) > 128 and data[0] == 10 and data[1] in {0, 2, 3, 4, 5} and data[2] == 1 and data[3] in {1, 2, 4, 8}


def _is_sgi(data: bytes) -> bool:
    return data[:2] == b"\x01\xda" and data[2:3] in {b"\0", b"\1"} and data[3:4] in {b"\1", b"\2"}


def _is_tga(data: bytes) -> bool:
    """By the signature at the end, or by a header of true colours or greys in which all that is unused is zero."""
    if data.endswith(_TGA_END):
        return True
    head = data[:18]
    plain = head[1:2] == b"\0" and head[2:3] in {b"\2", b"\3", b"\x0a", b"\x0b"} and head[3:8] == bytes(5)
    return plain and len(head) == 18 and head[16] in {8, 16, 24, 32} and head[12:14] != bytes(2) != head[14:16]


def _is_svg(data: bytes) -> bool:
    rest = data[:_TEXT_START].removeprefix(b"\xef\xbb\xbf").lstrip()
    while rest.startswith(b"<") and not rest.startswith(b"<svg"):
        end = next((end for start, end in _PROLOGUE if rest.startswith(start)), None)
        if end is None:
            return False
        head, _, rest = rest.partition(end)
        if b"[" in head and end == b">":
            rest = rest.partition(b"]")[2].lstrip().removeprefix(b">")
        rest = rest.lstrip()
    return rest[:4] == b"<svg" and rest[4:5] in {b" ", b"\t", b"\r", b"\n", b">"}


_HEADERS: Final = (
    ("bmp", _is_bmp),
    ("ico", _is_ico),
    ("pnm", _is_pnm),
    ("pcx", _is_pcx),
    ("sgi", _is_sgi),
    ("tga", _is_tga),
    ("svg", _is_svg),
)
