"""One picture is bounded in time and memory: by its header, or by the life of a child that is killed and replaced."""

import ctypes
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO

import numpy as np
import psutil
import pytest
from PIL import Image

from silverprint.config import model
from silverprint.errors import UnavailableError
from silverprint.imaging import decode, killable_process
from silverprint.imaging.frames import MOST_FRAMES
from silverprint.imaging.jpeg_decode_cost import MOST_SCANS, jpeg_work
from silverprint.imaging.measurement import measure, pixel_sha256
from silverprint.imaging.open_image import MAX_PIXELS, WHOLE_SHARE, Undecodable
from silverprint.imaging.resource_limits import Limits, is_cheap, run_bounded
from silverprint.store import executor
from tests.helpers.clock import within
from tests.helpers.web_pictures import encoded, pixels
from tests.imaging.test_decode import header_png


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def scans(count: int, side: int) -> bytes:
    """A progressive JPEG whose last scan comes `count` times."""
    data = saved(Image.new("RGB", (side, side)), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def tiff(pages: int) -> bytes:
    sizes = [(256, 4, 8), (257, 4, 8), (258, 3, 8), (259, 3, 1), (262, 3, 1)]
    tags = [*sizes, (273, 4, 8), (277, 3, 1), (278, 4, 8), (279, 4, 64)]
    size = 2 + len(tags) * 12 + 4
    page = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tags
    )
    links = [8 + size * number for number in range(1, pages)]
    return b"II*\0\x08\0\0\0" + b"".join(page + struct.pack("<I", link) for link in [*links, 0])


def small_claims(side: int) -> Iterator[bytes]:
    """Small files that claim side x side pixels, of formats that must be decoded whole."""
    yield header_png(side, side)
    yield (
        b"GIF89a"
        + struct.pack("<HH", side, side)
        + bytes(3)
        + b","
        + bytes(4)
        + struct.pack("<HH", side, side)
        + b"\0\2\2D\1\0;"
    )
    yield encoded(1, "BMP")[:18] + struct.pack("<ii", side, side) + encoded(1, "BMP")[26:]
    data = encoded(1, "WEBP", lossless=True)
    yield data[:21] + (side - 1 | (side - 1) << 14).to_bytes(4, "little") + data[25:]
    yield tiff(1)[:18] + struct.pack("<I", side) + tiff(1)[22:30] + struct.pack("<I", side) + tiff(1)[34:]


@pytest.mark.slow
def test_small_files_that_claim_a_hundred_megapixels_are_refused_before_memory_is_had() -> None:
    process = psutil.Process()
    before = process.memory_info().rss
    for data in small_claims(10_000):
        assert len(data) < 10_000
        assert within(1, lambda data=data: measure("x", data)["error"]) == "too-many-pixels"
        assert within(1, lambda data=data: pixel_sha256(data)) is None
    assert process.memory_info().rss - before < 100_000_000


@pytest.mark.slow
def test_a_phones_108_megapixels_are_taken_where_the_decoder_reduces() -> None:
    data = saved(Image.new("RGB", (12_000, 9_000), "teal"), "JPEG")
    row = measure("x", data)
    assert (row["width"], row["height"], row["decodable"]) == (12_000, 9_000, True)
    assert decode.decode(data, shorter_side=128).pixels.shape == (1_125, 1_500, 3)


def test_the_knob_is_the_limit_of_a_jpeg_and_two_fifths_of_it_that_of_others() -> None:
    assert model.Measure().max_megapixels * 1e6 == MAX_PIXELS
    jpeg, png = encoded(1), encoded(1, "PNG")
    size = 48 * 64
    assert measure("x", jpeg, size)["decodable"]
    assert measure("x", jpeg, size - 1)["error"] == "too-many-pixels"
    assert measure("x", png, int(size / WHOLE_SHARE) + 1)["decodable"]
    assert measure("x", png, int(size / WHOLE_SHARE) - 3)["error"] == "too-many-pixels"


def test_scans_are_counted_before_anything_is_decoded() -> None:
    for data in (scans(MOST_SCANS + 1, 256), scans(10_000, 64)):
        assert within(1, lambda data=data: measure("x", data)["error"]) == "too-many-scans"
    assert measure("x", scans(40, 64))["decodable"]


@pytest.mark.slow
def test_what_takes_long_is_stopped_and_the_next_picture_goes_on() -> None:
    slow = scans(400, 2_000)
    assert not is_cheap(slow)
    with pytest.raises(Undecodable, match="too-slow"):
        run_bounded(decode.decode_here, slow, MAX_PIXELS, None, limits=Limits(0.3, 1_000))
    assert measure("x", encoded(1, "GIF"))["decodable"]


@pytest.mark.slow
def test_what_takes_much_memory_is_stopped_and_the_next_picture_goes_on() -> None:
    large = saved(Image.new("L", (7_000, 7_000)), "TIFF", compression="tiff_lzw")
    with pytest.raises(Undecodable, match="too-much-memory"):
        run_bounded(decode.decode_here, large, MAX_PIXELS, None, limits=Limits(60, 60))
    assert measure("x", encoded(1, "TIFF"))["decodable"]


def broken(data: bytes) -> None:
    ctypes.string_at(0)


def failing(data: bytes) -> None:
    raise KeyError("a fault of ours")


def swelling(data: bytes) -> None:
    raise MemoryError


def whoami(data: bytes) -> int:
    return os.getpid()


GIF = encoded(1, "GIF")  # never cheap


@pytest.mark.slow
def test_a_crash_is_a_reason_and_a_fault_of_ours_is_raised_here() -> None:
    with pytest.raises(Undecodable, match="crashed"):
        run_bounded(broken, GIF)
    with pytest.raises(KeyError, match="a fault of ours"):
        run_bounded(failing, GIF)
    with pytest.raises(Undecodable, match="too-much-memory"):
        run_bounded(swelling, GIF)


def test_a_machine_that_starts_no_child_makes_no_picture_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killable_process, "_idle", [])
    monkeypatch.setattr("sys.executable", shutil.which("false"))
    with pytest.raises(UnavailableError, match=r"before the first \(exit code 1\); see why by: python -m"):
        measure("x", GIF)


@pytest.mark.slow
def test_a_child_is_used_again_and_by_one_thread_at_a_time() -> None:
    first = run_bounded(whoami, GIF)
    assert first != os.getpid()
    assert run_bounded(whoami, GIF) == first
    with ThreadPoolExecutor(3) as threads:
        rows = list(threads.map(partial(measure, "x"), [encoded(seed, "GIF") for seed in range(24)]))
    assert [row["phash64"] for row in rows] == [measure("x", encoded(seed, "GIF"))["phash64"] for seed in range(24)]
    assert len(killable_process._idle) <= killable_process._IDLE


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_ordinary_pictures_need_no_child(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(killable_process, "run", lambda *call: pytest.fail("a child"))
    assert measure("x", encoded(1, form))["decodable"]
    data = saved(Image.fromarray(pixels(3, 900, 1_200)), form, **({"progressive": True} if form == "JPEG" else {}))
    assert decode.decode(data).pixels.shape == (900, 1_200, 3)


@pytest.mark.parametrize("form", ["GIF", "TIFF", "BMP", "AVIF", "JPEG2000"])
def test_a_child_returns_what_is_decoded_here(form: str) -> None:
    data = encoded(4, form)
    here, there = decode.decode_here(data, MAX_PIXELS, None), decode.decode(data)
    assert np.array_equal(here.pixels, there.pixels)
    assert (here.mode, here.frames, here.format) == (there.mode, there.frames, there.format)


@pytest.mark.parametrize("pages", [1, 2, 30_000])
def test_pages_are_not_walked(pages: int) -> None:
    data = tiff(pages)
    assert within(1, lambda: decode.decode_here(data, MAX_PIXELS, None)).frames == min(pages, MOST_FRAMES)


def test_a_chain_of_pages_that_bites_its_tail_ends() -> None:
    data = bytearray(tiff(3))
    data[-4:] = struct.pack("<I", 8)
    assert decode.decode_here(bytes(data), MAX_PIXELS, None).frames == 3


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
@pytest.mark.parametrize("count", [2, 5, 150])
def test_frames_are_counted_up_to_a_hundred(form: str, count: int) -> None:
    shades = [Image.new("RGB", (9, 9), (number, 0, number // 2)) for number in range(count)]
    exact = {"lossless": True} if form == "WEBP" else {}  # else it drops frames that hardly differ
    data = saved(shades[0], form, save_all=True, append_images=shades[1:], **exact)
    assert decode.decode_here(data, MAX_PIXELS, None).frames == min(count, MOST_FRAMES)


def test_the_work_of_a_jpeg_is_told_by_its_header() -> None:
    assert jpeg_work(encoded(1)) is not None
    assert (jpeg_work(encoded(1)).pixels, jpeg_work(encoded(1)).scans) == (48 * 64, 1)
    assert jpeg_work(encoded(1, progressive=True)).scans == 10
    assert jpeg_work(encoded(1, mode="L")).scans == 1
    assert jpeg_work(encoded(1)[:100]) is None
    assert jpeg_work(b"\xff\xd8" + b"\xff\xfe\0\2" * 200 + encoded(1)[2:]) is None


def measure_one(data: bytes) -> dict[str, object]:
    return measure("x", data)


def too_slow(data: bytes) -> dict[str, object]:
    """What `measure` says of a picture that may take a fifth of a second, and takes 2."""
    try:
        run_bounded(decode.decode_here, data, MAX_PIXELS, None, limits=Limits(0.2, 1_000))
    except Undecodable as reason:
        return {"error": str(reason)}
    return {}


def either(job: tuple[Callable[[bytes], dict[str, object]], bytes]) -> dict[str, object]:
    work, data = job
    return work(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(executor.EXECUTORS))
def test_every_executor_comes_to_the_same_rows(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's own children decode what is costly, and are killed and replaced under it."""
    if name == "ray":  # of these tests: its workers find this module
        monkeypatch.setenv("RAY_ADDRESS", request.getfixturevalue("cluster").address)
    slow, large = (too_slow, scans(400, 2_000)), saved(Image.new("RGB", (3_000, 2_000)), "PNG")
    comes_to = [
        ((measure_one, GIF), None), (slow, "too-slow"), ((measure_one, encoded(1)), None),
        ((measure_one, encoded(2, "TIFF")), None), (slow, "too-slow"), ((measure_one, large), None),
        ((measure_one, scans(600, 64)), "too-many-scans"), ((measure_one, GIF[:40]), "truncated"),
        ((measure_one, header_png(10_000, 10_000)), "too-many-pixels"),
    ]  # fmt: skip
    jobs = [job for job, _ in comes_to]
    found = list(executor.run(name, either, jobs))
    assert found == list(map(either, jobs))
    assert [row.get("error") for row in found] == [error for _, error in comes_to]
