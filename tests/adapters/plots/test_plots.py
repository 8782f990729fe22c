"""The report's pictures at their extremes."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from PIL import Image
from sklearn.datasets import load_sample_image

from silverprint.adapters.plots import learning_curve, overview_strip, png, thumbnails
from silverprint.adapters.plots.thumbnails import Gallery
from silverprint.imaging.decode import decode, encode_jpeg
from silverprint.store import ShardReader, ShardWriter


def noise(side: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8))


@pytest.mark.slow
def test_the_strip_stays_small_with_pictures_that_no_png_can_compress(tmp_path: Path) -> None:
    rows = [
        overview_strip.Row([noise(overview_strip.TILE)] * 4, "a reason with a very long name", "1,234,567")
    ] * overview_strip.ROWS
    columns = [overview_strip.Column("Crawled", "1,234,567 pictures", rows)] * 4
    overview_strip.draw(columns, tmp_path / "strip.png")
    assert (tmp_path / "strip.png").stat().st_size < 300_000


def test_the_strip_says_what_it_leaves_out(tmp_path: Path) -> None:
    rows = [overview_strip.Row([], f"class {number}") for number in range(overview_strip.ROWS)]
    drawn = []
    for rest in ("", "and 1 more classes", "and 94 more classes"):
        overview_strip.draw([overview_strip.Column("Labelled", "9 by 2 people", rows, rest)], tmp_path / "strip.png")
        drawn.append((tmp_path / "strip.png").read_bytes())
    assert len(set(drawn)) == 3


def test_the_strip_of_an_empty_campaign(tmp_path: Path) -> None:
    overview_strip.draw([overview_strip.Column("Asked", "0 in 0 rounds", [])], tmp_path / "strip.png")
    assert (tmp_path / "strip.png").exists()


def test_a_rare_colour_survives_the_palette() -> None:
    picture = noise(64).convert("L").convert("RGB")
    picture.paste((255, 90, 0), (0, 0, 3, 3))
    with Image.open(BytesIO(png.encode_small(picture))) as found:
        red, green, blue = found.convert("RGB").crop((1, 1, 2, 2)).resize((1, 1)).tobytes()
    assert red > 200 and blue < 60 and green < 140  # noqa: PT018


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (128, 96)])
def test_a_thumbnail_is_square_and_keeps_proportions(shape: tuple[int, int]) -> None:
    pixels = np.zeros((*shape, 3), dtype=np.uint8)
    found = np.asarray(thumbnails.thumbnail(pixels, 96))
    assert found.shape == (96, 96, 3)
    rows, columns = np.nonzero(found.sum(axis=2) == 0)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    scale = min(96 / max(shape), 4)
    assert (height, width) == (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))


@pytest.mark.parametrize("shape", [(300, 400), (1200, 900), (1000, 60), (40, 30)])
def test_a_stored_jpeg_gives_nearly_the_thumbnail_of_its_full_decode(shape: tuple[int, int], tmp_path: Path) -> None:
    data = encode_jpeg(cv2.resize(load_sample_image("china.jpg"), shape[::-1], interpolation=cv2.INTER_AREA))
    with ShardWriter(tmp_path) as writer:
        writer.add({"image_id": "a" * 64, "outcome": "stored", "format": "jpeg"}, data)
    found = np.asarray(Gallery(ShardReader(tmp_path), {}).thumbnail("a" * 64, 112), dtype=int)
    assert np.abs(found - np.asarray(thumbnails.thumbnail(decode(data).pixels, 112))).mean() < 3


@pytest.mark.slow
@given(
    accuracy=some.lists(some.floats(0.4, 0.95), min_size=3, max_size=3),
    controls=some.lists(some.tuples(some.floats(0.3, 0.95), some.floats(0.3, 0.95)), min_size=3, max_size=3),
)
@example(accuracy=[0.698, 0.74, 0.772], controls=[(0.57, 0.396), (0.727, 0.711), (0.756, 0.765)])
@example(accuracy=[0.772] * 3, controls=[(0.756, 0.745)] * 3)
@settings(max_examples=2)
def test_no_marker_covers_the_name_of_a_round(accuracy: list[float], controls: list[tuple[float, float]]) -> None:
    pairs = [learning_curve.Control(70 + 100 * n, 20, *pair) for n, pair in enumerate(controls)]
    points = [
        learning_curve.Point(f"r{n:02d}", 100 * (n + 1), value, value - 0.08, value + 0.07, pairs[n])
        for n, value in enumerate(accuracy)
    ]
    figure = learning_curve.render(points)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    names = [text.get_window_extent() for text in axes.texts]
    markers = [
        axes.transData.transform(spot)
        for line in axes.lines
        if line.get_marker() != "None"
        for spot in line.get_xydata()
    ]
    assert len(names) == 3
    assert len(markers) == 9
    for number, name in enumerate(names):
        assert not any(name.contains(*marker) for marker in markers)
        assert not name.count_overlaps(names[:number])


def test_no_line_runs_through_the_name_of_a_round() -> None:
    """A falling line left the first point to the right and down, where names stand first."""
    accuracy = (0.816, 0.782, 0.782)
    points = [
        learning_curve.Point(f"r{n:02d}", 100 * n, value, 0.7, 0.87, None) for n, value in enumerate(accuracy, start=1)
    ]
    figure = learning_curve.render(points)
    (axes,) = figure.axes
    along = np.linspace((100, 81.6), (200, 78.2), 200)
    line = axes.transData.transform(along)
    for name in axes.texts:
        assert not name.get_window_extent().count_contains(line)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, 6])
def test_the_curve_of_few_and_of_many_rounds(tmp_path: Path, rounds: int) -> None:
    pair = learning_curve.Control(20, 5, 0.5, 0.4)
    points = [
        learning_curve.Point(f"r{n:02d}", 30 * n, 0.5, 0.4, 0.6, pair if n > 1 else None) for n in range(1, rounds + 1)
    ]
    for name in ("a.png", "b.png"):
        learning_curve.draw(points, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").stat().st_size < 300_000
