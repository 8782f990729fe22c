"""What `silverprint plan` says beside what was measured: seconds of the processor and memory of each stage, as a table.

    OMP_NUM_THREADS=1 python -m benchmarks.plan [--pictures 2000] [--pixels] [--folder FOLDER]
    python -m benchmarks.plan --figures FILE [--slowness 1.0]

Runs the stages as benchmarks/stages.py does, on tables of so many made-up pictures; with --pixels `measure` and
`embed`, on real photographs of 640x480. All is below FOLDER, and removed afterwards. Unit costs are tried as
`silverprint plan` tries them, on this machine: work on tables before and after the stages, what reads pixels after
them. A ratio is planned to measured; 0.77 to 1.3 is within 30 %. Memory is what was resident in the largest process,
and what is anonymous, of all processes together.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import stages
from silverprint import config, layout
from silverprint.commands.plan import calibration
from silverprint.core.planning.stage_costs import Pool, costs
from silverprint.core.planning.unit_costs import UnitCosts
from silverprint.store import ShardWriter
from silverprint.store.executor import cores

PHOTOS, PART = 200, 2_000
TABLES = {"clean": "clean", "queue r02": "queue", "score r02": "score", "train r01": "train"}
KEPT = 0.99  # of made-up pictures
NOTHING = UnitCosts(
    measure_s=0, decode_s=0, network_s=0, gpu_s=None, table_slowness=0, picture_bytes=57e3, disk_mb_s=1
)  # of what reads tables alone


def put_photos(source: str, count: int) -> None:
    """`count` pictures in the shards of `source`, PHOTOS different ones."""
    from benchmarks import clean

    bodies = clean.photos(PHOTOS)
    with ShardWriter(layout.raw(source), max_pictures=PART) as writer:
        for number in range(count):
            data = bodies[number % PHOTOS]
            name = hashlib.sha256(data + number.to_bytes(4)).hexdigest()
            writer.add({"image_id": name, "url": name, "source": source, "format": "jpeg"}, data)


def of_pictures(root: Path, count: int) -> dict[str, dict[str, float]]:
    """The stages that read pixels, measured."""
    stages.make_up(root, "project()")
    os.chdir(root)
    first, *others = config.load().sources
    for source in others:
        layout.raw(source).mkdir(parents=True)
        layout.measured(source).mkdir(parents=True)
    path = os.pathsep.join([str(stages.HERE), os.environ.get("PYTHONPATH", "")])
    # Elsewhere: what is resident here would count for the stages.
    command = [sys.executable, "-c", f"from benchmarks import plan; plan.put_photos({first!r}, {count})"]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=True)
    found = {"measure": stages.measured(root, f"measure {first}"), "embed": stages.measured(root, "embed")}
    for folder in (layout.raw(first), layout.measured(first), layout.EMBED):
        held = sum(path.stat().st_size for path in folder.glob("*"))
        print(f"{folder}: {held / count:,.0f} bytes a picture")
    return found


def pixel_costs() -> UnitCosts:
    found = calibration.measured(config.load())
    print(json.dumps(found))
    return UnitCosts(**{name: value for name, value in found.items() if name not in ("measured", "on")})


def of_tables(root: Path, count: int) -> tuple[dict[str, dict[str, float]], float]:
    """What benchmarks.stages measures, and the table_slowness at the time."""
    before = calibration.table_slowness()
    found = stages.costs(root, count, stages.STAGES)
    after = calibration.table_slowness()
    print(f"table_slowness: {before:.2f} before the stages, {after:.2f} after them")
    return found, (before + after) / 2


def as_planned(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Figures of benchmarks.stages by the stages of a plan; `labels` with the gate."""
    labels, gate = found["labels r01"], found["gate r01"]
    both = {name: max(labels[name], gate[name]) for name in labels}
    both["processor"] = labels["processor"] + gate["processor"]
    return {stage: found[name] for name, stage in TABLES.items()} | {"labels": both}


def report(measured: dict[str, dict[str, float]], units: UnitCosts, pictures: int) -> None:
    print(f"{pictures:,} pictures: planned / measured = ratio")
    planned = costs(Pool(pictures, kept=KEPT), units, cores=cores.available())
    for stage, figures in measured.items():
        count = pictures * 20 // 21 if stage == "clean" else pictures  # benchmarks.stages adds the rest afterwards
        cost = planned[stage]
        for what, says, was in (
            ("s", cost.core_seconds(count), figures["processor"]),
            ("GB", cost.peak_bytes(count) / 1e9, figures["peak_gb"]),
            ("GB anonymous", cost.anonymous_bytes(count) / 1e9, figures["anonymous_gb"]),
        ):
            print(f"{stage:8} {says:10.2f} / {was:10.2f} = {says / was:5.2f}  {what}")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--pixels", action="store_true", help="measure and embed, of photographs")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--figures", type=Path, help="what benchmarks.stages printed: nothing is run")
    parser.add_argument("--slowness", type=float, default=1.0, help="table_slowness when these were measured")
    given = parser.parse_args()
    if given.figures:
        document = json.loads(given.figures.read_text())
        units = replace(NOTHING, table_slowness=given.slowness)
        report(as_planned(document["stages"]), units, document["pictures"])
        return
    with tempfile.TemporaryDirectory(prefix="silverprint-plan-", dir=given.folder) as root:
        if given.pixels:
            report(of_pictures(Path(root), given.pictures), pixel_costs(), given.pictures)
        else:
            found, slowness = of_tables(Path(root), given.pictures)
            report(as_planned(found), replace(NOTHING, table_slowness=slowness), given.pictures)


if __name__ == "__main__":
    main()
