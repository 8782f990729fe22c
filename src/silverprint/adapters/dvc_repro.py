"""`dvc repro` that knows a stage which waits for people from one that failed: a program of its own.

To DVC whatever ends with another code than 0 has failed, and it says ERROR. A stage that waits for people ends with 75
after it has said for whom; what DVC says about that is left out, and the program ends with 75, too, if nothing else
failed. Where DVC words it otherwise than here, it is said as DVC says it, with DVC's code.
"""

import logging
import re
import sys
from collections.abc import Sequence
from typing import Final

from silverprint.errors import WaitingForPeople

_WAITS: Final = re.compile(rf"failed to run: .+, exited with {WaitingForPeople.exit_code}")
_SKIPPED: Final = re.compile("Stages? .+ will be skipped due to this failure")
_ENDED: Final = re.compile("failed to reproduce(?: stages:)? (.+)", re.DOTALL)  # at the end, with all that failed


class Waits(logging.Filter):
    """Leaves out what DVC says of stages that wait.

    Attributes:
        waiting: stages that ended with 75.
        alone: whether DVC ended for them alone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waiting, self.alone = 0, False
        self._last_waits = False  # what DVC skips, it skips for what failed last

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage() or str(error)
        if _WAITS.fullmatch(said):
            self.waiting, self._last_waits = self.waiting + 1, True
            return False
        if _SKIPPED.fullmatch(said):
            return not self._last_waits
        self._last_waits = False
        if ended := _ENDED.fullmatch(said):
            if error is not None and _WAITS.fullmatch(str(error.__cause__)):
                self.waiting += 1  # without --keep-going nothing was said before
            self.alone = len(re.findall("'[^']+'", ended[1])) == self.waiting
            return not self.alone
        return True


def main(arguments: Sequence[str]) -> int:
    """DVC's own exit code, or 75 where it ended for people alone."""
    from dvc.cli import main as dvc

    waits = Waits()
    for handler in logging.getLogger("dvc").handlers:
        if handler.level >= logging.WARNING:  # the one that writes to standard error
            handler.addFilter(waits)
    code = int(dvc(["repro", *arguments]))
    return WaitingForPeople.exit_code if code and waits.alone else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
