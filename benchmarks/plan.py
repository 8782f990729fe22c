"""What `silverprint plan` says beside what was measured: seconds of the processor and memory of each stage, as a table.

    OMP_NUM_THREADS=1 python -m benchmarks.plan [--pictures 2000] [--pixels] [--folder FOLDER]
    python -m benchmarks.plan --figures FILE [--slowness 1.0]
    python -m benchmarks.plan --documented docs/scaling.md [--slowness 1.0]

Runs the stages as benchmarks/stages.py does, on tables of so many made-up pictures; with --pixels `measure` and
`embed`, on real photographs of 640x480. All is below FOLDER, and removed afterwards. Unit costs are tried as
`silverprint plan` tries them, on this machine: work on tables before and after the stages, what reads pixels after
them. A ratio is planned to measured, and what is not within 30 % (0.77 to 1.3) is marked. Memory is what was resident
in the largest process, and what is anonymous, of all processes together. With --documented the measured figures are the
first row of each stage in that page's table of a million pictures.
"""

import argparse
import hashlib
import json
import os
import re
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

PHOTOS, PART, MILLION = 200, 2_000, 1_000_000
TABLES = {"clean": "clean", "queue r02": "queue", "score r02": "score", "train r01": "train"}
KEPT = 0.99  # of made-up pictures
WITHIN = (0.77, 1.3)
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


def as_planned(found: dict[str, dict[str, float]], pictures: int) -> dict[str, dict[str, float]]:
    """Figures of benchmarks.stages by the stages of a plan; `labels` with the gate."""
    labels, gate = found["labels r01"], found["gate r01"]
    both = {name: max(labels[name], gate[name]) for name in labels}
    both["processor"] = labels["processor"] + gate["processor"]
    figures = {stage: found[name] for name, stage in TABLES.items()} | {"labels": both}
    figures["clean"]["pictures"] = pictures * 20 // 21  # benchmarks.stages adds the rest afterwards
    return figures


def documented(page: Path) -> dict[str, dict[str, float]]:
    """Figures of the table of a million pictures, by the stages of a plan; not of those whose unit costs are tried."""
    _, _, text = page.read_text(encoding="utf-8").partition("## What a million pictures cost")
    found: dict[str, dict[str, float]] = {}
    for what, seconds, memory in re.findall(r"^\| (.*`.+?) \| (\d+) \| (.+?) \|", text, re.MULTILINE):
        stage = re.findall(r"`(\w+)`", what)[0]
        count = re.search(r"([\d,]+) pictures", what)
        figures = {"processor": float(seconds), "pictures": float(count[1].replace(",", "") if count else MILLION)}
        if known := re.fullmatch(r"([\d.]+) GB", memory):
            figures["peak_gb"] = float(known[1])
        if stage not in ("measure", "embed", "persons"):
            found.setdefault(stage, figures)
    return found


def report(measured: dict[str, dict[str, float]], units: UnitCosts, pictures: int) -> None:
    print(f"{pictures:,} pictures: planned / measured = ratio")
    planned = costs(Pool(pictures, kept=KEPT), units, cores=cores.available())
    for stage, figures in measured.items():
        count, cost = int(figures.get("pictures", pictures)), planned[stage]
        for what, name, says in (
            ("s", "processor", cost.core_seconds(count)),
            ("GB", "peak_gb", cost.peak_bytes(count) / 1e9),
            ("GB anonymous", "anonymous_gb", cost.anonymous_bytes(count) / 1e9),
        ):
            if name in figures:
                ratio = says / figures[name]
                mark = "" if WITHIN[0] <= ratio <= WITHIN[1] else ", beyond 30 %"
                print(f"{stage:8} {says:10.2f} / {figures[name]:10.2f} = {ratio:5.2f}  {what}{mark}")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--pixels", action="store_true", help="measure and embed, of photographs")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--figures", type=Path, help="what benchmarks.stages printed: nothing is run")
    parser.add_argument("--documented", type=Path, help="docs/scaling.md: nothing is run")
    parser.add_argument("--slowness", type=float, default=1.0, help="table_slowness when these were measured")
    given = parser.parse_args()
    then = replace(NOTHING, table_slowness=given.slowness)
    if given.figures:
        document = json.loads(given.figures.read_text())
        report(as_planned(document["stages"], document["pictures"]), then, document["pictures"])
        return
    if given.documented:
        report(documented(given.documented), then, MILLION)
        return
    with tempfile.TemporaryDirectory(prefix="silverprint-plan-", dir=given.folder) as root:
        if given.pixels:
            report(of_pictures(Path(root), given.pictures), pixel_costs(), given.pictures)
        else:
            found, slowness = of_tables(Path(root), given.pictures)
            report(as_planned(found, given.pictures), replace(NOTHING, table_slowness=slowness), given.pictures)


if __name__ == "__main__":
    main()
