"""Label Studio server as Silverprint uses it: a project per round and tier, tasks in queue order, answers."""

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from silverprint.adapters.labelstudio import (
    credentials,
    image_urls,
    label_config,
    pagination,
    project_tag,
    sdk,
    signup,
    task_import,
)
from silverprint.adapters.labelstudio.local_server import ADMIN
from silverprint.adapters.labelstudio.sdk import translates_failures
from silverprint.adapters.labelstudio.types import Annotation, Progress, Project, PushedTask, StoredTask, Task
from silverprint.core.votes import vote_ledger

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio


class Studio:
    """One server.

    Attributes:
        url: its address, as this machine knows it.
        server: a short id, the same from every machine and under every address.
        local: whether it is the one that `silverprint studio up` runs here, and so serves pictures from our disk.
    """

    def __init__(self, client: "LabelStudio", url: str, local: bool, server: str) -> None:
        self.url = url
        self.local = local
        self.server = server
        self._client = client

    @classmethod
    def connect(cls) -> "Studio":
        """The server that LABEL_STUDIO_URL names, else the one that `silverprint studio up` started.

        Raises:
            UnavailableError: there is none, or it does not answer.
            NotAllowedError: it refuses the token.
        """
        found = credentials.find()
        with sdk.translate_failures(found.url):
            client = sdk.client(found.url, found.token)
            sdk.require_label_studio(client, found.url)
            organisation = client.users.whoami().active_organization
            born: Any = client.organizations.get(organisation or 0).created_at
            name = hashlib.sha256(f"{born:%Y-%m-%dT%H:%M:%S.%fZ}".encode()).hexdigest()[:8]
        return cls(client, found.url, found.local, name)

    @property
    def client(self) -> "LabelStudio":
        """The SDK's client, for this package; its failures are `sdk.translate_failures`."""
        return self._client

    def find(self, campaign: str, round: str, tier: str) -> Project | None:  # noqa: A002
        """The project opened for this round and tier; the oldest, if two machines opened one at the same moment."""
        return next((project for project in self.find_all(campaign, round) if project.tier == tier), None)

    def find_all(self, campaign: str, round: str) -> list[Project]:  # noqa: A002
        """The projects opened for this round, the oldest first."""
        wanted = (campaign, round)
        return [project for project in self.projects() if (project.campaign, project.round) == wanted]

    @translates_failures
    def projects(self) -> list[Project]:
        """Every project that Silverprint opened, the oldest first."""
        listed = pagination.projects(self._client)
        ours = (project_tag.read(project.id, project.title, project.description) for project in listed)
        return sorted((project for project in ours if project), key=lambda project: project.id)

    @translates_failures
    def open(
        self,
        campaign: str,
        round: str,  # noqa: A002
        tier: str,
        queue_sha256: str,
        title: str,
        question: str,
        instructions: str,
        choices: Sequence[str],
        by_age: Sequence[str] = (),
    ) -> Project:
        """A new project that asks `question` with `choices` in the order given, their keys in the order of `by_age`."""
        # Label Studio wants a title of 3 to 50 characters.
        title = title[:50].ljust(3, "·")
        draft = Project(0, title, campaign, round, tier, queue_sha256, None)
        settings = label_config.settings(question, instructions, choices, by_age)
        created: Any = self._client.projects.create(title=title, description=project_tag.describe(draft), **settings)
        return replace(draft, id=created.id)

    @translates_failures
    def retag(self, project: Project, image_ids: Container[str]) -> Project | None:
        """Writes the tag of `project` into the project of its id, where somebody changed the description.

        None where there is no such project, or it is one for something else: its description says so, and it asks about
        none of `image_ids`.
        """
        found: Any = self._get(project.id)
        if found is None:
            return None
        says_else = project_tag.read(found.id, found.title, found.description) is not None
        if says_else and not any(
            image_id in image_ids for image_id in task_import.pushed_tasks(self._client, project.id)
        ):
            return None
        self._client.projects.update(project.id, description=project_tag.describe(project))
        return replace(project, title=found.title)

    @translates_failures
    def is_there(self, project_id: int) -> bool:
        return self._get(project_id) is not None

    def has(self, project: Project) -> bool:
        return self.is_there(project.id)

    def _get(self, project_id: int) -> Any:
        from label_studio_sdk.core.api_error import ApiError

        try:
            return self._client.projects.get(id=project_id)
        except ApiError as error:
            if error.status_code == 404:
                return None
            raise

    @translates_failures
    def share(self, project: Project, media: Path) -> None:
        """Lets the project's page show the pictures in `media`, a folder below layout.SERVING, if it does not yet.

        Raises:
            ConfigError: the server is on another disk, and SILVERPRINT_MEDIA_URL does not say where it finds them.
        """
        if image_urls.media_address() is not None:
            return
        storages: Any = self._client.import_storage.local.list(project=project.id)
        for storage in storages:
            if storage.regex_filter != image_urls.NOTHING:
                self._give_nothing(storage)
        if storages:
            return
        media.mkdir(parents=True, exist_ok=True)
        with image_urls.require_served_folder(self.url, media):
            self._client.import_storage.local.create(
                project=project.id,
                title="pictures",
                path=str(media.resolve()),
                regex_filter=image_urls.NOTHING,
                use_blob_urls=True,
            )

    def _give_nothing(self, storage: Any) -> None:
        """Has the storage's "Sync" make no tasks; one whose folder is gone cannot be changed, and gives none either."""
        from label_studio_sdk.core.api_error import ApiError

        try:
            self._client.import_storage.local.update(id=storage.id, path=storage.path, regex_filter=image_urls.NOTHING)
        except ApiError as error:
            if error.status_code != 400:
                raise

    @translates_failures
    def pushed(self, project: Project) -> dict[str, PushedTask]:
        """What the project asks about, by image_id, in the order of asking."""
        return task_import.pushed_tasks(self._client, project.id)

    @translates_failures
    def found(self, project: Project) -> list[StoredTask]:
        """Every task of the project, by id, whoever made it."""
        return task_import.read_tasks(self._client, project.id)

    @translates_failures
    def push(self, project: Project, tasks: Sequence[Task]) -> None:
        """Asks about `tasks`, those at the front first. Give all of them again after an interruption: what is there
        stays as it is, what is missing is added behind it. An overlap is never lowered.
        """
        task_import.push(self._client, project.id, tasks)

    @translates_failures
    def set_overlap(self, task_id: int, overlap: int) -> None:
        """Asks `overlap` people about a task; a task that was done is opened again, one with enough answers closed."""
        task_import.set_overlap(self._client, task_id, overlap)

    @translates_failures
    def withdraw(self, project: Project, task_ids: Iterable[int]) -> None:
        """Deletes tasks, with their answers; export those first."""
        included = sorted(set(task_ids))
        if included:
            chosen: Any = {"all": False, "included": included}
            self._client.actions.create(id="delete_tasks", project=project.id, selected_items=chosen)

    @translates_failures
    def annotations(self, project: Project) -> list[Annotation]:
        """Every answer of every annotator about a picture of ours, by annotation id: duplicates, empty ones and unknown
        labels too.
        """
        return [annotation for annotation in self.answers(project) if annotation.image_id]

    @translates_failures
    def answers(self, project: Project) -> list[Annotation]:
        """`annotations`, and those on tasks that are about no picture of ours: their image_id is empty."""
        # The SDK's `as_json` would return the unanswered tasks too.
        exported = json.loads(b"".join(self._client.projects.exports.download_sync(project.id, export_type="JSON")))
        found = [
            self._annotation(task_import.image_id(task["data"]) or "", task.get("id", 0), stored)
            for task in exported
            for stored in task["annotations"]
        ]
        return sorted(found, key=lambda annotation: annotation.annotation_id)

    def _annotation(self, image_id: str, task_id: int, stored: dict[str, Any]) -> Annotation:
        prediction = stored.get("prediction") or {}
        # Null where no session gave the answer: it was imported with a task. A missing field compares nothing.
        hand = stored.get("updated_by", stored["completed_by"])
        choices = label_config.answers(stored["result"])
        return Annotation(
            image_id=image_id,
            annotator=self._pseudonym(stored["completed_by"]),
            choices=choices,
            lead_time_s=vote_ledger.lead_time(stored["lead_time"]),
            created_at=stored["created_at"],
            annotation_id=stored["id"],
            skipped=bool(stored["was_cancelled"]),
            shown_prediction=next(iter(label_config.answers(prediction.get("result"))), None),
            task_id=task_id,
            hand=None if hand is None else self._pseudonym(hand),
        )

    @translates_failures
    def seal(self, project: Project, votes_sha256: str) -> None:
        """Records the votes' hash in the project: another machine adopts those votes or none."""
        description = project_tag.describe(replace(project, votes_sha256=votes_sha256))
        self._client.projects.update(project.id, description=description)

    @translates_failures
    def people(self) -> dict[str, str]:
        """Pseudonym -> e-mail, for display only: no e-mail is written to any table."""
        listed: Any = self._client.users.list()
        return {self._pseudonym(user.id): user.email or user.username for user in listed}

    def annotators(self) -> int:
        """How many accounts there are to answer; the administrator of our own server does not count."""
        return sum(not (self.local and email == ADMIN) for email in self.people().values())

    @translates_failures
    def invite(self, email: str, password: str) -> None:
        """Makes an account that can sign in.

        Raises:
            UnavailableError: the server does not take it.
        """
        invitation: Any = self._client.organizations.invites.get_invite_link()
        signup.sign_up(self.url, urljoin(self.url + "/", invitation.invite_url), email, password)

    @translates_failures
    def progress(
        self, project: Project, needed: Mapping[str, int] | None = None, others: Sequence[Project] = ()
    ) -> Progress:
        """Counts from one listing, without exporting the answers.

        People are counted, not `total_annotations`: two answers at one moment leave that counter short for good. A
        skipped picture counts as answered, as it does for the ledger.

        Args:
            needed: people wanted by image_id; other tasks do not count. Without it: every task, by its overlap.
            others: projects that asked about the same pictures.
        """
        ids = [one.id for one in (project, *others)]
        return task_import.progress(self._client, ids, self._pseudonym, needed)

    @staticmethod
    def image_url(path: Path) -> str:
        """The address under which the page finds a picture of layout.SERVING.

        Raises:
            UsageError: the path is not below it.
            ConfigError: SILVERPRINT_MEDIA_URL is no address.
        """
        return image_urls.url(path)

    def _pseudonym(self, user_id: int) -> str:
        return f"{self.server}-{user_id}"
