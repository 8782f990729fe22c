"""`dvc repro` that knows a stage which waits for people, or was ended, from one that failed: a program of its own.

To DVC whatever ends with another code than 0 has failed, and it says ERROR. A stage that waits for people ends with 75
after it has said for whom; what DVC says about that is left out, and the program ends with 75, too, if nothing else
failed. A stage that Ctrl-C or a signal ended is told in one sentence. Where DVC words it otherwise than here, it is
said as DVC says it, with DVC's code.
"""

import json
import logging
import os
import re
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final

import psutil

from silverprint import child_programs
from silverprint.console import say
from silverprint.errors import ENDS_QUIETLY, INTERRUPTED, WaitingForPeople

_FAILED: Final = re.compile(r"failed to run: (.+), exited with (-?\d+)")
_SKIPPED: Final = re.compile("Stages? .+ will be skipped due to this failure")
_ENDED: Final = re.compile("failed to reproduce(?: stages:)? (.+)", re.DOTALL)  # at the end, with all that failed
_INTERRUPTED: Final = "interrupted by the user"
_HINTS: Final = ("To track the changes with git, run:", "To enable auto staging, run:")
_PUSH: Final = "Use `dvc push` to send your updates to remote storage."
_LOCKS: Final = Path(".dvc/tmp")  # where DVC notes which stages run
_GOES_ON: Final = "nothing that was finished is lost; to go on: silverprint repro"


class Waits(logging.Filter):
    """Leaves out what DVC says of stages that wait for people, or that were ended.

    Attributes:
        waiting: stages that ended with 75.
        alone: whether DVC ended for them alone.
        ended: what a signal ended, one sentence for each.
        stopped: whether the whole run is to end: somebody pressed Ctrl-C, or sent a signal to it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waiting, self.alone, self.stopped = 0, False, False
        self.ended: list[str] = []
        self._last_is_ours = False  # what DVC skips, it skips for what failed last

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether DVC's line is shown.

        Raises:
            KeyboardInterrupt: the run was stopped, and DVC would go on with another stage.
        """
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage() or str(error)
        if failed := _FAILED.fullmatch(said):
            self._last_is_ours = self._took(failed[1], int(failed[2]))
            if self.stopped:
                raise KeyboardInterrupt
            return not self._last_is_ours
        if _SKIPPED.fullmatch(said):
            return not self._last_is_ours
        self._last_is_ours = False
        if said == _INTERRUPTED:
            self.stopped = True
            return False
        if ended := _ENDED.fullmatch(said):
            if error is not None and (failed := _FAILED.fullmatch(str(error.__cause__))):
                self._took(failed[1], int(failed[2]))  # without --keep-going nothing was said before
            return not self._explains(len(re.findall("'[^']+'", ended[1])))
        return True

    def _took(self, command: str, code: int) -> bool:
        """Whether we say what there is to say of a stage that ended so."""
        if code == WaitingForPeople.exit_code:
            self.waiting += 1
            return True
        number = signal.SIGINT if code == INTERRUPTED else signal_of(code)
        if number is None:
            return False
        self.stopped = self.stopped or number == signal.SIGINT
        self.ended.append(ended_sentence(command, number))
        return True

    def _explains(self, failed: int) -> bool:
        """Whether all that failed waits or was ended."""
        self.alone = failed == self.waiting
        return failed == self.waiting + len(self.ended)


def is_no_hint(record: logging.LogRecord) -> bool:
    """Whether DVC's line is none of its hints about Git, which it gives after every run."""
    return not record.getMessage().lstrip().startswith(_HINTS)


def _without_hints() -> None:
    """DVC's hints are left out: the status that follows says what is next, and not everybody has a remote."""
    from dvc.ui import ui

    for handler in logging.getLogger("dvc").handlers:
        handler.addFilter(is_no_hint)
    write = ui.write

    def without_push(*objects: object, **options: Any) -> None:
        if objects != (_PUSH,):
            write(*objects, **options)

    ui.write = without_push


def mend_locks(folder: Path = _LOCKS) -> None:
    """Removes DVC's list of running stages where kill -9 or a full disk cut it off: DVC would refuse every run."""
    from dvc.lock import LockError, make_lock

    path = folder / "rwlock"
    if not path.exists():
        return
    with suppress(LockError), make_lock(str(folder / "rwlock.lock"), tmp_dir=str(folder)):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            path.unlink()
            say(f"{path} was cut off when DVC was killed: removed")


def signal_of(code: int) -> signal.Signals | None:
    """What ended a program with this code, or a shell that called it, if it was a signal."""
    number = -code if code < 0 else code - 128
    return signal.Signals(number) if number in {one.value for one in signal.Signals} else None


def ended_sentence(command: str, number: signal.Signals) -> str:
    """One line: what ended it, that nothing is lost, what goes on."""
    by = "Ctrl-C" if number == signal.SIGINT else number.name
    why = " (the system does so where memory is short)" if number == signal.SIGKILL else ""
    return f"{command} was ended by {by}{why}; {_GOES_ON}"


def _end_with(waits: Waits) -> None:
    """SIGTERM and SIGHUP end the stage, with all that it started, and then the run."""

    ignored_before = signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    def stop(number: int, frame: FrameType | None) -> None:
        again, waits.stopped = waits.stopped, True
        may_be_in_a_stage = signal.getsignal(signal.SIGINT) is signal.SIG_IGN  # DVC has it so meanwhile
        below = psutil.Process().children(recursive=True) if may_be_in_a_stage else []
        for process in below:
            with suppress(psutil.Error):
                process.terminate()
        if not again and not below and (ignored_before or not may_be_in_a_stage):  # else DVC sees its stage's end
            raise KeyboardInterrupt

    for number in child_programs.SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def main(arguments: Sequence[str]) -> int:
    """DVC's own exit code; 75 where it ended for people alone, 130 where the run was ended."""
    from dvc.cli import main as dvc

    os.environ[ENDS_QUIETLY] = "1"  # for stages: what is to be said is said here
    waits = Waits()
    _end_with(waits)
    for handler in logging.getLogger("dvc").handlers:
        if handler.level >= logging.WARNING:  # the one that writes to standard error
            handler.addFilter(waits)
    _without_hints()
    mend_locks()
    code = int(dvc(["repro", *arguments]))
    for number in child_programs.SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # we are ending
    if waits.stopped and not waits.ended:
        waits.ended.append(f"silverprint repro was ended between stages; {_GOES_ON}")
    for sentence in waits.ended:
        sys.stderr.write(f"{sentence}\n")
    if waits.stopped:
        return INTERRUPTED
    return WaitingForPeople.exit_code if code and waits.alone else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
