"""How fast pictures come back from their shards: by name against bare pread, in a row against the webdataset library.

    python benchmarks/store.py [--rounds 7] [--webdataset PYTHON]

PYTHON is the interpreter of an environment that has `webdataset` (pip install webdataset); without it that part is left
out. Payloads of 11 KB (thumbnails) and of 60 KB (640x480 photos), 220 MB of each in four shards, in the page cache: as
the writer left them there, and once more read back from the disk by somebody else's plain reading. That differs: what
was written in large pieces lies in large pages, which are mapped at once.
Bare pread walks a list of descriptors, sizes and offsets made beforehand, in the same random order, and holds each
payload until the next one. Rounds are paired; seconds are those of the processor, so that neighbours on the machine do
not count; medians and ratios are over rounds.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from silverprint.records import RAW
from silverprint.store import ShardReader, ShardWriter, tables

BYTES = 220_000_000

WEBDATASET = """
import sys, time, webdataset
start = time.process_time()
names = [sample["__key__"] for sample in webdataset.WebDataset(sorted(sys.argv[1:]), shardshuffle=False)]
print(time.process_time() - start, len(set(names)))
"""


def write(root: Path, pictures: int, size: int) -> None:
    chance = random.Random(7)
    with ShardWriter(root, max_pictures=pictures // 4) as writer:
        for number in range(pictures):
            name = f"{number:064x}"
            writer.add({"image_id": name, "url": name, "format": "jpeg"}, chance.randbytes(size + number % 1000))


def bare(root: Path, image_ids: list[str]) -> float:
    rows = tables.read_parts(root, RAW)
    places = {name: place for name, *place in rows.select("image_id", "shard", "size", "offset").iter_rows()}
    files = {name: os.open(root / name, os.O_RDONLY) for name in rows["shard"].unique()}
    wanted = [(files[shard], size, offset) for shard, size, offset in map(places.__getitem__, image_ids)]
    start = time.process_time()
    for descriptor, size, offset in wanted:
        _ = os.pread(descriptor, size, offset)
    spent = time.process_time() - start
    for descriptor in files.values():
        os.close(descriptor)
    return spent


def by_name(reader: ShardReader, image_ids: list[str]) -> float:
    start = time.process_time()
    for _ in reader.read(image_ids):
        pass
    return time.process_time() - start


def in_a_row(reader: ShardReader) -> float:
    start = time.process_time()
    for _ in reader.scan():
        pass
    return time.process_time() - start


def webdataset(python: str, root: Path) -> float:
    command = [python, "-c", WEBDATASET, *map(str, root.glob("*.tar"))]
    seconds, names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert int(names) == len(tables.read_parts(root, RAW))
    return float(seconds)


def read_back(root: Path) -> None:
    """Drops the shards from the page cache, then fills it again."""
    for shard in sorted(root.glob("*.tar")):
        with shard.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while file.read(2**20):
                pass


def compare(root: Path, rounds: int, python: str | None) -> dict[str, object]:
    reader = ShardReader(root)
    order = reader.index()["image_id"].to_list()
    random.Random(1).shuffle(order)
    by_name(reader, order), bare(root, order)
    runs = []
    for _ in range(rounds):
        run = {"bare": bare(root, order), "by_name": by_name(reader, order), "in_a_row": in_a_row(reader)}
        if python:
            run["webdataset"] = webdataset(python, root)
        runs.append(run)
    figures: dict[str, object] = {
        "per_second": {name: len(order) / statistics.median(run[name] for run in runs) for name in runs[0]},
        "by_name_of_bare_pread": statistics.median(run["bare"] / run["by_name"] for run in runs),
    }
    if python:
        figures["in_a_row_times_webdataset"] = statistics.median(run["webdataset"] / run["in_a_row"] for run in runs)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--webdataset", metavar="PYTHON")
    options = parser.parse_args()
    found = {}
    for size in (11_000, 60_000):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            write(root, BYTES // size, size)
            found[f"{size // 1000} KB, as written"] = compare(root, options.rounds, options.webdataset)
            read_back(root)
            found[f"{size // 1000} KB, read back"] = compare(root, options.rounds, options.webdataset)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
