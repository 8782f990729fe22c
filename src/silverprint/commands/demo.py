"""silverprint demo: the sample campaign, in a folder of its own where there is none, run by silverprint.demo."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.adapters import git
from silverprint.adapters.child_environment import child_environment
from silverprint.campaign import new_campaign
from silverprint.console import say
from silverprint.errors import UsageError
from silverprint.store import files

_FOLDER: Final = "fashion-demo"


def run(
    folder: Path | None = None,
    pictures: int | None = None,
    studio_port: int | None = None,
    mlflow_port: int | None = None,
) -> None:
    """Runs the sample campaign to its end, in `folder`, else in the campaign that is here, else in a new folder.

    Raises:
        UsageError: the folder holds something else.
        SystemExit: the exit code of the run, where it is not 0; its message is on the screen.
    """
    here = folder or (Path.cwd() if layout.PIPELINE.exists() else Path.cwd() / _FOLDER)
    if not (here / layout.PIPELINE).exists():
        _make(here)
    options = {"--pictures": pictures, "--studio-port": studio_port, "--mlflow-port": mlflow_port}
    given = [str(part) for pair in options.items() if pair[1] is not None for part in pair]
    command = [sys.executable, "-m", "silverprint.demo", "run", *given]
    if code := subprocess.run(command, cwd=here, env=child_environment(), check=False).returncode:
        raise SystemExit(code)


def _make(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(str(folder), "it is no sample campaign, and nothing is overwritten", "name a new --folder")
    git.require_identity()
    for name, text in new_campaign.sample_files().items():
        files.write_text(folder / name, text)
    git.begin(folder, "The sample campaign")
    say(f"The sample campaign is in {folder}")
