"""Mutated files of every common format: each is a row, none crashes, hangs or fills the memory."""

import hashlib
import random
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.crawl.pictures import encoded, exif, pixels

from silverprint.records import MEASURED, THUMBNAILS
from silverprint.store import executor
from silverprint.store.measuring import measured
from silverprint.store.strip import strip

LONGEST_S = 5.0  # of the processor: decoders wait for nothing else, and neighbours on the machine do not count
MOST_MEGABYTES = (
    2_000  # a picture of MAX_PIXELS in colour, in grey and once more on the way: a mutated header may claim it
)
REASONS = {"empty", "not-an-image", "truncated", "too-many-pixels", "unsupported"}
EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff", b"\x80\0\0\0")


def _animation() -> bytes:
    buffer = BytesIO()
    frames = [Image.fromarray(pixels(number)).convert("P") for number in range(4)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def _seeds() -> list[bytes]:
    large = BytesIO()
    Image.fromarray(np.asarray(pixels(1, 600, 800))).save(large, "JPEG")
    return [
        encoded(1), encoded(1, progressive=True), encoded(1, exif=exif(6)), encoded(1, mode="CMYK"), large.getvalue(),
        encoded(1, "PNG"), encoded(1, "PNG", mode="P"), encoded(1, "PNG", mode="RGBA"), encoded(1, "WEBP"),
        encoded(1, "WEBP", lossless=True), encoded(1, "GIF"), _animation(), encoded(1, "TIFF"),
        encoded(1, "TIFF", compression="tiff_lzw"),
    ]  # fmt: skip


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """A few bytes anywhere or in the header, numbers at their extremes, pieces lost or repeated, the end cut off."""
    work = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(min(len(work), chance.choice([64, 512, len(work)])))
        match chance.randrange(5):
            case 0:
                work[at] ^= 1 << chance.randrange(8)
            case 1:
                work[at] = chance.randrange(256)
            case 2:
                work[at : at + 4] = chance.choice(EXTREMES)
            case 3:
                del work[at : at + chance.randint(1, 40)]
            case 4:
                work[at:at] = work[at : at + chance.randint(1, 200)]
        if not work:
            break
    return bytes(work[: chance.randint(0, len(work))] if chance.random() < 0.2 else work)


def try_out(job: tuple[int, int]) -> tuple[float, float]:
    """Measures and strips `count` mutations drawn by `seed`; the longest time (s) and the most memory (MB) it took."""
    seed, count = job
    chance, seeds, longest = random.Random(seed), _seeds(), 0.0
    for _ in range(count):
        data = _mutated(chance.choice(seeds), chance)
        start = time.process_time()
        stripped = strip(data)
        row = measured(hashlib.sha256(data).hexdigest(), stripped)
        longest = max(longest, time.process_time() - start)
        assert row.keys() <= MEASURED.keys() | THUMBNAILS.keys()
        assert row["decodable"] is (row.get("error") is None)
        assert row["decodable"] or row["error"] in REASONS
        assert not row["decodable"] or min(row["width"], row["height"], row["frames"]) >= 1
        assert strip(stripped) == stripped
    return longest, _peak_megabytes()


def _peak_megabytes() -> float:
    """Of this process alone: getrusage's maximum is handed down by the one that started it."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1000


def _hold(jobs: list[tuple[int, int]]) -> None:
    for longest, most in executor.run("processes", try_out, jobs):  # a crash of a decoder ends a worker, not the test
        assert longest < LONGEST_S
        assert most < MOST_MEGABYTES


@pytest.mark.slow
def test_two_hundred_mutated_files() -> None:
    _hold([(seed, 100) for seed in range(2)])


@pytest.mark.soak
def test_ten_thousand_mutated_files() -> None:
    _hold([(seed, 500) for seed in range(100, 120)])
