"""How long the page of `silverprint browse` takes on a large pool, as JSON.

    OMP_NUM_THREADS=1 python -m benchmarks.browse [--pictures 100000] [--runs 3] [--folder FOLDER]

Makes pictures up: shards of small photographs, a manifest, features of two blocks, a model's predictions, a round of
labels. Then, in processes of their own: the first opening, which makes the map; and `--runs` openings after it. Seconds
are of the wall from the start of the command to its address, and to the first eight pictures on the page in headless
Chromium; seconds of the processor are the command's until then. Similar pictures are asked for as the page does, over
HTTP, for ten pictures, and the first twenty of each compared with those of the same cosine in double precision. On a
busy machine the wall says nothing: what a command needs by itself is at least its seconds of the processor, shared by
as many cores as a search has threads.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import psutil
from PIL import Image
from tests.helpers import browser

from benchmarks import made_up
from silverprint import config, layout
from silverprint.core.half_precision import to_half
from silverprint.model.backbones import backbone
from silverprint.records import LABELS, MANIFEST, QUEUE, SCORES, conform
from silverprint.store import ShardWriter, features, scores, tables

PHOTOS, LABELLED, PART, ASKED, NEAREST = 200, 2_000, 5_000, 10, 20


def make(root: Path, count: int) -> None:
    """The campaign below `root`, unless it is there."""
    if (root / "made").exists():
        return
    root.mkdir(parents=True, exist_ok=True)
    os.chdir(root)
    made_up.project()
    params = config.load()
    classes, chance = params.dataset.classes, np.random.default_rng(0)
    names, of = made_up.image_ids(count), made_up.classes_of(params, count)
    source, *others = params.sources
    for other in others:
        layout.raw(other).mkdir(parents=True)
    bodies = [_photo(number) for number in range(PHOTOS)]
    facts = {"source": source, "license": "CC-BY-4.0", "format": "jpeg", "fetched_at": "2026-01-05T10:00:00+00:00"}
    with ShardWriter(layout.raw(source), max_pictures=20_000) as writer:
        for name, number in zip(names, of, strict=True):
            row = {"image_id": name, "url": f"https://img.example.org/{name}.jpg", **facts}
            writer.add(row | {"outcome": "stored"}, bodies[number % PHOTOS])
    rows = pl.DataFrame({"image_id": names}).with_columns(
        kept=pl.lit(True), group=made_up.originals(count), width=pl.lit(256), height=pl.lit(192),
        url=pl.lit("https://img.example.org/") + pl.col("image_id"),
        **{name: pl.lit(value) for name, value in facts.items()},
    )  # fmt: skip
    tables.write(conform(rows, MANIFEST).sort("image_id"), layout.MANIFEST, MANIFEST)
    _features(names, of, len(classes))
    chances = to_half(chance.dirichlet(np.ones(len(classes)), (1, count)).astype(np.float32))
    layout.score(params.chain[1]).mkdir(parents=True)
    found = scores.of(names, chances, classes, "m").select(*SCORES).sort("image_id")
    tables.write(found, layout.score(params.chain[1]) / scores.TABLE, SCORES)
    _labels(params.chain[0], names[:LABELLED], [classes[number] for number in of[:LABELLED]])
    Path("made").touch()


def _photo(number: int) -> bytes:
    coarse = np.random.default_rng(number).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(coarse).resize((256, 192), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _features(names: list[str], of: np.ndarray, classes: int) -> None:
    blocks = backbone(config.load().embed.backbone).blocks
    features.write_description(layout.EMBED, {"backbone": "b", "size": 128, "weights_sha256": "w", "blocks": blocks})
    chance, width = np.random.default_rng(1), sum(blocks.values())
    modes = chance.standard_normal((classes, width), dtype=np.float32)
    spread = chance.standard_normal((32, width), dtype=np.float32) / 32**0.5
    for start in range(0, len(names), PART):
        part = slice(start, start + PART)
        inner = chance.standard_normal((len(names[part]), 32), dtype=np.float32)
        rows = modes[of[part]] + 2 * inner @ spread
        features.append(layout.EMBED, names[part], [(rows * (rows > 0)).astype(np.float16)])


def _labels(name: str, image_ids: list[str], labels: list[str]) -> None:
    rows = pl.DataFrame({"image_id": image_ids, "label": labels}).with_columns(
        confidence=pl.lit(0.9), n_votes=pl.lit(2), agreement=pl.lit(1.0), role=pl.lit("train"), round=pl.lit(name),
        source=pl.lit("human"), rank=pl.int_range(1, pl.len() + 1), overlap=pl.lit(2), tier=pl.lit("crowd"),
        strategy=pl.lit("random"),
    )  # fmt: skip
    tables.write(conform(rows, LABELS).sort("image_id"), layout.labels(name) / "labels.parquet", LABELS)
    tables.write_ledger(conform(rows, QUEUE), layout.queue(name), QUEUE, ["rank"])


@contextmanager
def opened(root: Path) -> Iterator[tuple[str, psutil.Process, float]]:
    """The address, the process and when it was started."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "silverprint", "browse"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip(), psutil.Process(server.pid), started
        finally:
            server.send_signal(2)


def measure(root: Path) -> dict[str, float]:
    """One opening in seconds, and the largest resident memory so far in megabytes."""
    with opened(root) as (address, process, started), browser.page() as page:
        ready = time.perf_counter() - started
        begun = time.perf_counter()
        page.goto(address)
        pictures = page.locator("#grid img")
        pictures.nth(7).wait_for()
        for number in range(8):
            pictures.nth(number).evaluate("one => one.decode()")
        shown = time.perf_counter() - begun
        used = process.cpu_times()
        return {
            "address_s": round(ready, 2),
            "pictures_s": round(ready + shown, 2),
            "processor_s": round(used.user + used.system, 2),
            "resident_mb": round(process.memory_info().rss / 1e6),
        }


def similar(root: Path) -> dict[str, float]:
    """Seconds of a search, and the share of the first NEAREST that are the same in double precision."""
    os.chdir(root)
    names = sorted(features.Features(layout.EMBED).image_ids)
    chosen = np.random.default_rng(3).choice(len(names), ASKED, replace=False).tolist()
    seconds, used, found = [], [], {}
    with (
        opened(root) as (address, process, _),
        httpx.Client(base_url=address.partition("/?")[0], trust_env=False) as client,
    ):
        client.get(f"/?{address.partition('?')[2]}", follow_redirects=True)
        match = re.search(r'data-form="([^"]+)"', client.get("/").text)
        assert match is not None
        for number in [chosen[0], *chosen]:
            start, busy = time.perf_counter(), sum(process.cpu_times()[:2])
            answer = client.post("/api/view", json={"like": number}, headers={"x-form": match[1]}, timeout=60).json()
            seconds.append(time.perf_counter() - start)
            used.append(sum(process.cpu_times()[:2]) - busy)
            found[number] = [one["number"] for one in answer["tiles"][:NEAREST]]
    same = [len({*found[number]} & {*exact}) / NEAREST for number, exact in _exact(names, chosen).items()]
    later = seconds[1:]
    return {
        "first_s": round(seconds[0], 3), "median_s": round(statistics.median(later), 3), "most_s": round(max(later), 3),
        "processor_s": round(statistics.median(used[1:]), 3),
        "same": round(statistics.mean(same), 4),
    }  # fmt: skip


def _exact(names: list[str], chosen: list[int]) -> dict[int, list[int]]:
    """The NEAREST of each, by the definition."""
    there = features.Features(layout.EMBED)
    rows = there.gathered(pl.Series("image_id", names))
    sample = there.rows_at(np.linspace(0, len(names) - 1, min(len(names), 10_000), dtype=np.int64).tolist())
    rows -= sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    sample = sample - sample.mean(axis=0, dtype=np.float64)
    for block in there.blocks.values():
        rows[:, block] /= np.sqrt(np.square(sample[:, block]).sum(axis=1).mean())
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows, dtype=np.float64))
    found = {}
    for number in chosen:
        own = rows[number].astype(np.float64)
        cosines = np.concatenate([rows[at : at + 4_096] @ own for at in range(0, len(rows), 4_096)]) / lengths
        found[number] = np.argsort(-cosines, kind="stable")[:NEAREST].tolist()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "silverprint-browse")
    given = parser.parse_args()
    root = given.folder.resolve() / str(given.pictures)
    make(root, given.pictures)
    (root / layout.BROWSE / "map.kept").unlink(missing_ok=True)
    first, again = measure(root), [measure(root) for _ in range(given.runs)]
    report = {"pictures": given.pictures, "first": first, "again": again, "similar": similar(root)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
