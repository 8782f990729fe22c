"""Neutral types that Silverprint and Label Studio exchange."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Project:
    """A labelling project: one per round and tier."""

    id: int
    title: str
    campaign: str
    round: str
    tier: str
    queue_sha256: str
    votes_sha256: str | None  # once sealed


@dataclass(frozen=True)
class Task:
    """A picture to ask about."""

    image_id: str
    image_url: str
    overlap: int  # distinct people to ask
    predicted: str | None = None  # only where it is to be shown
    confidence: float | None = None  # 0..1


@dataclass(frozen=True)
class StoredTask:
    """A task as the project has it."""

    task_id: int
    image_id: str | None  # None where it is not about one of our pictures
    overlap: int
    predicted: bool  # whether it has a pre-label


@dataclass(frozen=True)
class PushedTask:
    """A picture that the server is asking about."""

    task_id: int
    overlap: int
    predicted: bool = False  # whether it has a pre-label


@dataclass(frozen=True)
class Annotation:
    """One person's answer as the server has it: nothing but its time was checked."""

    image_id: str
    annotator: str  # pseudonym
    choices: tuple[str, ...]
    lead_time_s: float | None  # 0 to a year
    created_at: str  # UTC, ISO 8601
    annotation_id: int
    skipped: bool
    shown_prediction: str | None
    task_id: int
    hand: str | None  # who gave or changed it last, as a pseudonym; None for an import, which is nobody's own

    @property
    def is_own(self) -> bool:
        """Whether the person in whose name it stands gave it."""
        return self.hand == self.annotator


@dataclass(frozen=True)
class Progress:
    """How far a project is, in people."""

    tasks: int
    done: int  # tasks that as many people answered as were wanted
    stuck: int  # tasks not done, yet served to nobody: somebody answered twice, and the server counts answers
    asked: int  # people wanted, over all tasks
    answered: int  # answered tasks of those
    by: dict[str, int]  # tasks answered or skipped, by pseudonym
