"""The scaled grey decode against the full one, and against what is wrong with files."""

from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from sklearn.datasets import load_sample_image

from silverprint.core.hashing import hamming, phash
from silverprint.core.measures import gray_levels, image_quality
from silverprint.imaging.decode import Undecodable, decode
from silverprint.imaging.decode_gray import decode_gray
from tests.helpers.web_pictures import encoded, exif
from tests.imaging.test_decode import GOOD

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")
CHINA = Image.fromarray(load_sample_image("china.jpg"))


def _jpeg(picture: Image.Image, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", **{"quality": 88, **options})
    return buffer.getvalue()


@pytest.mark.parametrize("name", GOOD)
def test_small_pictures_are_the_full_decode_in_grey(name: str) -> None:
    full, gray = decode(GOOD[name]), decode_gray(GOOD[name])
    assert (gray.height, gray.width) == full.pixels.shape[:2] == gray.levels.shape
    assert (gray.mode, gray.frames) == (full.mode, full.frames)
    difference = np.abs(gray.levels.astype(int) - gray_levels.to_gray(full.pixels))
    assert difference.mean() < 1.5  # a JPEG's own luma knows nothing of colours that its RGB clips


@pytest.mark.parametrize(
    "size", [(256, 171), (511, 341), (512, 341), (641, 427), (1100, 733), (2100, 1400), (171, 600)]
)
@pytest.mark.parametrize("progressive", [False, True])
def test_large_jpegs_are_read_reduced_and_measure_as_a_whole(size: tuple[int, int], progressive: bool) -> None:
    data = _jpeg(CHINA.resize(size, Image.Resampling.LANCZOS), progressive=progressive)
    gray, whole = decode_gray(data), gray_levels.to_gray(decode(data).pixels)
    assert (gray.width, gray.height) == size
    assert gray_levels.SCORING_SIDE <= max(gray.levels.shape) < 2 * gray_levels.SCORING_SIDE or max(size) >= 8 * 512
    small, other = gray_levels.shrink(gray.levels), gray_levels.shrink(whole)
    assert hamming(phash(small, 256), phash(other, 256)) <= 16
    assert image_quality.figures_of(small).brightness == pytest.approx(
        image_quality.figures_of(other).brightness, abs=0.5
    )
    # Two ways of reducing sharpen or blur a little; a blurred picture has a hundredth of this.
    assert 0.5 < image_quality.figures_of(small).sharpness / image_quality.figures_of(other).sharpness < 2


def test_a_blurred_picture_is_as_blurred_reduced() -> None:
    data = _jpeg(CHINA.filter(ImageFilter.GaussianBlur(8)))
    reduced, whole = decode_gray(data).levels, gray_levels.to_gray(decode(data).pixels)
    assert image_quality.figures_of(reduced).sharpness == pytest.approx(
        image_quality.figures_of(whole).sharpness, rel=0.25
    )


@pytest.mark.parametrize("turn", range(1, 9))
def test_comes_out_upright(turn: int) -> None:
    data = encoded(2, exif=exif(turn))
    gray = decode_gray(data)
    assert gray.levels.shape == (gray.height, gray.width) == decode(data).pixels.shape[:2]
    assert np.abs(gray.levels.astype(int) - gray_levels.to_gray(decode(data).pixels)).mean() < 1.5


@pytest.mark.parametrize("progressive", [False, True])
def test_every_truncation_that_the_full_decoder_finds_is_found(progressive: bool) -> None:
    whole = _jpeg(CHINA, progressive=progressive)
    for share in (0.1, 0.5, 0.9, 0.99):
        data = whole[: int(len(whole) * share)]
        with pytest.raises(Undecodable, match="truncated"):
            decode(data)
        with pytest.raises(Undecodable, match="truncated"):
            decode_gray(data)


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_a_damaged_file_has_the_same_verdict_as_in_full(name: str, draw: st.DataObject) -> None:
    data = bytearray(GOOD[name])
    for at in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=6)):
        data[at] = draw.draw(st.integers(0, 255))
    data = bytes(data[: draw.draw(st.integers(0, len(data)))])
    verdicts = []
    for decoder in (decode, decode_gray):
        verdicts.append("decodes")
        with suppress(Undecodable):
            decoder(data, max_pixels=1_000_000)
            continue
        verdicts[-1] = "does not"
    assert verdicts[0] == verdicts[1]
