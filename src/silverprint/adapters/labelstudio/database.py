"""Database of our own Label Studio: a SQLite file beside the server, or a PostgreSQL that STUDIO_DATABASE_URL names.

The address holds a password. So it comes from the environment, or from a file that nobody else may read, in which `up`
keeps what the environment said: later commands, and a later `up` without it, mean the same database.
"""

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from silverprint.console import say
from silverprint.errors import ConfigError, UsageError
from silverprint.store import server_home
from silverprint.store.files import write_text

SETTING: Final = "STUDIO_DATABASE_URL"
SQLITE_NAME: Final = "label_studio.sqlite3"
_EXAMPLE: Final = "for example postgresql://studio:PASSWORD@127.0.0.1:5432/studio"
_PARAMETERS: Final = {"host", "sslmode", "sslrootcert"}
_PORT: Final = 5432


@dataclass(frozen=True)
class PostgreSQL:
    """A database on a server; Label Studio and libpq's programs take the same values by other names."""

    host: str  # a name, an address, or the folder of a socket
    port: int
    name: str
    user: str
    password: str = field(repr=False)
    ssl: Mapping[str, str] = field(default_factory=dict, hash=False)  # sslmode, sslrootcert

    def __str__(self) -> str:
        """Without the password."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.name}"

    @property
    def libpq(self) -> dict[str, str]:
        """Variables that psql, pg_dump, pg_restore and drivers read."""
        given = {"HOST": self.host, "PORT": str(self.port), "DATABASE": self.name, "USER": self.user}
        secure = {name.upper(): value for name, value in self.ssl.items()}
        return {f"PG{name}": value for name, value in {**given, "PASSWORD": self.password, **secure}.items()}

    @property
    def label_studio(self) -> dict[str, str]:
        """Label Studio's settings."""
        given = {"HOST": self.host, "PORT": str(self.port), "NAME": self.name, "USER": self.user}
        theirs = {f"POSTGRE_{name}": value for name, value in {**given, "PASSWORD": self.password}.items()}
        secure = {f"PG{name.upper()}": value for name, value in self.ssl.items()}
        return {"DJANGO_DB": "default", **theirs, **secure}

    @property
    def folder(self) -> Path:
        """What Label Studio keeps beside this database: uploads, and our notes. Another database has another one."""
        named = hashlib.sha256(f"{self.host}:{self.port}/{self.name}".encode()).hexdigest()[:8]
        return server_home.STUDIO.folder / f"data-{named}"


def file() -> Path:
    """Where the address is kept."""
    return server_home.STUDIO.folder / "database-url"


def configured() -> PostgreSQL | None:
    """The PostgreSQL to use; None is SQLite.

    Raises:
        ConfigError: the address is none, or its file may be read by others.
    """
    if address := os.environ.get(SETTING, "").strip():
        return parse(address)
    try:
        mode = stat.S_IMODE(file().stat().st_mode)
        kept = file().read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file()), f"it cannot be read ({error})", "correct it or remove it") from None
    if mode & 0o077:
        rule = f"others may read it (mode {mode:o}), and it has a password"
        raise ConfigError(str(file()), rule, f"chmod 600 {file()}")
    return parse(kept)


def keep() -> PostgreSQL | None:
    """What is configured, from now on also without the environment; says where that is another database than before."""
    found = configured()
    if found is not None and (address := os.environ.get(SETTING, "").strip()) and not _is_kept(found):
        write_text(file(), address + "\n", mode=0o600)
        say(f"Label Studio: its data is in {found} from now on ({file()}); projects in another database stay there")
    return found


def require_kept() -> None:
    """
    Raises:
        UsageError: the environment names another database than the one that the running server was started on.
    """
    found = configured()
    if found is not None and not _is_kept(found):
        rule = "Label Studio runs on another database"
        raise UsageError(f"{SETTING} is {found}", rule, "run: silverprint studio down, then: silverprint studio up")


def _is_kept(found: PostgreSQL) -> bool:
    try:
        return parse(file().read_text(encoding="utf-8").strip()) == found
    except (OSError, UnicodeDecodeError, ConfigError):
        return False


def folder() -> Path:
    """Folder of what belongs to the configured database."""
    found = configured()
    return server_home.STUDIO.folder / "data" if found is None else found.folder


def parse(address: str) -> PostgreSQL:
    """
    Raises:
        ConfigError: it is no address of a PostgreSQL database; the message has no password.
    """
    shown = re.sub(r"//[^/]*@", "//***@", address)
    try:
        parts = urlsplit(address)
        port = parts.port or _PORT
    except ValueError as error:
        raise ConfigError(f"{SETTING} is {shown}", f"it is no address ({error})", _EXAMPLE) from None
    name, said = unquote(parts.path.strip("/")), dict(parse_qsl(parts.query))
    if parts.scheme not in {"postgresql", "postgres"} or not name or "/" in name or not parts.username:
        rule = "it names a PostgreSQL user, a host and a database"
        raise ConfigError(f"{SETTING} is {shown}", rule, _EXAMPLE)
    if unknown := sorted(said.keys() - _PARAMETERS):
        rule = f"of parameters it may have {', '.join(sorted(_PARAMETERS))}, not {', '.join(unknown)}"
        raise ConfigError(f"{SETTING} is {shown}", rule, "take them out")
    host = said.pop("host", None) or parts.hostname or "127.0.0.1"
    return PostgreSQL(host, port, name, unquote(parts.username), unquote(parts.password or ""), said)
