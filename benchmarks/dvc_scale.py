"""What DVC costs with a thousand pictures and with a million: `dvc repro` with nothing to do, `dvc status`; as JSON.

    python -m benchmarks.dvc_scale [--pictures 1000 1000000] [--runs 5] [--growing 100000] [--folder FOLDER]

In a Git repository of its own below FOLDER (removed afterwards; 16 GB), all stages of dvc.yaml count as run: `dvc
commit` takes in outputs of as many files as real ones have (benchmarks/made_up.py). Shards are shorter than real ones,
since DVC looks at a file's size and time only. Medians over runs, in seconds.

Then a campaign of --growing pictures of 57 KB gets a twentieth more. `stored` is by how much DVC's cache grows in
data/raw, data/measured and data/embed, `in_all` with the manifest and a round's scores, over the bytes of the new
pictures' files.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parents[1]


def make_up(root: Path, call: str) -> None:
    """Runs a function of benchmarks/made_up.py in `root`."""
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", f"from benchmarks import made_up; made_up.{call}"]
    subprocess.run(command, cwd=root, env={**os.environ, "PYTHONPATH": path}, check=True)


def run(root: Path, *command: str) -> str:
    return subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout


def seconds(root: Path, runs: int, *command: str) -> dict[str, object]:
    """The median of `runs`; none of them may find anything to do."""
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        said = run(root, *command)
        found.append(round(time.perf_counter() - start, 2))
        assert "up to date" in said, said
    return {"median": statistics.median(found), "all": found}


def size(folder: Path) -> int:
    """Bytes of all files below it, as they tell them themselves."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def begun(root: Path, pictures: int, **sizes: int) -> None:
    """A campaign that has run to its end."""
    make_up(root, "project()")
    for command in (["git", "init", "-q"], ["dvc", "init", "-q"]):
        run(root, *command)
    (root / ".dvc/config").write_text((HERE / ".dvc/config").read_text())
    make_up(root, f"write({pictures}, **{sizes})")
    run(root, "silverprint", "check")
    make_up(root, f"outputs({pictures})")
    run(root, "dvc", "commit", "-f")


def idle(root: Path, pictures: int, runs: int) -> dict[str, object]:
    begun(root, pictures, each=100)
    files = sum(1 for path in (root / "data").rglob("*") if path.is_file())
    return {
        "files": files,
        **{command: seconds(root, runs, *command.split()) for command in ("dvc repro", "dvc status")},
    }


def grown(root: Path, pictures: int) -> dict[str, object]:
    begun(root, pictures)
    more = pictures + pictures // 20
    pixels = [root / "data" / name for name in ("raw", "measured", "embed")]
    before, cached = sum(map(size, pixels)), size(root / ".dvc/cache")
    make_up(root, f"write({more}, after={pictures})")
    new = sum(map(size, pixels)) - before
    run(root, "dvc", "commit", "-f", "acquire@web", "measure@web", "embed")
    stored = size(root / ".dvc/cache") - cached
    make_up(root, f"outputs({more}, only=('data/clean', 'data/rounds/r03/score'))")
    run(root, "dvc", "commit", "-f", "clean", "score@r03")
    in_all = size(root / ".dvc/cache") - cached
    return {"new_mb": round(new / 1e6, 1), "stored": round(stored / new, 3), "in_all": round(in_all / new, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, nargs="+", default=[1_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--growing", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    given = parser.parse_args()
    found: dict[str, object] = {}
    for pictures in given.pictures:
        with tempfile.TemporaryDirectory(prefix="silverprint-dvc-", dir=given.folder) as root:
            found[f"{pictures:,}"] = idle(Path(root), pictures, given.runs)
    with tempfile.TemporaryDirectory(prefix="silverprint-dvc-", dir=given.folder) as root:
        found[f"a twentieth more than {given.growing:,}"] = grown(Path(root), given.growing)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
