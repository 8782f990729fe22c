"""Calibration: what a picture costs on this machine, tried for some seconds on pictures of the pool, then kept."""

import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import numpy as np

from silverprint import __version__, layout
from silverprint.commands.plan import sample
from silverprint.commands.plan.sample import Picture
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.planning.table_work import REFERENCE_S, table_work
from silverprint.core.planning.unit_costs import NAMES, TRIED, rule_broken
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.imaging import measurement
from silverprint.imaging.decode import decode_stored
from silverprint.store import files
from silverprint.store.executor import cores

_SECONDS: Final = 8.0  # of each trial: it ends after the picture that goes beyond
_WARM: Final = 2  # pictures or batches before the clock runs
_TABLE_WORKS: Final = 5
_BLOCK, _BLOCKS = 4_000_000, 32  # bytes written to try the disk


def measured(params: Params) -> dict[str, Any]:
    """Unit costs by their names, `measured` (when) and `on` (which pictures), as kept in `var/` or tried now."""
    key = {
        "silverprint": __version__,
        "machine": f"{platform.node()} {platform.machine()} {cores.available()}",
        "backbone": params.embed.backbone,
        "size": params.embed.size,
        "batch": params.embed.batch,
        "detector": params.persons.detector,
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
        document: dict[str, Any] = json.loads(layout.UNIT_COSTS.read_text(encoding="utf-8"))
        found = dict(document["found"])
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    costs = {name: value for name, value in found.items() if name not in ("measured", "on")}
    sound = all(name in NAMES and (value is None or not rule_broken(name, value)) for name, value in costs.items())
    return document if sound and set(TRIED) <= set(costs) else {}


def _tried(params: Params) -> dict[str, Any]:
    pictures, each, on = sample.take(params)
    layout.VAR.mkdir(exist_ok=True)
    found: dict[str, float | None] = {
        "measure_s": _seconds(lambda one: measurement.measure(*one), pictures),
        **_embedding(params, pictures),
        "persons_s": _detecting(params, pictures),
        "table_slowness": table_slowness(),
        "picture_bytes": each,
        "disk_mb_s": _disk(),
    }
    rounded = {name: None if value is None else float(f"{value:.4g}") for name, value in found.items()}
    return {**rounded, "measured": datetime.now(UTC).isoformat(timespec="minutes"), "on": on}


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

    decoded(sample.made_up()[:_WARM])
    found = decoded(pictures) or decoded(sample.made_up())
    ready, decode_s = [one for one, _ in found], fmean([seconds for _, seconds in found])
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


def _detecting(params: Params, pictures: Sequence[Picture]) -> float | None:
    """Seconds of one core to look for persons in a picture; None where no detector is named, or it is not installed."""
    if params.persons.detector == "none":
        return None
    from silverprint.model.faces import SIDE, FaceDetector

    def look(one: Picture) -> None:
        with suppress(DataError):  # what does not decode is found by `measure`: `persons` never sees it
            detector(decode_stored(*one, SIDE))

    try:
        detector = FaceDetector()
    except ConfigError as error:
        say(f"plan: the detector was not tried: {error}")
        return None
    return _seconds(look, pictures)


def table_slowness() -> float:
    """Seconds for work on arrays over those of the machine of `core.planning.stage_costs`."""
    return _seconds(lambda _: table_work(), range(_TABLE_WORKS)) / REFERENCE_S


def _disk() -> float:
    """Megabytes a second that the disk takes, where `var/` is."""
    block = os.urandom(_BLOCK)
    with files.disk_errors(layout.VAR), tempfile.NamedTemporaryFile(dir=layout.VAR) as file:
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
    return fmean(took)
