"""silverprint repro: pulls the outputs that stages carry on from, then runs what is new."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from silverprint.adapters import git
from silverprint.adapters.child_environment import child_environment
from silverprint.console import say

_DVC: Final = (sys.executable, "-m", "dvc")
_OURS: Final = (sys.executable, "-m", "silverprint")


def run(targets: Sequence[str] = ()) -> None:
    """`dvc repro`, after a pull of what `--pull` does not bring; then MLflow and the status.

    Raises:
        SystemExit: DVC's own exit code, where it is not 0; a stage's last line says why.
    """
    git.set_merge_driver(Path.cwd())
    remote = bool(_said(*_DVC, "remote", "list"))
    if remote:
        sealed = _said(*_OURS, "status", "--sealed").split()
        if sealed and _call(*_DVC, "pull", "--quiet", *sealed):
            say("some outputs could not be pulled; stages that need them will say so")
    # --keep-going: a round that waits for people does not hold up the other branches.
    pull = ["--pull"] if remote else []  # without one it would only warn
    code = _call(*_DVC, "repro", "--keep-going", *pull, "--allow-missing", *targets)
    _call(*_OURS, "track", "sync")
    _call(*_OURS, "status")
    if code:
        raise SystemExit(code)


def _call(*command: str) -> int:
    return subprocess.run(command, env=child_environment(), check=False).returncode


def _said(*command: str) -> str:
    """What it prints; where it fails, its message is on the screen and so is ours at an end."""
    done = subprocess.run(command, env=child_environment(), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout
