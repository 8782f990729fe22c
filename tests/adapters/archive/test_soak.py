"""Archives of every kind, built at random and then damaged: each gives rows or one error, soon and in little memory."""

import random
import time
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest

from silverprint.adapters.archive.manifest import read_manifest
from silverprint.adapters.archive.manifest_index import ManifestIndex
from silverprint.adapters.archive.open_drop import open_drop
from silverprint.errors import ConfigError, DataError
from silverprint.store import executor
from tests.adapters.archive.test_tar_entries import PACKERS, block, pax
from tests.helpers.memory import peak_megabytes
from tests.helpers.web_pictures import encoded
from tests.imaging.test_fuzz import _mutated

LONGEST_S, MOST_MEGABYTES = 5.0, 1_000
NAMES = ("a.jpg", "café/ñ.jpg", "cafe\u0301/n\u0303.jpg", "../x.jpg", "__MACOSX/._a.jpg", "图片/b.png", "./c.jpg")
MANIFESTS = {
    "manifest.csv": "path,license,label\na.jpg,MIT,bag\n",
    "manifest.jsonl": '{"path": "a.jpg", "label": "bag"}\n',
    "train/metadata.csv": "file_name;text\na.jpg;bag\n",
    "metadata.jsonl": '{"file_name": "café/ñ.jpg", "caption": "x\u2028y"}\n',
}


def _files(chance: random.Random) -> dict[str, bytes]:
    files = {name: encoded(chance.randrange(4)) for name in chance.sample(NAMES, chance.randint(0, 4))}
    name = chance.choice(list(MANIFESTS))
    text = MANIFESTS[name].encode(chance.choice(["utf-8", "utf-8-sig", "utf-16"]))
    return files | {name: _mutated(text, chance) if chance.random() < 0.5 else text}


def _zip(files: dict[str, bytes], chance: random.Random) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", chance.choice([ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _tar(files: dict[str, bytes], chance: random.Random) -> bytes:
    parts = (pax(f"path={name}".encode()) + block("x", data) for name, data in files.items())
    return b"".join(parts) + bytes(1024)


def _archive(chance: random.Random) -> bytes:
    """Damaged before it is packed, afterwards, both or not at all."""
    files = _files(chance)
    if chance.random() < 0.5:
        data = _zip(files, chance)
    else:
        data = _tar(files, chance)
        data = _mutated(data, chance) if chance.random() < 0.5 else data
        data = PACKERS[chance.choice(list(PACKERS))](data)
    return _mutated(data, chance) if chance.random() < 0.7 else data


def _read(path: Path, names: str) -> str:
    """Reads all of an archive; what is said where it is refused as a whole."""
    try:
        drop = open_drop("partner", str(path), names)
        with ManifestIndex() as statements:
            read_manifest(drop, statements)
            answers = [(statements.take(entry.name), entry.answer(30_000)) for entry in drop.entries()]
            list(statements.rest())
    except (DataError, ConfigError) as error:  # anything else fails the test
        return str(error)
    assert {answer.outcome for _, answer in answers} <= {"present", "refused", "failed"}
    return ""


def try_out(job: tuple[int, int, str]) -> tuple[float, float, int]:
    """Reads `count` archives drawn by `seed`: the longest time (s), the most memory (MB), and how many were refused."""
    seed, count, place = job
    chance, longest, refused = random.Random(seed), 0.0, 0
    path = Path(place) / f"{seed}"
    for _ in range(count):
        path.write_bytes(_archive(chance))
        start = time.process_time()
        said = _read(path, chance.choice(["auto", "gbk", "shift_jis"]))
        assert "\n" not in said
        refused += bool(said)
        longest = max(longest, time.process_time() - start)
    return longest, peak_megabytes(), refused


def _hold(jobs: list[tuple[int, int, str]]) -> None:
    slowest, largest, total = 0.0, 0.0, 0
    for longest, most, refused in executor.run("processes", try_out, jobs):
        assert longest < LONGEST_S
        assert most < MOST_MEGABYTES
        assert 0 < refused < jobs[0][1]
        slowest, largest, total = max(slowest, longest), max(largest, most), total + refused
    count = sum(count for _, count, _ in jobs)
    print(f"{count:,} archives, {total} refused as a whole, the slowest {slowest:.2f} s, at most {largest:.0f} MB")  # noqa: T201


@pytest.mark.slow
def test_a_hundred_damaged_archives(tmp_path: Path) -> None:
    longest, _, refused = try_out((1, 100, str(tmp_path)))
    assert longest < LONGEST_S
    assert 0 < refused < 100


@pytest.mark.soak
def test_ten_thousand_damaged_archives(tmp_path: Path) -> None:
    _hold([(seed, 500, str(tmp_path)) for seed in range(100, 120)])
