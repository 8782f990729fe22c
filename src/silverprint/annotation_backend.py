"""Annotation backend: the server on which people look at images and annotate them, as every stage and command sees it.

A backend keeps projects, one for each round and tier; a project has tasks, each about one image or about several that
share a page; people submit a task with an answer about each of its images. Whoever works there may also change what is
not theirs, so nothing that comes back is believed unchecked.
`annotation_registry` says which backend is at hand; test_backend_contract.py among the tests holds for every one.
"""

from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

ERASED: Final = "@erased.invalid"  # end of the e-mail of an account whose person was erased
PARTICIPANTS: Final = "@participants.invalid"  # end of the e-mail of a study's participant, before which is their key


@dataclass(frozen=True)
class Project:
    """What a round asks people of one tier."""

    id: int
    title: str
    campaign: str
    round: str
    tier: str
    queue_sha256: str
    votes_sha256: str | None  # once sealed


@dataclass(frozen=True)
class Page:
    """What people read while they annotate, and the answers they choose from."""

    question: str
    instructions: str  # plain text, one paragraph a line
    choices: tuple[str, ...]  # in the order shown
    by_age: tuple[str, ...] = ()  # classes, the oldest first: keys follow this order, so a key means one class for good
    grid: bool = False  # whether it can show several images, each with an answer of its own
    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()  # titles under which choices stand together, with these


@dataclass(frozen=True)
class AskedImage:
    """An image as a task shows it."""

    image_id: str
    url: str
    predicted: str | None = None  # the answer that is pre-set; None where none is
    confidence: float | None = None  # 0..1


@dataclass(frozen=True)
class Task:
    """Images to ask about on one page, which is submitted at once."""

    images: tuple[AskedImage, ...]  # one or more, in the order shown
    overlap: int  # distinct people to ask
    grid: bool = False  # whether its project's page is a grid, be it of one image

    @classmethod
    def single(
        cls, image_id: str, url: str, overlap: int, predicted: str | None = None, confidence: float | None = None
    ) -> "Task":
        """A task about one image."""
        return cls((AskedImage(image_id, url, predicted, confidence),), overlap)

    @property
    def shares_page(self) -> bool:
        return len(self.images) > 1


@dataclass(frozen=True)
class StoredTask:
    """A task as the project has it."""

    task_id: int
    places: tuple[str, ...]  # the image_id in each place of its page; empty where a place shows none of our images
    overlap: int  # annotations after which it is served to nobody any more
    predicted: bool  # whether it has pre-labels

    @property
    def shares_page(self) -> bool:
        return len(self.places) > 1

    @property
    def image_ids(self) -> tuple[str, ...]:
        """The images of ours that it is about."""
        return tuple(image_id for image_id in self.places if image_id)

    @property
    def image_id(self) -> str | None:
        """The image of a page of its own; None where it shows several, or none of ours."""
        return next(iter(self.image_ids), None) if not self.shares_page else None


@dataclass(frozen=True)
class Annotation:
    """One person's answer about one image as the server has it: nothing but its time was checked. Answers that were
    submitted together share their id, task, time and hand.
    """

    image_id: str  # empty where its task is about none of our images
    annotator: str  # pseudonym: the server's name, a hyphen, the person's number there
    choices: tuple[str, ...]
    lead_time_s: float | None  # 0 to a year; of a page an equal part for each of its places
    created_at: str  # UTC, ISO 8601
    annotation_id: int  # rises with time
    skipped: bool
    shown_prediction: str | None  # the answer that was pre-set
    task_id: int
    hand: str | None  # who gave or changed it last, as a pseudonym; None for an import, which is nobody's own

    @property
    def is_own(self) -> bool:
        """Whether the person in whose name it stands gave it."""
        return self.hand == self.annotator


@dataclass(frozen=True)
class Progress:
    """How far a project is, in people. Skipped is answered, as it is for the vote ledger."""

    tasks: int  # images
    done: int  # images that as many people answered as were wanted
    stuck: int  # images not done, yet served to nobody: somebody answered twice, and the server counts annotations
    asked: int  # people wanted, over all images
    answered: int  # answers of those
    surplus: int  # answers beyond those, which were paid for and not asked for
    by: dict[str, int]  # images answered or skipped, by pseudonym


class AnnotationBackend(Protocol):
    """One server. Every method that talks to it raises UnavailableError where it does not answer, or not as it should,
    and NotAllowedError where it refuses us.
    """

    @property
    def url(self) -> str:
        """Address of the server, as this machine knows it."""

    @property
    def server(self) -> str:
        """Short name of the server, the same from every machine and under every address."""

    @property
    def local(self) -> bool:
        """Whether it reads images from this machine's disk."""

    @property
    def sign_in_url(self) -> str:
        """Address at which people sign in."""

    def page_url(self, project_id: int) -> str:
        """Address at which people find a project."""

    def image_url(self, path: Path) -> str:
        """Address under which a task's page finds an image of layout.SERVING.

        Raises:
            UsageError: the path is not below it.
            ConfigError: the setting of the images' address is no address.
        """

    def projects(self) -> list[Project]:
        """Every project that Silverprint opened, the oldest first."""

    def find_all(self, campaign: str, round: str) -> list[Project]:  # noqa: A002
        """The projects opened for this round, the oldest first."""

    def is_there(self, project_id: int) -> bool:
        """Whether the server has a project of this id, whatever it is for."""

    def open(self, campaign: str, round: str, tier: str, queue_sha256: str, title: str, page: Page) -> Project:  # noqa: A002
        """A new project with `page`; nothing hinders a second one for the same round and tier."""

    def retag(self, project: Project, image_ids: Container[str]) -> Project | None:
        """Notes in the project of that id that it is `project`, where somebody removed or edited the note.

        None where there is no such project, or its note says that it is another and it asks about none of `image_ids`.
        """

    def restore_page(self, project: Project, page: Page) -> list[str]:
        """Gives a project `page` again, and whatever else decides what people see; names of the settings that differed.

        Raises:
            DataError: the server keeps the edited page, since people answered to it.
        """

    def seal(self, project: Project, votes_sha256: str) -> None:
        """Records the votes' hash in the project: another machine adopts those votes or none."""

    def delete_project(self, project: Project) -> None:
        """Deletes a project with its tasks and annotations."""

    def lease(self, project: Project) -> AbstractContextManager[None]:
        """Keeps every other process off the project until the block ends; a lease whose holder is gone is taken over.

        Raises:
            UnavailableError: another process holds it; the message says who, and since when.
        """

    def share(self, project: Project, media: Path) -> None:
        """Has the project's page show the images in `media`, a folder below layout.SERVING, if it does not yet.

        Raises:
            ConfigError: the server cannot read that folder, and no other address of the images is set.
        """

    def tasks(self, project: Project) -> list[StoredTask]:
        """Every task of the project in the order of asking, whoever made it."""

    def count_tasks(self, project: Project) -> int:
        """How many tasks the project has, whoever made them; quicker than to list them."""

    def push(self, project: Project, tasks: Sequence[Task], there: Collection[StoredTask] | None = None) -> int:
        """Asks about `tasks`, those at the front first. Give all of them again after an interruption: what is there
        stays as it is, what is missing is added behind it. An overlap is never lowered.

        Args:
            there: the project's tasks, where they were listed already under the same lease; listed now without it.

        Returns:
            How many tasks were made.
        """

    def set_overlap(self, task_id: int, overlap: int) -> None:
        """Serves a task until it has `overlap` annotations: one that was done opens again, an open one closes."""

    def take_off_page(self, task_id: int, image_ids: Collection[str]) -> None:
        """Empties the places of images on a page: nothing there names or shows them any more, and neither do the
        answers about them. Those about the other images stay.
        """

    def delete_tasks(self, project: Project, task_ids: Iterable[int]) -> None:
        """Deletes tasks, with their annotations; pull those first."""

    def delete_unanswered(self, project: Project, task_ids: Collection[int]) -> set[int]:
        """Deletes those of the tasks that nobody has answered at this moment; which these were."""

    def annotations(self, project: Project) -> list[Annotation]:
        """Every annotation by id: duplicates, empty ones, unknown labels, and those about no image of ours too. Of a
        page one for each image that it shows, an empty one where nothing was chosen.
        """

    def delete_annotations(self, annotation_ids: Iterable[int]) -> None:
        """Deletes annotations, or leaves it where somebody did. Keep them first."""

    def progress(
        self, project: Project, needed: Mapping[str, int] | None = None, others: Sequence[Project] = ()
    ) -> Progress:
        """Counts images without pulling the annotations; of one that has several tasks everybody counts once.

        Args:
            needed: people wanted by image_id; other tasks do not count. Without it: every task, by its overlap.
            others: projects that asked about the same images.
        """

    def people(self) -> dict[str, str]:
        """Pseudonym -> e-mail, for display only: no e-mail is written to any table."""

    def set_open(self, annotator: str, is_open: bool) -> bool:
        """Shuts the person of this pseudonym out, or lets them in again; False where this server has no way to,
        or where it is the account that Silverprint signs in with.
        """

    def erase(self, annotator: str) -> bool:
        """Removes the person's name and address from the server and shuts them out; their annotations stay under the
        pseudonym. False where this server has no way to.
        """

    def annotators(self) -> int:
        """How many accounts there are to answer; an administrator's that only Silverprint uses does not count."""

    def invite(self, email: str, password: str) -> None:
        """Makes an account that can sign in.

        Raises:
            UnavailableError: the server does not take it.
        """

    def let_in(self, participant: str, project: Project) -> str | None:
        """A link that signs the participant of this key in, once and within two minutes, and opens the project. Their
        account is made where there is none; it has no password, and can do nothing but label there.

        None where this server has no way to.

        Raises:
            NotAllowedError: the account was shut.
        """
