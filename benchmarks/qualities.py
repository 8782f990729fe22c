"""What the four qualities add to `release`: seconds of the processor and memory, as JSON.

    OMP_NUM_THREADS=1 python -m benchmarks.qualities [--pictures 100000 1000000] [--folder FOLDER]

Pictures of all sources and classes of params.yaml, features of its backbone, all of them released: it cannot be more.
What the features hold costs nothing, so each part has the same. They lie below FOLDER (removed afterwards; 4.6 GB for a
million). Processor is the whole process's, its start included; memory is the most that was resident, pages of the
mapped features among it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks import made_up
from silverprint import config, layout
from silverprint.core.splits import SPLIT
from silverprint.model.backbones import backbone
from silverprint.records import LABELS, MANIFEST, conform, empty
from silverprint.stages.embed import PART
from silverprint.stages.release import dataset_metrics
from silverprint.store import features, files, tables

HERE = Path(__file__).parents[1]
_LABELLED = 500


def write(count: int) -> None:
    """Manifest, features, and the rows of the release, in the working directory."""
    made_up.project()
    params = config.load()
    names, chance = sorted(made_up.image_ids(count)), np.random.default_rng(0)
    pictures = pl.DataFrame({"image_id": names, "source": chance.choice(list(params.sources), count)})
    manifest = pictures.with_columns(kept=pl.lit(True), license=pl.lit("CC-BY-4.0"))
    tables.write(conform(manifest, MANIFEST), layout.MANIFEST, MANIFEST)
    labels = chance.choice(params.dataset.classes, count)
    people = pl.when(pl.int_range(count) < _LABELLED).then(pl.lit("human")).otherwise(pl.lit("auto"))
    released = pictures.with_columns(pl.Series("label", labels), people.alias("label_source"))
    tables.write(conform(released, SPLIT), Path("released.parquet"), SPLIT)
    quality = {"alpha_round": None, "by_role": {}, "gold": {"all": {"accuracy": None}}}
    files.write_text(layout.labels(params.last) / "quality.json", json.dumps(quality))
    blocks = backbone(params.embed.backbone).blocks
    features.write_description(layout.EMBED, {"blocks": blocks})
    rows = chance.standard_normal((PART, sum(blocks.values())), dtype=np.float32).astype(np.float16)
    for start in range(0, count, PART):
        part = names[start : start + PART]
        features.append(layout.EMBED, part, [rows[: len(part)]])


def tell() -> None:
    """What `release` does more, in the working directory."""
    manifest, released = tables.read(layout.MANIFEST, MANIFEST), tables.read(Path("released.parquet"), SPLIT)
    dataset_metrics.measure_dataset(config.load(), manifest, empty(LABELS), released)


def cost(pictures: int, folder: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="silverprint-qualities-", dir=folder) as root:
        _call(root, f"write({pictures})").wait()
        process = _call(root, "tell()")
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"ended with {os.waitstatus_to_exitcode(status)}")
        return {"processor": round(usage.ru_utime + usage.ru_stime, 1), "peak_gb": round(usage.ru_maxrss / 1e6, 2)}


def _call(root: str, call: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", f"from benchmarks import qualities as q; q.{call}"]
    return subprocess.Popen(command, cwd=root, env={**os.environ, "PYTHONPATH": path}, stdout=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    print(json.dumps({count: cost(count, given.folder) for count in given.pictures}, indent=2))


if __name__ == "__main__":
    main()
