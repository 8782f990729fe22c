"""Calibration: what a picture costs on this machine, tried for some seconds on pictures of the pool, then kept."""

import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from PIL import Image

from silverprint import __version__, layout
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.planning.table_work import REFERENCE_S, table_work
from silverprint.core.planning.unit_costs import NAMES, TRIED, rule_broken
from silverprint.errors import DataError, UnavailableError
from silverprint.imaging import measurement
from silverprint.records import RAW
from silverprint.store import ShardReader, files, tables

Picture = tuple[str, bytes]

_SAMPLE: Final = 300  # pictures that are tried
_SECONDS: Final = 8.0  # of each trial: it ends after the picture that goes beyond
_WARM: Final = 2  # pictures or batches before the clock runs
_TABLE_WORKS: Final = 5
_HELD: Final = 100_000_000  # bytes of pictures in memory
_MADE: Final = 24  # pictures that are made up where there is no pool
_BLOCK, _BLOCKS = 4_000_000, 32  # bytes written to try the disk
_MADE_SIZE, _MADE_GRAIN = (640, 480), 20.0  # pixels; grey levels of noise: JPEGs of about 60 KB


def measured(params: Params) -> dict[str, Any]:
    """Unit costs by their names, `measured` (when) and `on` (which pictures), as kept in `var/` or tried now."""
    key = {
        "silverprint": __version__,
        "machine": f"{platform.node()} {platform.machine()} {cores()}",
        "backbone": params.embed.backbone,
        "size": params.embed.size,
        "batch": params.embed.batch,
    }
    kept = _kept()
    if kept.get("key") == key:
        return dict(kept["found"])
    say(f"plan: trying what a picture costs on this machine, half a minute at most; kept in {layout.UNIT_COSTS}")
    found = _tried(params)
    files.write_text(layout.UNIT_COSTS, json.dumps({"key": key, "found": found}, indent=2) + "\n")
    return found


def _kept() -> dict[str, Any]:
    """What an earlier trial left; nothing where there was none, or the file is not as one leaves it."""
    try:
        document = json.loads(layout.UNIT_COSTS.read_text(encoding="utf-8"))
        found = dict(document["found"])
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    costs = {name: value for name, value in found.items() if name not in ("measured", "on")}
    sound = all(name in NAMES and (value is None or not rule_broken(name, value)) for name, value in costs.items())
    return document if sound and set(TRIED) <= set(costs) else {}


def _tried(params: Params) -> dict[str, Any]:
    pictures, each, on = _pictures(params)
    layout.VAR.mkdir(exist_ok=True)
    found = {
        "measure_s": _seconds(lambda one: measurement.measure(*one), pictures),
        **_embedding(params, pictures),
        "table_slowness": table_slowness(),
        "picture_bytes": each,
        "disk_mb_s": _disk(),
    }
    rounded = {name: None if value is None else float(f"{value:.4g}") for name, value in found.items()}
    return {**rounded, "measured": datetime.now(UTC).isoformat(timespec="minutes"), "on": on}


def _pictures(params: Params) -> tuple[list[Picture], float, str]:
    """Some pictures, the mean size in bytes of all, and what they are."""
    folders = [layout.raw(source) for source in params.sources if any(layout.raw(source).glob("index-*.parquet"))]
    if folders:
        rows = pl.concat([tables.read_parts(folder, RAW) for folder in folders]).filter(pl.col("outcome") == "stored")
        chosen = rows["image_id"].unique().sort().head(_SAMPLE)  # at random: an image_id is a hash
        try:
            taken = list(_some(ShardReader(list(folders)).read(chosen.to_list())))
        except (UnavailableError, DataError):  # the index is here and its shards are not
            taken = []
        if taken:
            return taken, _mean(rows["size"].to_list()), f"{len(taken)} pictures of the pool"
    made = _made_up()
    return made, _mean([len(data) for _, data in made]), f"{len(made)} made-up JPEGs of 640x480"


def _some(pictures: Iterable[Picture]) -> Iterator[Picture]:
    """As many as fit into memory without being noticed."""
    held = 0
    for one in pictures:
        yield one
        held += len(one[1])
        if held > _HELD:
            return


def _made_up() -> list[Picture]:
    return [(str(number), _made(number)) for number in range(_MADE)]


def _made(number: int) -> bytes:
    """A JPEG of smooth colours and grain."""
    chance = np.random.default_rng(number)
    coarse = Image.fromarray(chance.integers(0, 256, (12, 16, 3), dtype=np.uint8)).resize(_MADE_SIZE)
    grain = (
        chance.normal(0, _MADE_GRAIN, (_MADE_SIZE[1] // 2, _MADE_SIZE[0] // 2, 1)).repeat(2, axis=0).repeat(2, axis=1)
    )
    buffer = BytesIO()
    Image.fromarray(np.clip(np.asarray(coarse) + grain, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _embedding(params: Params, pictures: Sequence[Picture]) -> dict[str, float | None]:
    """Seconds of one core to decode a picture for the network, of one core for the network, and of a GPU."""
    from silverprint.model.backbones import Weights
    from silverprint.model.embedder import Embedder, prepare

    knobs = params.embed

    def decoded(some: Sequence[Picture]) -> list[tuple[Picture, float]]:
        """Those that decode, and the seconds of each. What does not is found by `measure`: `embed` never sees it."""
        done: list[tuple[Picture, float]] = []
        end = time.monotonic() + _SECONDS
        for one in some:
            since = time.process_time()
            with suppress(DataError):
                prepare(*one, knobs.size)
                done.append((one, time.process_time() - since))
            if time.monotonic() > end:
                break
        return done

    decoded(_made_up()[:_WARM])
    found = decoded(pictures) or decoded(_made_up())
    ready, decode_s = [one for one, _ in found], _mean([seconds for _, seconds in found])
    try:
        weights = Weights(Path(knobs.weights), knobs.weights_sha256) if knobs.weights and knobs.weights_sha256 else None
        embedder = Embedder(knobs.backbone, knobs.size, weights)
    except UnavailableError as error:
        say(f"plan: the network was not tried: {error}")
        return {"decode_s": decode_s, "network_s": None, "gpu_s": None}
    if embedder.device.type == "cuda":
        batch = np.stack([prepare(*one, knobs.size) for one in ready[: knobs.batch]])
        embedder(batch)  # the first call of a size is a slow one
        gpu_s = _seconds(embedder, [batch] * 20, time.perf_counter) / len(batch)
        return {"decode_s": decode_s, "network_s": None, "gpu_s": gpu_s}
    batches = [ready[start : start + knobs.batch] for start in range(0, len(ready), knobs.batch)]
    both_s = _seconds(lambda batch: list(embedder.stream(batch, len(batch))), batches) * len(batches) / len(ready)
    return {"decode_s": decode_s, "network_s": max(both_s - decode_s, 1e-6), "gpu_s": None}


def table_slowness() -> float:
    """Seconds for work on arrays over those of the machine of `core.planning.stage_costs`."""
    return _seconds(lambda _: table_work(), range(_TABLE_WORKS)) / REFERENCE_S


def _disk() -> float:
    """Megabytes a second that the disk takes, where `var/` is."""
    block = os.urandom(_BLOCK)
    with tempfile.NamedTemporaryFile(dir=layout.VAR) as file:
        since = time.monotonic()
        for _ in range(_BLOCKS):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
        return _BLOCK * _BLOCKS / 1e6 / (time.monotonic() - since)


def _seconds(
    work: Callable[[Any], object], items: Sequence[Any], clock: Callable[[], float] = time.process_time
) -> float:
    """Seconds of the processor for one item, the mean, after some that do not count."""
    for item in items[:_WARM]:
        work(item)
    took: list[float] = []
    end = time.monotonic() + _SECONDS
    for item in items:
        since = clock()
        work(item)
        took.append(clock() - since)
        if time.monotonic() > end:
            break
    return _mean(took)


def _mean(figures: Sequence[float]) -> float:
    return float(np.mean(figures))


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
