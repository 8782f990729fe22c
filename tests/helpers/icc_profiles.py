"""ICC profiles made for tests: of swapped primaries, of greys, of inks, and tables of colours."""

import struct
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageCms

from silverprint.imaging.colour import embedded_profile

SRGB = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
SWAPPED = (0.3127, 0.329, 0.3, 0.6, 0.64, 0.33, 0.15, 0.06)  # red and green exchanged


def of(xy: tuple[float, ...] = SRGB, gamma: float = 2.2, *, is_gray: bool = False) -> bytes:
    found = embedded_profile.build_profile(xy, (gamma,), is_gray=is_gray)
    assert found is not None
    return found


def standard() -> bytes:
    """littleCMS's own sRGB."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def table(space: bytes, channels: int, colours: Callable[[np.ndarray], np.ndarray], steps: int = 9) -> bytes:
    """A profile of one table, (n, channels) 0..1 to (n, 3) sRGB 0..1 by `colours`, its other side Lab (lut8)."""
    axes = np.meshgrid(*[np.linspace(0, 1, steps)] * channels, indexing="ij")
    seen = (colours(np.stack(axes, axis=-1).reshape(-1, channels)) * 255).round().astype(np.uint8)
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = np.asarray(ImageCms.applyTransform(Image.fromarray(seen[None]), to_lab))
    lab = np.where([False, True, True], lab ^ 0x80, lab).astype(np.uint8)  # Pillow's a and b are signed
    matrix = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    curves = bytes(range(256))
    body = b"mft1" + bytes(4) + bytes([channels, 3, steps, 0]) + matrix
    body += curves * channels + lab.tobytes() + curves * 3
    return packed(space, b"Lab ", [(b"A2B0", body)])


def packed(space: bytes, pcs: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    start, head, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags:
        head += name + struct.pack(">II", start + len(body), len(content))
        body += content.ljust(-(-len(content) // 4) * 4, b"\0")
    white = struct.pack(">3i", 63190, 65536, 54061)
    first = struct.pack(">I", start + len(body)) + bytes(4) + b"\2\x20\0\0prtr" + space + pcs + bytes(12) + b"acsp"
    return (first + bytes(28) + white).ljust(128, b"\0") + head + body
