"""Homes of a local server's data: one of the user's for all their campaigns, or one of a campaign's own.

A campaign that has a server's data below its var/ goes on with a server of its own; every other one joins the user's.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.errors import ConfigError
from silverprint.store.files import disk_errors

LOCK: Final = "lock"  # in a server's folder
_SERVED: Final = "serving"  # links to the campaigns' folders of served pictures, by campaign


@dataclass(frozen=True)
class Home:
    """
    Attributes:
        name: of its folder among the user's data.
        own: its folder in a campaign that has a server of its own.
        kept: patterns of what is in a folder that holds such data.
    """

    name: str
    own: Path
    kept: tuple[str, ...]

    @property
    def shared(self) -> Path:
        return user_data() / self.name

    @property
    def is_own(self) -> bool:
        """Whether the campaign in the working directory has a server of its own."""
        return self.holds_data(self.own)

    @property
    def folder(self) -> Path:
        return self.own if self.is_own else self.shared

    @property
    def is_running(self) -> bool:
        """Whether the server of the campaign that is here runs, or is being started: it holds a lock meanwhile."""
        try:
            with (self.folder / LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def holds_data(self, folder: Path) -> bool:
        return any(next(folder.glob(pattern), None) is not None for pattern in self.kept)


STUDIO: Final = Home("studio", layout.STUDIO, ("server.json", "database-url", "data", "data-*"))
TRACKING: Final = Home("mlflow", layout.TRACKING, ("server.json", "mlflow.db"))


def user_data() -> Path:
    """The folder of this user's data, which the XDG Base Directory Specification names."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    if not named.is_absolute():  # then it is to be ignored, says the specification
        named = Path.home() / ".local/share"
    return named / "silverprint"


def make(folder: Path) -> None:
    """The folder of a server, which nobody else may read."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def served_root() -> Path:
    """The folder below which the Label Studio of the campaign that is here finds served pictures, in full."""
    return (layout.SERVING if STUDIO.is_own else STUDIO.shared / _SERVED).resolve()


def serve(campaign: str) -> None:
    """Lets the user's Label Studio find the campaign's served pictures, by a link to where they are.

    Raises:
        ConfigError: pictures of another campaign of this name are served there.
    """
    if STUDIO.is_own:
        return
    link, target = served_root() / campaign, (layout.SERVING / campaign).resolve()
    make(link.parent)
    if link.is_symlink():
        known = link.readlink()
        if known == target:
            return
        if known.exists():
            value = f"dataset.campaign = {campaign!r}"
            rule = f"Label Studio shows the pictures of another campaign of this name, from {known}"
            raise ConfigError(value, rule, "give one of the two another name, or a server: silverprint studio up --own")
        link.unlink()
    target.mkdir(parents=True, exist_ok=True)
    with disk_errors(link):
        link.symlink_to(target, target_is_directory=True)
