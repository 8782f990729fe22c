"""A round's life: open (its queue is final) → waiting (people are asked) → closed (its votes are final).

`state.json` lives in Git beside the queue and the votes; a round without one is still a draft.
"""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from silverprint import layout
from silverprint.errors import DataError
from silverprint.store import files

Status = Literal["open", "waiting", "closed"]


@dataclass(frozen=True)
class State:
    round: str
    prev: str  # the round it follows, for good
    status: Status
    queue_sha256: str  # of queue.csv, final from the first push
    classes: tuple[str, ...]  # the class list voted under
    votes_sha256: str | None = None  # of votes.csv, once closed
    asks_sha256: str | None = None  # of asks.csv as answered, once closed
    projects: dict[str, int] | None = None  # tier -> project id on the server that opened it: a hint

    def save(self) -> "State":
        files.write_text(layout.state(self.round), json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")
        return self

    def moved(self, **changes: Any) -> "State":
        return replace(self, **changes)


def load(round_name: str) -> State | None:
    """The round's state, or None while it is a draft.

    Raises:
        DataError: state.json is not readable.
    """
    path = layout.state(round_name)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return State(**{**document, "classes": tuple(document["classes"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(str(path), f"not a round's state ({error})", f"run: git checkout {path}") from None


def opened(round_name: str) -> bool:
    """Whether the round's queue is final: people may have been asked."""
    return load(round_name) is not None
