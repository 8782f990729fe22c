"""How much memory `acquire` takes for a drop with a large manifest and one picture.

    python benchmarks/manifests.py [--megabytes 200] [--row 5000]

Prints a line a format: the manifest's size and rows, the seconds and the peak memory of the whole `silverprint acquire`
(Linux: its high-water mark, as it says at its end).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
LICENSE = "CC0-1.0"
ACQUIRE = """
import atexit, pathlib, sys
from silverprint.cli import main
status = lambda: pathlib.Path("/proc/self/status").read_text()
atexit.register(lambda: print(int(status().partition("VmHWM:")[2].split()[0]) // 1000))
sys.argv = ["silverprint", "acquire", "partner"]
sys.exit(main())
"""


def as_csv(path: str, caption: str) -> str:
    return f'{path},{LICENSE},"{caption}"\n'


def as_json(path: str, caption: str) -> str:
    return json.dumps({"path": path, "license": LICENSE, "caption": caption}) + "\n"


FORMATS: dict[str, tuple[str, Callable[[str, str], str]]] = {
    "csv": ("path,license,caption\n", as_csv),
    "jsonl": ("", as_json),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--row", type=int, default=5_000, help="bytes of a row, about")
    options = parser.parse_args()
    for kind in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder)
            size, rows = drop(project, kind, options.megabytes * 1_000_000, options.row)
            begun = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", ACQUIRE], cwd=project, env=os.environ, capture_output=True, text=True, check=True
            )
            took, peak = time.monotonic() - begun, int(done.stdout.split()[-1])
            print(f"manifest.{kind}: {size / 1e6:.0f} MB, {rows:,} rows, {took:.0f} s, at most {peak} MB of memory")


def drop(project: Path, kind: str, size: int, row: int) -> tuple[int, int]:
    """A project whose source `partner` is such a drop; the manifest's bytes and rows."""
    listed = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in ("params.yaml", "dvc.yaml", "versions.yaml", *listed.stdout.split()):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, project / name)
    path = project / "var/demo/partner.zip"
    path.parent.mkdir(parents=True)
    header, line = FORMATS[kind]
    rows, written = 0, len(header)
    with ZipFile(path, "w", ZIP_STORED) as archive:
        picture = BytesIO()
        Image.new("RGB", (64, 64), "teal").save(picture, "JPEG")
        archive.writestr("0000000.jpg", picture.getvalue())
        with archive.open(f"manifest.{kind}", "w") as manifest:
            manifest.write(header.encode())
            while written < size:
                written += manifest.write(line(f"{rows:07d}.jpg", "x" * max(row - 60, 0)).encode())
                rows += 1
    return written, rows


if __name__ == "__main__":
    main()
