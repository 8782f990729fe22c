"""Lease by which one machine at a time pushes: it lies in the round's project, as a tab of its Data Manager.

Tabs have numbers that the server gives, one after the other: of two machines that make one at the same moment both see
which came first. The lease is renewed while its holder lives; what has not been for a while may be taken over, and at
once where the holder was a process of this machine that is gone. Times are the server's own, so no clock need agree.
"""

import getpass
import os
import platform
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from silverprint.adapters.labelstudio import sdk
from silverprint.annotation_backend import Project
from silverprint.console import say
from silverprint.errors import SilverprintError, UnavailableError

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

STALE: Final = timedelta(minutes=5)  # age without a renewal: more than two requests to a slow server take
RENEWED_S: Final = 30.0
_KEY: Final = "silverprint_lease"


@dataclass(frozen=True)
class Lease:
    """Somebody's, as the server has it."""

    view_id: int
    who: str  # ada@host
    host: str
    pid: int
    since: datetime
    renewed: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether its holder is gone, as far as is known."""
        if self.host == _host() and not _is_alive(self.pid):
            return True
        return abs(now - self.renewed) > STALE


@contextmanager
def hold(client: "LabelStudio", url: str, project: Project) -> Iterator[None]:
    """Holds the project's lease until the block ends.

    Raises:
        UnavailableError: another process holds it; the message says who, and since when.
    """
    with sdk.translate_failures(url):
        ours, offset = _take(client, url, project)
    over = threading.Event()
    renewing = threading.Thread(target=_renew, args=(client, url, ours, offset, over), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        over.set()
        renewing.join()
        with suppress(SilverprintError), sdk.translate_failures(url):
            client.views.delete(id=str(ours.view_id))


def _take(client: "LabelStudio", url: str, project: Project) -> tuple[Lease, timedelta]:
    """The lease, and how far the server's clock is ahead of ours."""
    answer = client.views.with_raw_response.list(project=project.id)
    offset = _offset(answer.headers)
    now = datetime.now(UTC) + offset
    _require_free(client, url, project, _leases(answer.data), now, before=None)
    made: Any = client.views.create(project=project.id, data=_data(now, now))
    ours = _read(made.id, _data(now, now))
    try:
        # Whoever made one in the same moment is seen now, by both: the smaller number goes first.
        _require_free(client, url, project, _leases(client.views.list(project=project.id)), now, before=made.id)
    except UnavailableError:
        client.views.delete(id=str(made.id))
        raise
    return ours, offset


def _require_free(
    client: "LabelStudio", url: str, project: Project, leases: list[Lease], now: datetime, before: int | None
) -> None:
    """Removes leases that are over.

    Raises:
        UnavailableError: one is not, of those with a number below `before`.
    """
    for lease in leases:
        if lease.is_over(now):
            say(
                f"{project.round}: {lease.who} began to push at {lease.since:%H:%M:%S} UTC and is gone: taken over here"
            )
            with suppress(SilverprintError), sdk.translate_failures(url):
                client.views.delete(id=str(lease.view_id))
        elif before is None or lease.view_id < before:
            value = f"{project.round} is being pushed to {url} by {lease.who} (process {lease.pid})"
            rule = f"since {lease.since:%Y-%m-%d %H:%M:%S} UTC; two at a time would ask every picture twice"
            until = lease.renewed + STALE
            remedy = f"run this again when it has ended; should that machine be gone, after {until:%H:%M:%S} UTC"
            raise UnavailableError(value, rule, remedy)


def _renew(client: "LabelStudio", url: str, ours: Lease, offset: timedelta, over: threading.Event) -> None:
    while not over.wait(RENEWED_S):
        # A renewal that fails is tried again: the lease is good for longer than a few.
        with suppress(SilverprintError), sdk.translate_failures(url):
            data = _data(ours.since, datetime.now(UTC) + offset)
            client.views.update(id=str(ours.view_id), data=data)


def _offset(headers: Mapping[str, str]) -> timedelta:
    try:
        return parsedate_to_datetime(headers["date"]) - datetime.now(UTC)
    except (KeyError, ValueError, TypeError):
        return timedelta(0)


def _data(since: datetime, renewed: datetime) -> Any:
    """The tab's data: what Label Studio needs of a tab, and what we need of a lease."""
    lease = {"who": f"{_user()}@{_host()}", "host": _host(), "pid": os.getpid(), "since": since.isoformat()}
    return {
        "title": "Silverprint is pushing",
        "type": "list",
        "hiddenColumns": {"explore": [], "labeling": []},
        _KEY: {**lease, "renewed": renewed.isoformat()},
    }


def _leases(views: Any) -> list[Lease]:
    """Those among the project's tabs, by number; a tab that somebody made to look like one is none."""
    found = []
    for view in views:
        with suppress(KeyError, TypeError, ValueError):
            found.append(_read(view.id, view.data))
    return sorted(found, key=lambda lease: lease.view_id)


def _read(view_id: int, data: Any) -> Lease:
    said = data[_KEY]
    since, renewed = datetime.fromisoformat(said["since"]), datetime.fromisoformat(said["renewed"])
    if since.tzinfo is None or renewed.tzinfo is None:
        raise ValueError("a time without its zone")
    return Lease(view_id, str(said["who"])[:100], str(said["host"]), int(said["pid"]), since, renewed)


def _host() -> str:
    return platform.node() or "unknown"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may know no name for its user
        return "somebody"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
