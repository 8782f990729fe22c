"""Label Studio server as Silverprint uses it: a project per round and tier, tasks in queue order, answers."""

import hashlib
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from silverprint.adapters.labelstudio import (
    accounts,
    annotation_export,
    credentials,
    deletion,
    image_storage,
    label_config,
    local_server,
    pagination,
    project_settings,
    project_tag,
    push_lease,
    sdk,
    signup,
    task_import,
)
from silverprint.adapters.labelstudio.inside_server import participants
from silverprint.adapters.labelstudio.sdk import translates_failures
from silverprint.annotation_backend import ERASED, Annotation, Page, Progress, Project, StoredTask, Task
from silverprint.errors import NotAllowedError

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio


class Studio:
    """One server; its methods are those of `AnnotationBackend`.

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
    def connect(cls, wanted: str = "") -> "Studio":
        """The server that LABEL_STUDIO_URL names, else the one that `silverprint studio up` started.

        Args:
            wanted: the server that is needed, in words, where it cannot be any.

        Raises:
            UnavailableError: there is none, or it does not answer.
            NotAllowedError: it refuses the token.
        """
        found = credentials.find(wanted)
        with sdk.translate_failures(found.url):
            client = sdk.client(found.url, found.token)
            sdk.require_label_studio(client, found.url)
            organisation = client.users.whoami().active_organization
            born: Any = client.organizations.get(organisation or 0).created_at
            name = hashlib.sha256(f"{born:%Y-%m-%dT%H:%M:%S.%fZ}".encode()).hexdigest()[:8]
        return cls(client, found.url, found.local, name)

    @property
    def sign_in_url(self) -> str:
        return (local_server.public_url() if self.local else None) or self.url

    def page_url(self, project_id: int) -> str:
        return f"{self.url}/projects/{project_id}"

    @staticmethod
    def image_url(path: Path) -> str:
        """
        Raises:
            UsageError: the path is not below layout.SERVING.
            ConfigError: SILVERPRINT_MEDIA_URL is no address.
        """
        return image_storage.url(path)

    def find_all(self, campaign: str, round: str) -> list[Project]:  # noqa: A002
        wanted = (campaign, round)
        return [project for project in self.projects() if (project.campaign, project.round) == wanted]

    @translates_failures
    def projects(self) -> list[Project]:
        listed = pagination.projects(self._client)
        ours = (project_tag.read(project.id, project.title, project.description) for project in listed)
        return sorted((project for project in ours if project), key=lambda project: project.id)

    @translates_failures
    def open(self, campaign: str, round: str, tier: str, queue_sha256: str, title: str, page: Page) -> Project:  # noqa: A002
        # Label Studio wants a title of 3 to 50 characters.
        title = title[:50].ljust(3, "·")
        draft = Project(0, title, campaign, round, tier, queue_sha256, None)
        settings = label_config.settings(page)
        created: Any = self._client.projects.create(title=title, description=project_tag.describe(draft), **settings)
        return replace(draft, id=created.id)

    @translates_failures
    def retag(self, project: Project, image_ids: Container[str]) -> Project | None:
        """The note is in the project's description."""
        found: Any = self._get(project.id)
        if found is None:
            return None
        says_else = project_tag.read(found.id, found.title, found.description) is not None
        if says_else and not self._asks(project.id, image_ids):
            return None
        self._client.projects.update(project.id, description=project_tag.describe(project))
        return replace(project, title=found.title)

    @translates_failures
    def rename_campaign(self, project: Project, campaign: str) -> None:
        """Notes in the project that it is another campaign's."""
        self._client.projects.update(project.id, description=project_tag.describe(replace(project, campaign=campaign)))

    def _asks(self, project_id: int, image_ids: Container[str]) -> bool:
        tasks = task_import.read_tasks(self._client, project_id)
        return any(image_id in image_ids for task in tasks for image_id in task.image_ids)

    @translates_failures
    def is_there(self, project_id: int) -> bool:
        return self._get(project_id) is not None

    def _get(self, project_id: int) -> Any:
        from label_studio_sdk.core.api_error import ApiError

        try:
            return self._client.projects.get(id=project_id)
        except ApiError as error:
            if error.status_code == 404:
                return None
            raise

    @translates_failures
    def restore_page(self, project: Project, page: Page) -> list[str]:
        """
        Raises:
            DataError: answers were given to another labelling configuration, which stays.
        """
        return project_settings.restore(self._client, self.url, project.id, page)

    @translates_failures
    def seal(self, project: Project, votes_sha256: str) -> None:
        description = project_tag.describe(replace(project, votes_sha256=votes_sha256))
        self._client.projects.update(project.id, description=description)

    @translates_failures
    def delete_project(self, project: Project) -> None:
        self._client.projects.delete(id=project.id)

    def lease(self, project: Project) -> AbstractContextManager[None]:
        """
        Raises:
            UnavailableError: another process holds it.
        """
        return push_lease.hold(self._client, self.url, project)

    @translates_failures
    def share(self, project: Project, media: Path) -> None:
        """
        Raises:
            ConfigError: the server is on another disk, and SILVERPRINT_MEDIA_URL does not say where it finds them.
        """
        image_storage.share(self._client, self.url, project.id, media, here=self.local)

    @translates_failures
    def tasks(self, project: Project) -> list[StoredTask]:
        return task_import.read_tasks(self._client, project.id)

    @translates_failures
    def count_tasks(self, project: Project) -> int:
        return pagination.count_tasks(self._client, project.id)

    @translates_failures
    def push(self, project: Project, tasks: Sequence[Task], there: Collection[StoredTask] | None = None) -> int:
        known = task_import.read_tasks(self._client, project.id) if there is None else there
        return task_import.push(self._client, project.id, tasks, known)

    @translates_failures
    def set_overlap(self, task_id: int, overlap: int) -> None:
        task_import.set_overlap(self._client, task_id, overlap)

    @translates_failures
    def take_off_page(self, task_id: int, image_ids: Collection[str]) -> None:
        task_import.take_off_page(self._client, task_id, image_ids)

    @translates_failures
    def delete_tasks(self, project: Project, task_ids: Iterable[int]) -> None:
        deletion.delete_tasks(self._client, project.id, task_ids)

    @translates_failures
    def delete_unanswered(self, project: Project, task_ids: Collection[int]) -> set[int]:
        return deletion.delete_unanswered(self._client, project.id, task_ids)

    @translates_failures
    def annotations(self, project: Project) -> list[Annotation]:
        return annotation_export.read(self._client, project.id, self._pseudonym)

    @translates_failures
    def delete_annotations(self, annotation_ids: Iterable[int]) -> None:
        deletion.delete_annotations(self._client, annotation_ids)

    @translates_failures
    def progress(
        self, project: Project, needed: Mapping[str, int] | None = None, others: Sequence[Project] = ()
    ) -> Progress:
        """People are counted, not `total_annotations`: two answers at one moment leave that counter short for good."""
        ids = [one.id for one in (project, *others)]
        return task_import.progress(self._client, ids, self._pseudonym, needed)

    @translates_failures
    def people(self) -> dict[str, str]:
        listed: Any = self._client.users.list()
        return {self._pseudonym(user.id): user.email or user.username for user in listed}

    def annotators(self) -> int:
        """The administrator of our own server does not count."""
        return sum(not (self.local and email == local_server.ADMIN) for email in self.people().values())

    @translates_failures
    def invite(self, email: str, password: str) -> None:
        """
        Raises:
            UnavailableError: the server does not take it.
        """
        invitation: Any = self._client.organizations.invites.get_invite_link()
        signup.sign_up(self.url, urljoin(self.url + "/", invitation.invite_url), email, password)

    @translates_failures
    def let_in(self, participant: str, project: Project) -> str | None:
        """Only on a server that runs our application, here or deployed: elsewhere every account may do everything.

        Raises:
            NotAllowedError: the account was shut.
        """
        if not (self.local or sdk.has(self._client, participants.ADDRESS)):
            return None
        asked = {"name": participant, "project": project.id}
        ticket = sdk.post(self._client, participants.ADDRESS, asked)["ticket"]
        if ticket is None:
            remedy = "let them in again: silverprint people resume NAME"
            raise NotAllowedError(f"participant {participant}", "their account is shut", remedy)
        return f"{self.sign_in_url}/{participants.SIGN_IN}{ticket}"

    @translates_failures
    def set_open(self, annotator: str, is_open: bool) -> bool:
        """Only on our own server: the community edition takes a removed member in again at their next request."""
        user = self._other(annotator)
        if user is not None:
            accounts.set_open(user, is_open)
        return user is not None

    @translates_failures
    def erase(self, annotator: str) -> bool:
        """Only on our own server: an account that is deleted takes its name off its annotations."""
        user = self._other(annotator)
        if user is not None:
            accounts.strip(user, f"{annotator}{ERASED}")
        return user is not None

    def _other(self, annotator: str) -> int | None:
        """The number of an account in our own server's database that is not the one that we sign in with."""
        user = int(annotator.rpartition("-")[2])
        return user if self.local and user != self._client.users.whoami().id else None

    def _pseudonym(self, user_id: int) -> str:
        return f"{self.server}-{user_id}"
