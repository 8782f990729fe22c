"""What the stages that one machine does cost a picture, beside one that a cluster does: processor time, as a table.

    OMP_NUM_THREADS=1 python -m benchmarks.one_machine [--pictures 4000] [--folder FOLDER]

The pictures of benchmarks/crawling (57 KB, every second one to be stripped), as a list on loopback, as a zip and in
shards: `acquire` of a list and of an archive, `release` in the two formats of large files, `measure` by one process.
Each is run with few pictures and with many, as a process of its own below FOLDER (removed afterwards): the difference
is what a picture costs, without the start. Seconds are the processor's, of the process and those that it started;
`MB/s` is what one core of that takes in or writes.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import polars as pl

from benchmarks import stages
from benchmarks.crawl import serving
from benchmarks.crawling.server import Pictures
from silverprint import layout
from silverprint.adapters.exporters import EXPORTERS
from silverprint.adapters.exporters.columns import COLUMNS
from silverprint.adapters.exporters.exporter import Dataset
from silverprint.records import conform
from silverprint.store import ShardReader

FEW: Final = 200
FORMATS: Final = ("parquet", "webdataset")
LISTS, ARCHIVES = ("list", "web"), ("partner", "own")  # sources of few and of many pictures, as dvc.yaml names them


def sources(address: str, pictures: int) -> str:
    """Lists and archives of few and of `pictures` pictures, written to the folder; `sources` of params.yaml."""
    site, host = Pictures(), address.removeprefix("http://")
    entries = [f"  crowd: {{kind: archive, revision: 1, path: {ARCHIVES[0]}.zip}}"]  # it is not acquired
    for listed, packed, count in zip(LISTS, ARCHIVES, (FEW, pictures), strict=True):
        Path(f"{listed}.csv").write_text(
            "\n".join(["url", *(f"{address}/img/{number}.jpg" for number in range(count))])
        )
        with ZipFile(f"{packed}.zip", "w") as archive:
            for number in range(count):
                archive.writestr(f"{number}.jpg", site[number])
        reach = f'per_host: 32, allow_private: ["{host}"]'
        entries += [
            f"  {listed}: {{kind: urls, revision: 1, path: {listed}.csv, {reach}}}",
            f"  {packed}: {{kind: archive, revision: 1, path: {packed}.zip}}",
        ]
    return "sources:\n" + "\n".join(entries) + "\n\n"


def release(name: str, source: str) -> None:
    """All pictures of `source` as a split in one format, in the folder `out`."""
    reader = ShardReader([layout.raw(source)])
    rows = conform(reader.index().select("image_id", "format"), {"image_id": pl.String(), "format": pl.String()})
    rows = rows.with_columns(
        pl.lit(None, dtype).alias(column) for column, dtype in COLUMNS.items() if column not in rows
    )
    rows = rows.with_columns(label=pl.lit("a"), split=pl.lit("train"))
    out = Path("out", name, source)
    out.mkdir(parents=True)
    EXPORTERS[name](Dataset("benchmark", rows, ("a",), reader.read), out)


def spent(*arguments: str) -> float:
    """Processor seconds of a Python process and of those that it started and waited for."""
    path = os.pathsep.join([str(stages.HERE), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen([sys.executable, *arguments], env={**os.environ, "PYTHONPATH": path}, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def commands() -> dict[str, list[list[str]]]:
    """Each line of the table, and how it is run with few pictures and with many."""
    release_call = "from benchmarks import one_machine; one_machine.release"
    return {
        "acquire, a list": [["-m", "silverprint", "acquire", source] for source in LISTS],
        "acquire, an archive": [["-m", "silverprint", "acquire", source] for source in ARCHIVES],
        "measure": [["-m", "silverprint", "measure", source] for source in ARCHIVES],
    } | {
        f"release, {name}": [["-c", f"{release_call}({name!r}, {source!r})"] for source in ARCHIVES] for name in FORMATS
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--pictures", type=int, default=4_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="silverprint-one-", dir=given.folder) as root, serving() as address:
        os.chdir(root)
        stages.make_up(Path(root), "project()")
        text = Path(layout.PARAMS).read_text()
        text = re.sub(r"(?ms)^sources:\n.*?(?=^\w)", sources(address, given.pictures), text)
        Path(layout.PARAMS).write_text(re.sub(r"(?m)^executor: \w+", "executor: serial", text))
        spent("-m", "silverprint", "check")
        size = Path(f"{ARCHIVES[1]}.zip").stat().st_size / given.pictures
        print(f"pictures of {size / 1e3:.0f} KB{'':8} ms a picture   a second   MB/s   hours of one core for 1e8")
        for name, (few, many) in commands().items():
            each = (-spent(*few) + spent(*many)) / (given.pictures - FEW)
            print(f"{name:24} {each * 1e3:12.3f} {1 / each:10,.0f} {size / each / 1e6:6.0f} {each * 1e8 / 3600:12.1f}")
        os.chdir(given.folder)


if __name__ == "__main__":
    main()
