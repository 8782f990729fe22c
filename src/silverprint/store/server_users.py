"""Campaigns that share a server of their user: which ones joined it, and which of them use it now."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from silverprint.console import say
from silverprint.store import server_home
from silverprint.store.files import disk_errors, write_text
from silverprint.store.server_home import Home

_FILE: Final = "campaigns.json"  # in the shared folder: a campaign's folder -> its name, and whether it uses the server
_LOCK: Final = "campaigns.lock"


@dataclass(frozen=True)
class User:
    """A campaign that joined the server once.

    Attributes:
        campaign: its name there.
        is_up: whether it uses the server now: `up` was run there, and no `down` since.
    """

    folder: Path
    campaign: str
    is_up: bool

    @property
    def is_there(self) -> bool:
        return self.folder.is_dir()

    def __str__(self) -> str:
        return f"{self.campaign} ({self.folder})"


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Nobody else joins or leaves the user's server until the block ends; waits for whoever does."""
    path = home.shared / _LOCK
    server_home.make(path.parent)
    with disk_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another campaign is starting or stopping the same server: waiting for it ({path})")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def known(home: Home) -> list[User]:
    """Every campaign that joined, by its folder; some folders may be gone."""
    try:
        document = json.loads((home.shared / _FILE).read_text(encoding="utf-8"))
        found = [User(Path(path), str(one["campaign"]), bool(one["up"])) for path, one in document.items()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return sorted(found, key=lambda user: user.folder)


def this(home: Home) -> User | None:
    """The campaign in the working directory, where it joined."""
    return next((user for user in known(home) if user.folder == Path.cwd().resolve()), None)


def others(home: Home) -> list[User]:
    """The other campaigns that joined and whose folders are there."""
    return [user for user in known(home) if user.folder != Path.cwd().resolve() and user.is_there]


def using(home: Home) -> str:
    """The other campaigns that use the server now, for a sentence."""
    return ", ".join(str(user) for user in others(home) if user.is_up)


def down(home: Home, everyone: bool, stop: Callable[[], None]) -> str:
    """Takes the campaign that is here from its server, and stops that unless others use it.

    Args:
        everyone: whether it is stopped for them, too.
        stop: stops it, or says that it is not running.

    Returns:
        the campaigns for which it goes on; empty where it was stopped.
    """
    if home.is_own:
        stop()
        return ""
    with alone(home):
        users = using(home)
        (leave_all if everyone else leave)(home)
        if users and not everyone and home.is_running:
            return users
        stop()
        return ""


def join(home: Home, campaign: str) -> None:
    """Notes that the campaign in the working directory uses the server. Call it inside `alone`."""
    _note(home, User(Path.cwd().resolve(), campaign, is_up=True))


def leave(home: Home) -> None:
    """Notes that it does so no longer. Call it inside `alone`."""
    if (user := this(home)) is not None:
        _note(home, replace(user, is_up=False))


def leave_all(home: Home) -> None:
    """Notes that no campaign uses the server. Call it inside `alone`."""
    _write(home, [replace(user, is_up=False) for user in known(home)])


def forget(home: Home, gone: User) -> None:
    """Takes out a campaign whose folder is gone. Call it inside `alone`."""
    _write(home, [user for user in known(home) if user.folder != gone.folder])


def _note(home: Home, user: User) -> None:
    _write(home, [*(one for one in known(home) if one.folder != user.folder), user])


def _write(home: Home, users: list[User]) -> None:
    document = {str(user.folder): {"campaign": user.campaign, "up": user.is_up} for user in users}
    write_text(home.shared / _FILE, json.dumps(document, indent=2, sort_keys=True) + "\n", mode=0o600)
