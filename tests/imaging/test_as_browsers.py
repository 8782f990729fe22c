"""What Chromium paints of odd and coloured files, and what annotators, figures and network are given of them."""

import base64
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from silverprint.imaging.decode import decode, encode_jpeg
from silverprint.imaging.metadata.strip_png import chunk
from tests.helpers import browser
from tests.helpers import icc_profiles as icc
from tests.helpers.web_pictures import encoded, exif
from tests.imaging.test_colours import INKS, saved
from tests.imaging.test_formats import AVIF, BMP, PNG, PNG_FAULTS, after_ihdr

_PAINT = """async (address) => {
  const image = new Image(); image.src = address; await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
  const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1];
}"""
XMP = b'<rdf:Description tiff:Orientation="6"/>'


def cases() -> dict[str, bytes]:
    return {
        **{f"png, {name}": data for name, data in PNG_FAULTS.items() if "APNG" not in name},
        "avif by a compatible brand": AVIF[:8] + b"MA1B" + AVIF[12:],
        "bmp with reserved bytes": BMP[:6] + b"abcd" + BMP[10:],
        "jpeg with red and green exchanged": saved("JPEG", quality=95, icc_profile=icc.of(icc.SWAPPED)),
        "png with red and green exchanged": saved("PNG", icc_profile=icc.of(icc.SWAPPED)),
        "webp with red and green exchanged": saved("WEBP", lossless=True, icc_profile=icc.of(icc.SWAPPED)),
        "avif with red and green exchanged": saved("AVIF", quality=95, icc_profile=icc.of(icc.SWAPPED)),
        "grey of its own curve": saved("JPEG", "L", quality=95, icc_profile=icc.of(gamma=1.0, is_gray=True)),
        "inks": saved("JPEG", "CMYK", quality=95, icc_profile=INKS),
        "inks without a profile": saved("JPEG", "CMYK", quality=95),
        "gAMA": after_ihdr(chunk(b"gAMA", (100_000).to_bytes(4))),
        "cICP": after_ihdr(chunk(b"cICP", bytes([12, 13, 0, 1]))),
        "cICP of television": after_ihdr(chunk(b"cICP", bytes([9, 1, 0, 1]))),
        "EXIF and XMP": encoded(5, exif=exif(8), xmp=XMP),
        "XMP alone": encoded(5, xmp=XMP),
    }


@pytest.mark.browser
def test_the_serving_copy_looks_as_chromium_shows_the_original() -> None:
    with browser.page() as page:
        for name, data in cases().items():
            painted = page.evaluate(_PAINT, f"data:image/png;base64,{base64.b64encode(data).decode()}")
            seen = np.asarray(Image.open(BytesIO(base64.b64decode(painted))).convert("RGB")).astype(int)
            ours = decode(data).pixels
            assert seen.shape == ours.shape, name
            assert np.abs(seen - ours).mean() < 1, name
            served = decode(encode_jpeg(ours, quality=95)).pixels
            assert np.abs(seen - served).mean() < 6, name  # small saturated pictures lose to halved chroma
    assert np.array_equal(decode(PNG).pixels, decode(PNG_FAULTS["gAMA"]).pixels)
