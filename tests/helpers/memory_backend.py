"""Annotation backend in memory: what Label Studio does for us, without a server; its people answer at once."""

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from silverprint import layout
from silverprint.annotation_backend import ERASED, PARTICIPANTS, Annotation, Page, Progress, Project, StoredTask, Task
from silverprint.errors import NotAllowedError, UnavailableError, UsageError
from tests.helpers.annotator import Annotator


@dataclass
class _Asked:
    """A task, with what the page of it shows."""

    project: int
    stored: StoredTask
    task: Task


@dataclass
class MemoryBackend:
    """All of `AnnotationBackend`, the people who answer, and what they may do to it."""

    url: str = "memory://here"
    server: str = "00c0ffee"
    local: bool = True
    pages: dict[int, Page] = field(default_factory=dict)  # by project id
    shared: dict[int, Path] = field(default_factory=dict)
    _projects: dict[int, Project] = field(default_factory=dict)
    _lost: set[int] = field(default_factory=set)  # projects whose note somebody removed
    _tasks: dict[int, _Asked] = field(default_factory=dict)
    _annotations: dict[int, list[Annotation]] = field(default_factory=dict)  # one for each image of a page
    _emails: list[str] = field(default_factory=lambda: ["admin@here"])
    _shut: set[str] = field(default_factory=set)  # pseudonyms of people who are kept out
    _leased: set[int] = field(default_factory=set)
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def sign_in_url(self) -> str:
        return self.url

    def page_url(self, project_id: int) -> str:
        return f"{self.url}/projects/{project_id}"

    def image_url(self, path: Path) -> str:
        if not path.resolve().is_relative_to(layout.SERVING.resolve()):
            raise UsageError(str(path), f"only pictures below {layout.SERVING} are served", "copy it there first")
        return f"{self.url}/{path.resolve().relative_to(layout.SERVING.resolve())}"

    def projects(self) -> list[Project]:
        return [project for id_, project in sorted(self._projects.items()) if id_ not in self._lost]

    def find_all(self, campaign: str, round: str) -> list[Project]:  # noqa: A002
        return [one for one in self.projects() if (one.campaign, one.round) == (campaign, round)]

    def is_there(self, project_id: int) -> bool:
        return project_id in self._projects

    def open(self, campaign: str, round: str, tier: str, queue_sha256: str, title: str, page: Page) -> Project:  # noqa: A002
        id_ = next(self._ids)
        self.pages[id_] = page
        self._projects[id_] = Project(id_, title, campaign, round, tier, queue_sha256, None)
        return self._projects[id_]

    def lose_note(self, project: Project) -> None:
        """What people may do to a project: nothing says any more what it is for."""
        self._lost.add(project.id)

    def retag(self, project: Project, image_ids: Container[str]) -> Project | None:
        if project.id not in self._projects:
            return None
        asks = any(image_id in image_ids for task in self.tasks(project) for image_id in task.image_ids)
        if project.id not in self._lost and not asks:
            return None
        self._lost.discard(project.id)
        self._projects[project.id] = replace(project, title=self._projects[project.id].title)
        return self._projects[project.id]

    def restore_page(self, project: Project, page: Page) -> list[str]:
        edited = [] if self.pages[project.id] == page else ["page"]
        self.pages[project.id] = page
        return edited

    def seal(self, project: Project, votes_sha256: str) -> None:
        self._projects[project.id] = replace(self._get(project), votes_sha256=votes_sha256)

    def delete_project(self, project: Project) -> None:
        self.delete_tasks(project, [task.task_id for task in self.tasks(project)])
        del self._projects[project.id]

    @contextmanager
    def lease(self, project: Project) -> Iterator[None]:
        if self._get(project).id in self._leased:
            raise UnavailableError(f"{project.round} is being pushed to {self.url}", "somebody is", "wait")
        self._leased.add(project.id)
        try:
            yield
        finally:
            self._leased.remove(project.id)

    def share(self, project: Project, media: Path) -> None:
        media.mkdir(parents=True, exist_ok=True)
        self.shared[self._get(project).id] = media

    def tasks(self, project: Project) -> list[StoredTask]:
        self._get(project)
        return [asked.stored for asked in self._asked(project.id)]

    def count_tasks(self, project: Project) -> int:
        return len(self._asked(self._get(project).id))

    def push(self, project: Project, tasks: Sequence[Task], there: Collection[StoredTask] | None = None) -> int:
        listed = self.tasks(project) if there is None else there
        known_as = {
            (stored.shares_page, image_id): self._tasks[stored.task_id]
            for stored in sorted(listed, key=lambda stored: stored.task_id, reverse=True)
            for image_id in stored.image_ids
        }
        before = len(self._tasks)
        for task in tasks:
            keys = [(task.shares_page, image.image_id) for image in task.images]
            known = next((known_as[key] for key in keys if key in known_as), None)
            if known is None:
                id_ = next(self._ids)
                places = tuple(image.image_id for image in task.images)
                made = _Asked(project.id, StoredTask(id_, places, task.overlap, _is_predicted(task)), task)
                self._tasks[id_] = made
                known_as |= dict.fromkeys(keys, made)
            else:
                overlap = max(task.overlap, known.stored.overlap)
                known.stored = replace(known.stored, overlap=overlap, predicted=_is_predicted(task))
                known.task = task
        return len(self._tasks) - before

    def add_task(self, project: Project, image_id: str | None) -> int:
        """What people may do to a project: a task that Silverprint did not make; its id."""
        id_ = next(self._ids)
        asked = _Asked(project.id, StoredTask(id_, (image_id or "",), 1, False), Task.single(image_id or "", "/x", 1))
        self._tasks[id_] = asked
        return id_

    def copy_task(self, task_id: int) -> int:
        """What a push that was killed may leave: a task that asks the same; its id."""
        id_ = next(self._ids)
        known = self._tasks[task_id]
        self._tasks[id_] = replace(known, stored=replace(known.stored, task_id=id_))
        return id_

    def set_overlap(self, task_id: int, overlap: int) -> None:
        self._tasks[task_id].stored = replace(self._tasks[task_id].stored, overlap=overlap)

    def take_off_page(self, task_id: int, image_ids: Collection[str]) -> None:
        asked = self._tasks[task_id]
        places = tuple("" if image_id in image_ids else image_id for image_id in asked.stored.places)
        asked.stored = replace(asked.stored, places=places)

    def delete_tasks(self, project: Project, task_ids: Iterable[int]) -> None:
        for id_ in set(task_ids):
            del self._tasks[id_]
            self.delete_annotations([one[0].annotation_id for one in self._given(id_)])

    def delete_unanswered(self, project: Project, task_ids: Collection[int]) -> set[int]:
        empty = {id_ for id_ in task_ids if not self._given(id_)}
        self.delete_tasks(project, empty)
        return empty

    def annotations(self, project: Project) -> list[Annotation]:
        self._get(project)
        given = [one for _, page in sorted(self._annotations.items()) for one in page]
        return [one for one in given if self._tasks[one.task_id].project == project.id and self._is_shown(one)]

    def _is_shown(self, one: Annotation) -> bool:
        """Whether it is not about an image that was taken off its page."""
        stored = self._tasks[one.task_id].stored
        return not stored.shares_page or one.image_id in stored.image_ids

    def delete_annotations(self, annotation_ids: Iterable[int]) -> None:
        for id_ in annotation_ids:
            self._annotations.pop(id_, None)

    def progress(
        self, project: Project, needed: Mapping[str, int] | None = None, others: Sequence[Project] = ()
    ) -> Progress:
        tasks = [task for one in (project, *others) for task in self.tasks(one)]
        by: Counter[str] = Counter()
        found = done = stuck = asked = answered = surplus = 0
        subjects = sorted(((name, task) for task in tasks for name in _subjects(task)), key=itemgetter(0))
        for image_id, group in groupby(subjects, itemgetter(0)):
            ours = [task for _, task in group]
            if needed is not None and image_id not in needed:
                continue
            wanted = max(task.overlap for task in ours) if needed is None else needed[image_id]
            people = {one[0].annotator for task in ours for one in self._given(task.task_id)}
            by.update(people)
            found, asked, answered = found + 1, asked + wanted, answered + min(len(people), wanted)
            surplus += max(len(people) - max(wanted, 0), 0)
            done += len(people) >= wanted
            stuck += len(people) < wanted and not any(self._is_served(task) for task in ours)
        return Progress(found, done, stuck, asked, answered, surplus, dict(sorted(by.items())))

    def people(self) -> dict[str, str]:
        return {f"{self.server}-{number}": email for number, email in enumerate(self._emails, 1)}

    def annotators(self) -> int:
        return len(self._emails) - 1

    def invite(self, email: str, password: str) -> None:
        if email in self._emails:
            raise UnavailableError(self.url, f"the server did not take the account {email}", "check the address")
        self._emails.append(email)

    def let_in(self, participant: str, project: Project) -> str | None:
        if not self.local:
            return None
        email = f"{participant}{PARTICIPANTS}"
        if email not in self._emails:
            self._emails.append(email)
        if self.person(email).pseudonym in self._shut:
            raise NotAllowedError(participant, "their account is shut", "let them in again")
        return f"{self.url}/sign-in/{email}?project={self._get(project).id}"

    def set_open(self, annotator: str, is_open: bool) -> bool:
        (self._shut.discard if is_open else self._shut.add)(annotator)
        return self.local

    def erase(self, annotator: str) -> bool:
        self._shut.add(annotator)
        self._emails[int(annotator.rpartition("-")[2]) - 1] = f"{annotator}{ERASED}"
        return self.local

    def person(self, email: str) -> "MemoryPerson":
        return MemoryPerson(self, next(who for who, known in self.people().items() if known == email))

    def serve(self, project: Project, annotator: str) -> _Asked | None:
        """The first task that wants more annotations, and has none of theirs; none for who is kept out."""
        if annotator in self._shut:
            return None
        for asked in self._asked(project.id):
            given = self._given(asked.stored.task_id)
            if self._is_served(asked.stored) and all(one[0].annotator != annotator for one in given):
                return asked
        return None

    def annotate(
        self, task_id: int, annotator: str, choices: Sequence[tuple[str, ...]], skipped: bool, hand: str
    ) -> int:
        """Answers for each place of a task what was chosen there."""
        id_ = next(self._ids)
        asked = self._tasks[task_id]
        shown = {image.image_id: image.predicted for image in asked.task.images}
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        self._annotations[id_] = [
            Annotation(
                image_id=image_id,
                annotator=annotator,
                choices=chosen,
                lead_time_s=1.5 / len(choices),
                created_at=now,
                annotation_id=id_,
                skipped=skipped,
                shown_prediction=shown.get(image_id),
                task_id=task_id,
                hand=hand,
            )
            for image_id, chosen in zip(asked.stored.places, choices, strict=True)
        ]
        return id_

    def correct(self, annotation_id: int, choices: Mapping[str, str]) -> None:
        """What people may do to their own annotation: other answers about some of its images."""
        self._annotations[annotation_id] = [
            replace(one, choices=(choices[one.image_id],)) if one.image_id in choices else one
            for one in self._annotations[annotation_id]
        ]

    def _is_served(self, task: StoredTask) -> bool:
        return len(self._given(task.task_id)) < task.overlap

    def _get(self, project: Project) -> Project:
        if project.id not in self._projects:
            raise UnavailableError(self.url, f"there is no project {project.id}", "look for it")
        return self._projects[project.id]

    def _asked(self, project_id: int) -> list[_Asked]:
        return [asked for _, asked in sorted(self._tasks.items()) if asked.project == project_id]

    def _given(self, task_id: int) -> list[list[Annotation]]:
        return [one for one in self._annotations.values() if one[0].task_id == task_id]


def _is_predicted(task: Task) -> bool:
    return any(image.predicted is not None for image in task.images)


def _subjects(task: StoredTask) -> tuple[str, ...]:
    return task.image_ids or (f"task {task.task_id}",)


@dataclass
class MemoryPerson(Annotator):
    """Somebody who answers what a backend in memory serves."""

    backend: MemoryBackend
    pseudonym: str

    def next(self, project: Project) -> dict[str, Any] | None:
        asked = self.backend.serve(project, self.pseudonym)
        if asked is None:
            return None
        if not asked.task.grid:
            return {"id": asked.stored.task_id, "data": {"image_id": asked.stored.image_id}}
        items = [{"image_id": image_id} for image_id in asked.stored.places]
        return {"id": asked.stored.task_id, "data": {"items": items}}

    def answer(self, task_id: int, *choices: str, was_cancelled: bool = False, in_name_of: str | None = None) -> int:
        who = in_name_of or self.pseudonym
        return self.backend.annotate(task_id, who, [choices], was_cancelled, hand=self.pseudonym)

    def answer_page(self, task_id: int, choices: Sequence[str | None]) -> int:
        said = [() if choice is None else (choice,) for choice in choices]
        return self.backend.annotate(task_id, self.pseudonym, said, False, hand=self.pseudonym)
