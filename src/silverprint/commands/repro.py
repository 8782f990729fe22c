"""silverprint repro: pulls the outputs that stages carry on from, then runs what is new."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from silverprint import child_programs, config
from silverprint.adapters import git
from silverprint.adapters.child_environment import child_environment
from silverprint.campaign import account_names, round_status
from silverprint.console import say
from silverprint.errors import INTERRUPTED, WaitingForPeople

_DVC: Final = (sys.executable, "-m", "dvc")
_REPRO: Final = (sys.executable, "-m", "silverprint.adapters.dvc_repro")
_OURS: Final = (sys.executable, "-m", "silverprint")
_NAMED: Final = 5  # people, at most, who are named in a line


def run(targets: Sequence[str] = ()) -> None:
    """`dvc repro`, after a pull of what `--pull` does not bring; then MLflow, the status, and who is waited for.

    Raises:
        SystemExit: 75 where it stopped for people alone, 130 where it was ended; else DVC's own exit code, where it is
            not 0. A stage's last line says why.
    """
    git.set_merge_driver(Path.cwd())
    remote = bool(_said(*_DVC, "remote", "list"))
    if remote:
        sealed = _said(*_OURS, "status", "--sealed").split()
        if sealed and _call(*_DVC, "pull", "--quiet", *sealed):
            say("some outputs could not be pulled; stages that need them will say so")
    # --keep-going: a round that waits for people does not hold up the other branches.
    pull = ["--pull"] if remote else []  # without one it would only warn
    command = (*_REPRO, "--keep-going", *pull, "--allow-missing", *targets)
    code = child_programs.until_it_ends(command, env=child_environment())
    if code == INTERRUPTED or code < 0:
        raise SystemExit(INTERRUPTED)  # it said what was ended
    _call(*_OURS, "track", "sync")
    _call(*_OURS, "status")
    if code == WaitingForPeople.exit_code:
        say(_waited_for())
    if code:
        raise SystemExit(code)


def _waited_for() -> str:
    """The last line of a run that went as far as it can without people."""
    standings = round_status.standings_of(config.load())
    missing = {one.round: one.votes_needed - one.votes for one in standings if one.state == "waiting"}
    asked = " and ".join(f"{name} ({votes} votes)" for name, votes in missing.items()) or "a stage"
    people = account_names.invited()
    if not people:
        return f"Nothing went wrong: {asked} waits for people, and nobody is invited: silverprint people invite NAME"
    who = ", ".join(people) if len(people) <= _NAMED else f"{len(people)} people"
    return f"Nothing went wrong: {asked} waits for {who}. Watch: silverprint wait. Afterwards: silverprint repro"


def _call(*command: str) -> int:
    return subprocess.run(command, env=child_environment(), check=False).returncode


def _said(*command: str) -> str:
    """What it prints; where it fails, its message is on the screen and so is ours at an end."""
    done = subprocess.run(command, env=child_environment(), stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout
