"""Desk of the studies that label: lets their participants in to a round's project, and counts what they answered there.

A participant is an account of the annotation backend whose address begins with the participant's key; nothing is kept
here. Answers are those that were pulled, and those that the server has since.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from silverprint import annotation_registry, config
from silverprint.adapters.contribute.invites import Labelling
from silverprint.adapters.contribute.labelling import Batch
from silverprint.annotation_backend import PARTICIPANTS, AnnotationBackend, Project
from silverprint.campaign import ledgers, round_projects, round_state, studies
from silverprint.config import CROWD
from silverprint.core.votes import vote_ledger
from silverprint.errors import ConfigError, UsageError

_FRESH_S: Final = 10.0  # for which the server is not asked again how far all participants of a round are
_MOST_COME: Final = 5  # participants for each place: some give up, but whoever invents them makes no more accounts


@dataclass(frozen=True)
class _Round:
    """How far a round is.

    Attributes:
        question, instructions: what people read.
        people: participant's key -> annotator.
        answered: annotator -> image_ids that they answered about.
        wanting: image_id -> annotators so far, of those that want more.
        missing: answers that they want.
    """

    question: str
    instructions: str
    people: dict[str, str]
    answered: dict[str, set[str]]
    wanting: dict[str, set[str]]
    missing: int


class Desk:
    """What `adapters.contribute.labelling.Desk` says, for the campaign that is here. Its methods may be called by
    several threads.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seen: dict[str, tuple[float, _Round]] = {}

    def batch(self, invite: Labelling) -> Batch:
        """
        Raises:
            UsageError: the round is asked nowhere.
            UnavailableError, NotAllowedError: the annotation backend.
        """
        found = self._round(invite.round)
        who = found.people.get(invite.key, "")
        left = sum(who not in people for people in found.wanting.values())
        return Batch(found.question, found.instructions, invite.answers, len(found.answered.get(who, ())), left)

    def wanted(self, round_name: str) -> tuple[int, int]:
        """Pictures that want answers of the crowd still, and how many answers; none of a closed round.

        Raises:
            UsageError: the round is asked nowhere.
            UnavailableError, NotAllowedError: the annotation backend.
        """
        found = self._round(round_name)
        return len(found.wanting), found.missing

    def let_in(self, invite: Labelling) -> str:
        """
        Raises:
            UsageError: the round or the study is closed, or more came by the study's link than it has places.
            ConfigError: the server lets nobody in by a link.
            UnavailableError, NotAllowedError: the annotation backend.
        """
        state, row = _state(invite.round), studies.find(invite.study)
        if state.is_closed:
            raise UsageError(invite.round, "is closed", "nothing more is asked")
        backend = annotation_registry.connect()
        state.require_server(backend.url, backend.server)
        known = _of_study(_participants(backend), invite.study)
        if invite.key not in known and row["closed_at"] is not None:
            raise UsageError(invite.study, "is closed", "who began may finish, and nobody more begins")
        if invite.key not in known and len(known) >= _MOST_COME * row["places"]:
            raise UsageError(invite.study, "has more participants than it can have", "look who has the link")
        link = backend.let_in(invite.key, _project(backend, state))
        if link is None:
            rule = "lets nobody in by a link: its accounts may do everything, which is nothing for strangers"
            raise ConfigError(backend.url, rule, "ask the round on the server of: silverprint studio up")
        return link

    def participants(self, study: str, round_name: str) -> dict[str, tuple[str, int]]:
        """Participant's key -> annotator and pictures that they answered about, of all whom a study let in.

        Raises:
            UsageError: the round is asked nowhere.
            UnavailableError, NotAllowedError: the annotation backend.
        """
        found = self._round(round_name)
        return {key: (who, len(found.answered.get(who, ()))) for key, who in _of_study(found.people, study).items()}

    def _round(self, name: str) -> _Round:
        with self._lock:
            when, found = self._seen.get(name, (0.0, None))
            if found is None or self._clock() - when > _FRESH_S:
                found = _read(name)
                self._seen[name] = (self._clock(), found)
            return found


def _read(name: str) -> _Round:
    state, backend = _state(name), annotation_registry.connect()
    state.require_server(backend.url, backend.server)
    answered, wanting = defaultdict[str, set[str]](set), dict[str, set[str]]()
    votes, missing = ledgers.votes_so_far(name), 0
    for row in votes.filter(votes["status"].is_in(vote_ledger.DONE)).iter_rows(named=True):
        answered[row["annotator"]].add(row["image_id"])
    if not state.is_closed:
        project = _project(backend, state)
        of_task = defaultdict[int, set[str]](set)
        for one in backend.annotations(project):
            of_task[one.task_id].add(one.annotator)
            choice = one.choices[0] if len(one.choices) == 1 and not one.skipped else ""
            if one.is_own and vote_ledger.choice_status(choice, state.classes) in vote_ledger.DONE:
                answered[one.annotator].add(one.image_id)
        for task in backend.tasks(project):
            if (more := task.overlap - len(of_task[task.task_id])) > 0:
                wanting |= dict.fromkeys(task.image_ids, of_task[task.task_id])
                missing += more * len(task.image_ids)
    dataset = config.load().dataset
    return _Round(dataset.title, dataset.instructions, _participants(backend), answered, wanting, missing)


def _state(name: str) -> round_state.State:
    state = round_state.load(name)
    if state is None or state.status == "open":
        raise UsageError(f"round {name}", "nobody is asked about it yet", "run: silverprint repro")
    return state


def _project(backend: AnnotationBackend, state: round_state.State) -> Project:
    """What the round asks the crowd."""
    found = [one for one in round_projects.projects_of(backend, state) if one.tier == CROWD]
    if not found:
        raise UsageError(f"round {state.round}", "asks the crowd nothing", "it asks other tiers alone")
    return found[0]


def _participants(backend: AnnotationBackend) -> dict[str, str]:
    """Participant's key -> annotator."""
    people = backend.people().items()
    return {email.removesuffix(PARTICIPANTS): who for who, email in people if email.endswith(PARTICIPANTS)}


def _of_study(participants: dict[str, str], study: str) -> dict[str, str]:
    return {key: who for key, who in participants.items() if key.rpartition(".")[0] == study}
