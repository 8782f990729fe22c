"""Defects of the sample site as the web has them: which there are, how many of each, and how each is made."""

import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from silverprint.demo.image_rendering import SIDE, jpeg, landscape, png, product
from silverprint.demo.image_rendering import gif as animated

PLAIN: Final = "plain"

# Pages of each kind among 5,000 pictures; `counts` scales them. Each page has one kind.
COUNTS: Final[Mapping[str, int]] = {
    # pages beside the 5,000
    "exact-copy": 60,  # the same bytes under another address
    "near-resized": 40,
    "near-recompressed": 40,
    "near-cropped": 40,
    "truncated": 25,  # the file ends too early
    "html": 15,  # a sign-in page served as image/jpeg
    "tracker": 20,  # one pixel
    "bomb": 1,  # claims 200 megapixels in some kilobytes
    "http-404": 12,
    "http-500": 6,
    "slow": 2,  # answers after SLOW_S
    "redirect-loop": 4,
    "off-topic": 60,  # a photograph of something else
    # pages of the 5,000 that are special
    "animated-gif": 1,
    "cmyk": 1,
    "gps": 1,  # the EXIF says where it was taken
    "robots-disallowed": 40,  # below /private/
    "x-robots-tag": 30,  # the answer says noai
    "no-license": 220,
    "refused-license": 90,  # CC-BY-NC-4.0
    # pictures of the partner that the site shows too, byte for byte
    "partner-copy": 30,
    # pictures of the own folder that the site shows too, byte for byte, or with the same pixels in other bytes
    "own-copy": 20,
    "own-pixels": 20,
    # addresses of the list that the site shows too, and some that it no longer has
    "list-copy": 20,
    "list-gone": 10,
    # files that a contributor sends beside those of the 5,000
    "given-copy": 8,  # copied from the site, byte for byte
    "given-twice": 2,  # an earlier one of one's own, in other bytes
    "given-by-another": 2,  # what another contributor gave, byte for byte
    "given-small": 2,
    "given-blurred": 2,
    "given-cut-off": 1,
    "given-html": 1,
}

TAKEN: Final = ("animated-gif", "cmyk", "gps", "robots-disallowed", "x-robots-tag", "no-license", "refused-license")
COPIES: Final = ("exact-copy", "near-resized", "near-recompressed", "near-cropped", "truncated", "slow")
FOREIGN: Final = ("html", "tracker", "bomb", "http-404", "http-500", "redirect-loop", "off-topic")
OWN: Final = ("own-copy", "own-pixels")
LISTED: Final = ("list-copy", "list-gone")
GIVEN: Final = (
    "given-copy", "given-twice", "given-by-another", "given-small", "given-blurred", "given-cut-off", "given-html"
)  # fmt: skip
BODILESS: Final = ("http-404", "http-500", "redirect-loop")

SLOW_S: Final = 6.0  # beyond the 4 s that params.yaml gives the sample site
BOMB_PIXELS: Final = (16_000, 12_500)
_WHOLE: Final = 5_000


def counts(pictures: int) -> dict[str, int]:
    """How many pages of each kind a site of `pictures` pictures has: COUNTS in proportion, at least one of each."""
    return {kind: max(1, round(number * pictures / _WHOLE)) for kind, number in COUNTS.items()}


def body(kind: str, tile: int | None, number: int, seed: int) -> bytes | None:
    """The bytes of a page's picture; None where the server never gets to send one.

    Args:
        tile: the sheet's tile that it shows; None for foreign kinds.
        number: the page's number, which makes it different from its like.
    """
    if kind in BODILESS:
        return None
    if tile is None:
        return _FOREIGN[kind](number, seed)
    chance = np.random.default_rng([seed, number, 2])
    return _MAKERS.get(kind, _plain)(product(tile, seed), chance)


Maker = Callable[[Image.Image, np.random.Generator], bytes]


def _plain(picture: Image.Image, _: np.random.Generator) -> bytes:
    return jpeg(picture)


def _resized(picture: Image.Image, chance: np.random.Generator) -> bytes:
    side = round(SIDE * float(chance.choice((0.75, 0.85, 1.25, 1.5))))
    return jpeg(picture.resize((side, side), Image.Resampling.BICUBIC))


def _recompressed(picture: Image.Image, chance: np.random.Generator) -> bytes:
    return jpeg(picture, int(chance.integers(55, 80)))


def _cropped(picture: Image.Image, chance: np.random.Generator) -> bytes:
    left, top, right, bottom = (int(edge) for edge in chance.integers(1, 4, 4))
    return jpeg(picture.crop((left, top, SIDE - right, SIDE - bottom)))


def _truncated(picture: Image.Image, chance: np.random.Generator) -> bytes:
    whole = jpeg(picture)
    return whole[: int(len(whole) * chance.uniform(0.4, 0.8))]


def _animated(picture: Image.Image, _: np.random.Generator) -> bytes:
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return animated([picture, mirrored, picture.rotate(4, fillcolor="white"), mirrored])


def _cmyk(picture: Image.Image, _: np.random.Generator) -> bytes:
    return jpeg(picture.convert("CMYK"))


def _gps(picture: Image.Image, _: np.random.Generator) -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Lochkamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return jpeg(picture, exif=exif.tobytes())


def _small(picture: Image.Image, _: np.random.Generator) -> bytes:
    return jpeg(picture.resize((SIDE // 4, SIDE // 4), Image.Resampling.LANCZOS))


def _blurred(picture: Image.Image, _: np.random.Generator) -> bytes:
    return jpeg(picture.filter(ImageFilter.GaussianBlur(SIDE / 12)))


def _tracker(number: int, _: int) -> bytes:
    return png(Image.new("RGB", (1, 1), (number % 256, number // 256, 0)))


def _html(number: int, _: int) -> bytes:
    page = f"<!doctype html><title>Sign in</title><p>Please sign in to see picture {number:05d}.</p>\n"
    return page.encode()


def _bomb(*_: int) -> bytes:
    width, height = BOMB_PIXELS
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)  # one bit a pixel, grey
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


_MAKERS: Final[Mapping[str, Maker]] = {
    "near-resized": _resized, "near-recompressed": _recompressed, "near-cropped": _cropped, "truncated": _truncated,
    "animated-gif": _animated, "cmyk": _cmyk, "gps": _gps, "given-twice": _recompressed, "given-small": _small,
    "given-blurred": _blurred, "given-cut-off": _truncated,
    "given-html": lambda _, chance: _html(int(chance.integers(100_000)), 0),
}  # fmt: skip
_FOREIGN: Final[Mapping[str, Callable[[int, int], bytes]]] = {
    "html": _html, "tracker": _tracker, "bomb": _bomb,
    "off-topic": lambda number, seed: jpeg(landscape(number, seed)),
}  # fmt: skip
