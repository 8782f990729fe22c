"""What `silverprint plan` says beside what was measured: seconds of the processor and memory of each stage, as a table.

    OMP_NUM_THREADS=1 python -m benchmarks.plan [--pictures 2000] [--folder FOLDER]         # measure and embed
    python -m benchmarks.stages --pictures 10000 > stages.json                              # all others
    python -m benchmarks.plan --figures stages.json

Without --figures, real photographs of 640x480 are put into shards below FOLDER (removed afterwards), and `silverprint
measure` and `silverprint embed` work through them. Unit costs are tried as `silverprint plan` tries them, on this
machine, once for each call. A ratio is planned to measured: 0.77 to 1.3 is within 30 %. Memory is all of it, of the
largest process, and what is anonymous, of a stage's processes together. Last of all stands how fast this machine does
the table work, in seconds: REFERENCE_S of `core/planning/table_work.py` where the figures of
`core/planning/stage_costs.py` are measured anew.
"""

import argparse
import hashlib
import json
import os
import tempfile
import time
from pathlib import Path

from benchmarks import clean, made_up, stages
from silverprint import config, layout
from silverprint.commands.plan import calibration
from silverprint.core.planning.stage_costs import Pool, costs
from silverprint.core.planning.table_work import table_work
from silverprint.core.planning.unit_costs import UnitCosts
from silverprint.store import ShardWriter

PHOTOS, PART = 200, 2_000
TABLES = {"clean": "clean", "score r02": "score", "queue r02": "queue", "train r01": "train"}


def put_photos(source: str, count: int) -> None:
    """`count` pictures in the shards of `source`, PHOTOS different ones."""
    bodies = clean.photos(PHOTOS)
    with ShardWriter(layout.raw(source), max_pictures=PART) as writer:
        for number in range(count):
            data = bodies[number % PHOTOS]
            name = hashlib.sha256(data + number.to_bytes(4)).hexdigest()
            writer.add({"image_id": name, "url": name, "source": source, "format": "jpeg"}, data)


def of_pictures(root: Path, count: int) -> tuple[dict[str, dict[str, float]], UnitCosts]:
    """The stages that read pixels, measured; and the unit costs that are tried on the same pictures."""
    os.chdir(root)
    made_up.project()
    first, *others = config.load().sources
    for source in others:
        layout.raw(source).mkdir(parents=True)
        layout.measured(source).mkdir(parents=True)
    put_photos(first, count)
    units = tried()
    found = {"measure": stages.measured(root, f"measure {first}"), "embed": stages.measured(root, "embed")}
    for folder in (layout.raw(first), layout.measured(first), layout.EMBED):
        held = sum(path.stat().st_size for path in folder.glob("*"))
        print(f"{folder}: {held / count:,.0f} bytes a picture")
    return found, units


def tried() -> UnitCosts:
    found = calibration.measured(config.load())
    print(json.dumps(found))
    return UnitCosts(**{name: value for name, value in found.items() if name not in ("measured", "on")})


def report(measured: dict[str, dict[str, float]], units: UnitCosts, pictures: int) -> None:
    print(f"{pictures:,} pictures: planned / measured = ratio, of seconds of the processor and of GB of memory")
    # As many rows as benchmarks.stages has: its first `clean` lacks a twentieth.
    planned = costs(Pool(pictures), units)
    for name, figures in measured.items():
        stage = TABLES.get(name, name)
        if stage not in planned:
            continue
        count = pictures * 20 // 21 if name == "clean" else pictures
        cost = planned[stage]
        rows = [
            ("s", cost.core_seconds(count), figures["processor"]),
            ("GB", cost.peak_bytes(count) / 1e9, figures["peak_gb"]),
            ("GB anonymous", cost.anonymous_bytes(count) / 1e9, figures.get("anonymous_gb")),
        ]
        for unit, says, was in rows:
            if was:
                print(f"{stage:8} {says:10.2f} / {was:10.2f} = {says / was:5.2f}  {unit}")


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2_000)
    parser.add_argument("--figures", type=Path, help="what benchmarks.stages printed")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="silverprint-plan-", dir=given.folder) as root:
        if given.figures:
            document = json.loads(given.figures.read_text())
            os.chdir(root)
            made_up.project()
            report(document["stages"], tried(), document["pictures"])
        else:
            measured, units = of_pictures(Path(root), given.pictures)
            report(measured, units, given.pictures)
    took = []
    for _ in range(5):
        since = time.process_time()
        table_work()
        took.append(time.process_time() - since)
    print(f"table work: {min(took):.3f} s")


if __name__ == "__main__":
    main()
