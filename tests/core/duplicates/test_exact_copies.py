"""Which pictures are worth an exact hash: all that have a copy, few that have none."""

from io import BytesIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from silverprint.core.duplicates.exact_copies import TOLERANCE, possible_copies
from silverprint.imaging.decode import decode
from silverprint.imaging.measurement import measure
from tests.helpers.album import CHINA, FLOWER, jpeg, png, tile


def table(pictures: dict[str, bytes]) -> pl.DataFrame:
    rows = [
        measure(name, data) | {"format": "jpeg" if data.startswith(b"\xff\xd8") else "png"}
        for name, data in pictures.items()
    ]
    return pl.DataFrame(rows)


def in_png(data: bytes) -> bytes:
    return png(Image.fromarray(decode(data).pixels))


def webp(data: bytes) -> bytes:
    buffer = BytesIO()
    Image.fromarray(decode(data).pixels).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


PHOTOS = {
    "photo": jpeg(CHINA), "flower": jpeg(FLOWER, 40), "small": jpeg(tile(3)), "grey": jpeg(tile(4).convert("L")),
    "smooth": jpeg(tile(5).filter(ImageFilter.GaussianBlur(15))), "white": jpeg(Image.new("RGB", (90, 70), "white")),
    "glaring": jpeg(Image.new("RGB", (90, 70), (255, 0, 90))), "loud": jpeg(CHINA.point(lambda v: 255 * (v > 110)), 60),
    "odd": jpeg(CHINA.crop((0, 0, 601, 403))),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("copied", [in_png, webp])
def test_a_jpeg_kept_in_another_format_is_suspected(name: str, copied) -> None:
    data = PHOTOS[name]
    pictures = {"original": data, "copy": copied(data), "other": jpeg(tile(9)), "third": png(tile(10))}
    assert possible_copies(table(pictures))[:2] == ["copy", "original"]


@pytest.mark.parametrize("name", PHOTOS)
def test_a_jpeg_coded_anew_without_loss_is_suspected(name: str) -> None:
    """Other tables, progressive: other bytes, and the same coefficients."""
    picture = Image.open(BytesIO(PHOTOS[name]))
    again = BytesIO()
    picture.save(again, "JPEG", quality="keep", optimize=True, progressive=True)
    assert again.getvalue() != PHOTOS[name]
    if (decode(again.getvalue()).pixels == decode(PHOTOS[name]).pixels).all():
        assert possible_copies(table({"a": PHOTOS[name], "b": again.getvalue()})) == ["a", "b"]


def test_what_has_no_copy_is_not_decoded() -> None:
    pictures = {f"{number:02d}": jpeg(tile(number)) for number in range(20)}
    assert possible_copies(table(pictures)) == []
    assert possible_copies(table({**pictures, "x": png(tile(50, side=127))})) == []


def test_an_undecodable_picture_has_no_copy() -> None:
    assert possible_copies(table({"a": jpeg(tile(0)), "b": b"\xff\xd8\xff", "c": b"\xff\xd8\xff"})) == []


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.floats(0, 255), st.booleans()), max_size=30))
def test_formats_meet_within_the_tolerance(rows: list[tuple[int, int, float, bool]]) -> None:
    """Against every pair: what is near in another format is found; what is found has one within two cells."""
    frame = pl.DataFrame(
        [(str(at), width, height, level, 50.0, at, "jpeg" if jpg else "png")
         for at, (width, height, level, jpg) in enumerate(rows)],
        schema=["image_id", "width", "height", "brightness", "contrast", "phash64", "format"], orient="row",
    ).with_columns(pl.lit(0).alias(f"phash256_{word}") for word in range(4))  # fmt: skip
    found = set(possible_copies(frame)) if rows else set()
    for at, (width, height, level, jpg) in enumerate(rows):
        gaps = [abs(level - other[2]) for other in rows if other[:2] == (width, height) and other[3] != jpg]
        if min(gaps, default=99.0) <= TOLERANCE:
            assert str(at) in found
        if min(gaps, default=99.0) > 2 * TOLERANCE:
            assert str(at) not in found
