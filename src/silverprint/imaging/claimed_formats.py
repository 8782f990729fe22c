"""Claimed formats: bytes unknown here whose address or type says image are kept, so that a later version can decode."""

from typing import Final
from urllib.parse import urlsplit

from silverprint.imaging.sniff import sniff

UNKNOWN: Final = "unknown"

# A list of our own, not the system's: the same file is the same row on every machine.
_ENDINGS: Final = """
    jpg jpeg jpe jfif pjpeg png apng gif webp avif avifs bmp dib ico cur svg svgz tif tiff jp2 j2k j2c jpf jpx jpm jph
    jxl jxr wdp hdp heic heics heif heifs hif psd psb pnm pbm pgm ppm pam pfm pcx tga sgi rgb dds qoi icns exr hdr bpg
    flif xcf dng cr2 cr3 crw nef nrw arw srf sr2 orf rw2 raf pef srw x3f 3fr iiq erf mrw kdc dcr rwl
"""
_EXTENSIONS: Final = frozenset(_ENDINGS.split())
_APPLE_DOUBLE: Final = b"\x00\x05\x16\x07"  # the file that Finder keeps beside a file, under its name
_TEXT_START: Final = 1445  # bytes that are looked at, as browsers do (WHATWG MIME sniffing, 5.2 and 7.1)
_MARKS: Final = (b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")
_BINARY: Final = bytes(code for code in range(0x20) if code not in b"\t\n\f\r\x1b")


def claimed_format(data: bytes, url: str, content_type: str | None) -> str | None:
    """The format of a picture that `url` gave, as `sniff` names it; None where it is none and claims to be none.

    UNKNOWN where only its name's ending or its stated type says that it is one, and it is no text: pages of text with a
    picture's name are no pictures.
    """
    found = sniff(data)
    if found is not None or not data:
        return found
    return UNKNOWN if claims_image(url, content_type) and not _is_other(data) else None


def claims_image(url: str, content_type: str | None = None) -> bool:
    """Whether an address or path ends as pictures' do, or the stated type is a picture's."""
    if (content_type or "").strip().lower().startswith("image/"):
        return True
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url
    return any(name.rpartition(".")[2].lower() in _EXTENSIONS for name in (path, url) if "." in name)


def _is_other(data: bytes) -> bool:
    """Whether it is a text, or the resource fork of a file."""
    start = data[:_TEXT_START]
    return start.startswith((*_MARKS, _APPLE_DOUBLE)) or len(start.translate(None, _BINARY)) == len(start)
