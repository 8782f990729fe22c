"""Recruiter: what commands know of whoever finds people for a study, and pays them. A protocol and neutral types.

Amounts are in the hundredth part of the study's currency (pence, cents). Participants have no names here: a participant
is what the recruiter calls a person's one submission.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from silverprint.errors import SilverprintError

# active: not handed in yet; submitted: waits for a decision; gone: returned or timed out, and never to be paid
State: TypeAlias = Literal["active", "submitted", "approved", "rejected", "gone"]


@dataclass(frozen=True)
class Study:
    """
    Attributes:
        name: its key in data/studies.csv.
        title, description: what participants read before they begin.
        places: submissions that are wanted.
        pay: of one submission.
        minutes: that one takes.
        reference: the recruiter's own name of it; None before it was made there.
        planned_at: when it was planned, UTC; with the name it tells studies of several campaigns apart.
    """

    name: str
    title: str
    description: str
    places: int
    pay: int
    currency: str
    minutes: int
    reference: str | None
    planned_at: str

    @property
    def cost(self) -> int:
        """Of all places, without what a platform takes on top."""
        return self.places * self.pay


@dataclass(frozen=True)
class Submission:
    """
    Attributes:
        participant: the recruiter's name of it.
    """

    participant: str
    state: State


@dataclass(frozen=True)
class Entrance:
    """How people come in.

    Attributes:
        personal: participant -> a link of their own.
        code: participant -> the completion code that this link ends with.
        common: a link for everybody, to which the recruiter adds the participant as the parameter SESSION_ID.
        common_code: the completion code that it ends with.
        came: participants who gave a picture or all answers, by a personal link, among those named.
    """

    personal: Callable[[str], str]
    code: Callable[[str], str]
    common: str
    common_code: str
    came: Callable[[list[str]], list[str]]


class OutcomeUnknown(SilverprintError):  # noqa: N818 (as WaitingForPeople: no fault of anybody here)
    """Something may have been paid, and no answer says so. It must not be asked for again."""

    exit_code = 69


class Recruiter(Protocol):
    """Finds people for a study, and pays them.

    All may raise UnavailableError (not reached; nothing was done), NotAllowedError (the token), DataError (refused:
    nothing was done). `approve`, `reject`, `open` and `close` may be called again: what is done is not done twice.
    """

    def open(self, study: Study, entrance: Entrance) -> tuple[str, list[str]]:
        """Opens the study, unless it is open; its reference, and what is to be told (links, files)."""
        ...

    def submissions(self, study: Study, entrance: Entrance) -> list[Submission]:
        """What came of it so far."""
        ...

    def approve(self, study: Study, participant: str) -> None:
        """Accepts a submission: its pay is due."""
        ...

    def reject(self, study: Study, participant: str, why: str) -> None:
        """Refuses a submission: it is not paid."""
        ...

    def bonuses(self, study: Study, participant: str) -> list[int]:
        """What was paid on top, as far as the recruiter knows by now."""
        ...

    def prepare_bonus(self, study: Study, participant: str, amount: int) -> str:
        """A reference by which `pay_bonus` pays it. Nothing is paid yet."""
        ...

    def pay_bonus(self, study: Study, reference: str) -> None:
        """Pays what was prepared. Never called twice with one reference.

        Raises:
            OutcomeUnknown: the answer was lost.
        """
        ...

    def close(self, study: Study) -> None:
        """Nobody more can begin."""
        ...
