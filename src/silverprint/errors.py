"""Errors that a user can meet, as one tree. Each knows its exit code (sysexits).

SilverprintError
├── UsageError          64  the command line
├── DataError           65  the data failed a gate, or a file is corrupt
│   └── NothingFoundError   a source that was read to its end has nothing for us
├── UnavailableError    69  a service or an output is not there
├── DiskError           74  the disk is full or cannot be written
├── WaitingForPeople    75  people are needed before the pipeline can go on
├── NotAllowedError     77  a token or a permission is wrong
└── ConfigError         78  params.yaml, dvc.yaml, the chain of rounds

A message is one line of three parts: the value that was met, the rule it broke, the remedy. The value shows no password
of an address.
"""

from typing import ClassVar, Final

from silverprint.userinfo import without_passwords

INTERRUPTED: Final = 130  # exit code of a command that Ctrl-C ended
ENDS_QUIETLY: Final = "SILVERPRINT_ENDS_QUIETLY"  # set in the environment where who started it says that it was ended
_LONGEST: Final = 300  # characters of a value: enough to find it in a file


def restore_remedy(path: object) -> str:
    """The remedy for a damaged output of DVC: from its cache, or on a clone from the remote."""
    return f"run: dvc checkout --force {path} (on a clone: dvc pull --force {path})"


class SilverprintError(Exception):
    """Base of every error whose cause is outside the program.

    Args:
        value: what was met, with its name: ``"rounds.r02.prev = 'r99'"``.
        rule: the rule it breaks: ``"prev must name an earlier round or 'start'"``.
        remedy: what to do, if possible a command: ``"set it to 'r01'"``.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, value: str, rule: str, remedy: str) -> None:
        value = without_passwords(value)
        self.value, self.rule, self.remedy = (" ".join(part.split()) for part in (value, rule, remedy))
        if len(self.value) > _LONGEST:
            self.value = f"{self.value[: _LONGEST - 1]}…"
        super().__init__(f"{self.value}: {self.rule}; {self.remedy}")

    def __reduce__(self) -> tuple[object, ...]:
        """So that an error reaches the parent of the process it was met in, whatever arguments its class takes."""
        return _again, (type(self), self.value, self.rule, self.remedy)


def _again(kind: type[SilverprintError], *parts: str) -> SilverprintError:
    error = kind.__new__(kind)
    SilverprintError.__init__(error, *parts)
    return error


class UsageError(SilverprintError):
    exit_code = 64


class DataError(SilverprintError):
    exit_code = 65


class NothingFoundError(DataError):
    pass


class UnavailableError(SilverprintError):
    exit_code = 69


class DiskError(SilverprintError):
    exit_code = 74


class WaitingForPeople(SilverprintError):  # noqa: N818
    exit_code = 75


class NotAllowedError(SilverprintError):
    exit_code = 77


class ConfigError(SilverprintError):
    exit_code = 78
