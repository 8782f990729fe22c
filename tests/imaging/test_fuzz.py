"""Mutated and hostile files of every format: each is a row, none crashes, hangs or fills the memory."""

import hashlib
import random
import resource
import time
from collections import Counter
from io import BytesIO

import numpy as np
import psutil
import pytest
from PIL import Image

from silverprint.imaging.measurement import measure
from silverprint.imaging.metadata import strip
from silverprint.records import MEASURED, THUMBNAILS
from silverprint.store import executor
from tests.helpers.memory import peak_megabytes
from tests.helpers.web_pictures import encoded, exif, pixels
from tests.imaging.test_bounded import scans, small_claims, tiff
from tests.imaging.test_strip_bounds import HOSTILE

LONGEST_S = 5.0  # of the processor: decoders wait for nothing else, and neighbours on the machine do not count
MOST_MEGABYTES = 1_000  # that a picture adds to a process: to this one, or to the child that decodes it
REASONS = {
    *("empty", "not-an-image", "truncated", "too-many-pixels", "unsupported"),
    *("too-many-scans", "too-slow", "too-much-memory"),
}
EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\xff\xff", b"\x80\0\0\0")


def _animation(form: str = "GIF") -> bytes:
    buffer = BytesIO()
    frames = [Image.fromarray(pixels(number)).convert("P" if form == "GIF" else "RGB") for number in range(4)]
    frames[0].save(buffer, form, save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def _seeds() -> list[bytes]:
    large = BytesIO()
    Image.fromarray(np.asarray(pixels(1, 600, 800))).save(large, "JPEG")
    return [
        encoded(1), encoded(1, progressive=True), encoded(1, exif=exif(6)), encoded(1, mode="CMYK"), large.getvalue(),
        encoded(1, "PNG"), encoded(1, "PNG", mode="P"), encoded(1, "PNG", mode="RGBA"), encoded(1, "WEBP"),
        encoded(1, "WEBP", lossless=True), encoded(1, "GIF"), _animation(), encoded(1, "TIFF"),
        encoded(1, "TIFF", compression="tiff_lzw"), encoded(1, "BMP"), encoded(1, "AVIF"), encoded(1, "JPEG2000"),
        _animation("PNG"), _animation("WEBP"), encoded(1, "TIFF", compression="tiff_deflate"),
    ]  # fmt: skip


def _hostile(chance: random.Random) -> bytes:
    """A file made to keep us busy, of any size up to 300 KB."""
    size = int(10 ** chance.uniform(2, 5.5))
    match chance.randrange(4):
        case 0:
            return HOSTILE[chance.choice(sorted(HOSTILE))](size)
        case 1:
            return scans(chance.randint(2, 1_000), chance.choice([16, 256, 1_000]))
        case 2:
            return tiff(size // 100 + 1)
        case _:
            return chance.choice(list(small_claims(chance.choice([500, 3_000, 7_000, 10_000, 16_000]))))


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


def try_out(job: tuple[int, int]) -> tuple[float, float, Counter[str]]:
    """Strips and measures `count` files drawn by `seed`, a tenth of them hostile, the others mutated.

    Returns:
        The longest time (s) and the most memory (MB) that one took, and how many came to what.
    """
    seed, count = job
    chance, seeds, longest, found = random.Random(seed), _seeds(), 0.0, Counter[str]()
    measure("warm", encoded(1, "GIF"))  # the child is there
    before = peak_megabytes()
    for _ in range(count):
        data = _hostile(chance) if chance.random() < 0.1 else _mutated(chance.choice(seeds), chance)
        start = _processor_seconds()
        stripped = strip(data)
        row = measure(hashlib.sha256(data).hexdigest(), stripped)
        longest = max(longest, _processor_seconds() - start)
        assert row.keys() <= MEASURED.keys() | THUMBNAILS.keys()
        assert row["decodable"] is (row.get("error") is None)
        assert row["decodable"] or row["error"] in REASONS
        assert not row["decodable"] or min(row["width"], row["height"], row["frames"]) >= 1
        assert strip(stripped) == stripped
        found[row.get("error") or "decodable"] += 1
    return longest, max(peak_megabytes() - before, 0), found


def _processor_seconds() -> float:
    """Of this process and of those that it started, the ended ones included."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = [one.cpu_times() for one in psutil.Process().children()]
    return time.process_time() + ended.ru_utime + ended.ru_stime + sum(one.user + one.system for one in living)


def _hold(jobs: list[tuple[int, int]]) -> None:
    slowest, largest, total = 0.0, 0.0, Counter[str]()
    for longest, most, found in executor.run("processes", try_out, jobs):  # a decoder's crash ends a worker, no test
        assert longest < LONGEST_S
        assert most < MOST_MEGABYTES
        slowest, largest, total = max(slowest, longest), max(largest, most), total + found
    assert total.total() == sum(count for _, count in jobs)
    print(f"{total.total():,} files, the slowest {slowest:.2f} s, at most {largest:.0f} MB: {dict(total)}")  # noqa: T201


@pytest.mark.slow
def test_two_hundred_hostile_files() -> None:
    _hold([(seed, 100) for seed in range(2)])


@pytest.mark.soak
def test_ten_thousand_hostile_files() -> None:
    _hold([(seed, 500) for seed in range(100, 120)])
