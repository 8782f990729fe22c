"""State of a round: open (its queue is final) → waiting (people are asked) → closed (its votes are final).

`state.json` lives in Git beside the queue and the votes; a round without one is still a draft.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from silverprint import git_conflicts, layout
from silverprint.errors import DataError, UnavailableError
from silverprint.store import files, ledger_csv

Status = Literal["open", "waiting", "closed"]


@dataclass(frozen=True)
class State:
    round: str
    prev: str  # the round it follows, for good
    status: Status
    campaign: str  # name under which its projects are found, fixed for good
    server: str  # the annotation backend that people answer on, as its votes' annotators name it
    queue_sha256: str  # hash of queue.csv, final from the first push
    classes: tuple[str, ...]  # the class list voted under
    votes_sha256: str | None = None  # hash of votes.csv, once closed
    asks_sha256: str | None = None  # hash of asks.csv as answered, once closed
    projects: dict[str, int] | None = None  # tier -> project id on the server
    early_asks_sha256: str | None = None  # hash of asks.csv when a lead ended the round before everybody had answered
    settled: int | None = None  # annotations up to this id are of a project that is gone: their absence says nothing
    class_changes: tuple[str, ...] = ()  # `at` of the changes of classes that its list has seen; later ones map it

    def save(self) -> "State":
        document = {name: value for name, value in asdict(self).items() if value or name != "class_changes"}
        files.write_text(layout.state(self.round), json.dumps(document, indent=2, sort_keys=True) + "\n")
        return self

    def moved(self, **changes: Any) -> "State":
        return replace(self, **changes)

    @property
    def ends_early(self) -> bool:
        """Whether a lead ended the round with what was answered, and nobody was asked for more since."""
        early = self.early_asks_sha256
        return early is not None and early == ledger_csv.sha256(layout.asks(self.round))

    @property
    def ended_early(self) -> bool:
        """Whether the round was closed so, be it open again by now."""
        return self.early_asks_sha256 is not None and self.asks_sha256 is not None

    @property
    def is_closed(self) -> bool:
        """Whether its votes are final: nobody was asked for more since."""
        return self.status == "closed" and self.asks_sha256 == ledger_csv.sha256(layout.asks(self.round))

    def require_server(self, url: str, server: str) -> None:
        """
        Raises:
            UnavailableError: the server at `url` is not the one that the round is asked on.
        """
        if server != self.server:
            rule = f"{self.round} is asked on the server {self.server}, and this one is {server}"
            remedy = f"set LABEL_STUDIO_URL to that one; if it is gone for good: silverprint round move {self.round}"
            raise UnavailableError(url, rule, remedy)

    def require_votes(self) -> None:
        """
        Raises:
            DataError: votes.csv is there, and is not the one that the round was closed with.
        """
        path = layout.votes(self.round)
        if self.status == "closed" and path.exists():
            require_hash(path, self.votes_sha256, "the votes are final since the round was closed")


def require_hash(path: Path, expected: str | None, rule: str) -> None:
    """
    Raises:
        DataError: `path` does not have that hash.
    """
    found = ledger_csv.sha256(path)
    if found != expected:
        value = f"{path} has hash {found[:8]}, not {str(expected)[:8]}"
        remedy = f"run: git checkout {path}; where two branches were merged: silverprint ledger fix {path}"
        raise DataError(value, rule, remedy)


def load(round_name: str) -> State | None:
    """The round's state, or None while it is a draft.

    Raises:
        DataError: state.json is not readable, or no state.
    """
    path = layout.state(round_name)
    try:
        text = path.read_text(encoding="utf-8")
        if line := git_conflicts.first_mark_line(text):
            raise DataError(f"{path} line {line}", git_conflicts.RULE, f"run: silverprint ledger fix {path}")
        document = json.loads(text)
        seen = tuple(document.pop("class_changes", None) or ())
        found = State(**{**document, "classes": tuple(document["classes"])}, class_changes=seen)
        if found.status not in get_args(Status):
            raise ValueError(f"status {found.status!r}")
        return found
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        remedy = f"run: git checkout {path}; if it never was in Git, remove it, then: silverprint annotate {round_name}"
        raise DataError(str(path), f"not a round's state ({error})", remedy) from None


def every() -> list[State]:
    """The states of the rounds that people were asked in, whatever params.yaml names now."""
    names = sorted(path.parent.name for path in layout.ROUNDS.glob("*/state.json"))
    return [state for name in names if (state := load(name)) is not None]


def is_opened(round_name: str) -> bool:
    """Whether the round's queue is final: people may have been asked."""
    return load(round_name) is not None
