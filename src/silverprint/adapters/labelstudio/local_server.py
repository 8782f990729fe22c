"""Label Studio server of our own: its environment, its data, its launch.

The database of an empty Label Studio takes 40 seconds of migrations to make; it is made once for an environment and
copied from then on. A PostgreSQL is migrated where it is.
"""

import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from silverprint import child_programs
from silverprint.adapters.labelstudio import database, inside_server
from silverprint.console import waiting
from silverprint.errors import ConfigError, UnavailableError
from silverprint.store import server_home
from silverprint.store.files import disk_errors, replacing, write_text

ADMIN: Final = "admin@silverprint.local"
_ADMIN: Final = "admin.json"  # copy beside the database that knows this account, for the case that server.json is lost
_VERSION: Final = "version"  # file with the Label Studio version that last migrated the data
APPLICATION: Final = "one_writer:application()"  # in the folder that is on the server's path
# gunicorn needs these; label-studio sets its own.
SERVED: Final = {
    "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
    "PYTHONPATH": str(Path(inside_server.__file__).resolve().parent),
}
_PUBLIC: Final = "SILVERPRINT_STUDIO_HOST"
_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")
_LOCK_S: Final = 1800  # how long an opened task is kept from others; a day by default, which stalls a round


@dataclass(frozen=True)
class Admin:
    email: str
    password: str
    token: str


def new_admin() -> Admin:
    return Admin(ADMIN, secrets.token_urlsafe(18), secrets.token_hex(20))


def read_admin() -> Admin | None:
    """The account of the database that is here; None where there is no database yet.

    Raises:
        UnavailableError: it is not known.
    """
    data = database.folder()
    if not data.exists():
        return None
    try:
        found = Admin(**json.loads((data / _ADMIN).read_text(encoding="utf-8")))
        if not all(isinstance(value, str) and value for value in asdict(found).values()):
            raise ValueError
        return found
    except (OSError, ValueError, TypeError):
        rule = "its administrator is not recorded, neither here nor in server.json"
        remedy = f"restore one of the two, or move {data} away for an empty Label Studio (pulled votes are in Git)"
        raise UnavailableError(str(data / _ADMIN), rule, remedy) from None


def write_admin(admin: Admin) -> None:
    """Keeps the account beside the database that knows it."""
    write_text(database.folder() / _ADMIN, json.dumps(asdict(admin)) + "\n", mode=0o600)


def public_url() -> str | None:
    """The address of an HTTPS proxy before our server, from SILVERPRINT_STUDIO_HOST.

    Raises:
        ConfigError: it is no address of a whole host.
    """
    address = os.environ.get(_PUBLIC, "").rstrip("/")
    if address and not re.fullmatch(r"https?://[^/?#\s]+", address):
        rule = "it is the address of a whole host, without a path"
        raise ConfigError(f"{_PUBLIC} is {address}", rule, "for example https://label.example.org")
    return address or None


def settings(data: Path) -> dict[str, str]:
    """Label Studio's settings, on top of a clean environment."""
    # A page that was fetched over https may sign in, whatever the proxy forwards. LABEL_STUDIO_HOST would not allow it,
    # and would have the pages on loopback take their scripts from the proxy.
    public, postgresql = public_url(), database.configured()
    trusted = {"CSRF_TRUSTED_ORIGINS": public} if public else {}
    return (
        trusted
        | (postgresql.label_studio if postgresql else {})
        | {
            # A page elsewhere reads nothing, and no name that somebody has lead to this machine is served.
            "ALLOWED_HOSTS": ",".join([*_HOSTS, *_host_of(public)]),
            "CORS_ALLOW_ALL_ORIGINS": "false",
            "LABEL_STUDIO_BASE_DATA_DIR": str(data),
            "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
            "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(server_home.served_root()),
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "LABEL_STUDIO_TASK_LOCK_TTL": str(_LOCK_S),
            "LATEST_VERSION_CHECK": "false",
            "COLLECT_ANALYTICS": "false",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
        }
    )


def _host_of(address: str | None) -> list[str]:
    """The host's name as it stands in a Host header, without a port."""
    host = urlsplit(address).hostname if address else None
    return [f"[{host}]" if ":" in host else host] if host else []


def command(environment: Path, port: int) -> list[str]:
    """One gunicorn worker: one process can see to it that nobody writes beside another (`one_writer`)."""
    options = ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--timeout", "300"]
    where = ["--bind", f"127.0.0.1:{port}", "--no-control-socket", APPLICATION]
    return [str(environment / "bin/python"), "-m", "gunicorn", *options, *where]


def package(environment: Path) -> Path:
    """The folder to run in: Label Studio imports its own modules by their short names."""
    return next(environment.glob("lib/python3*/site-packages/label_studio"))


def prepare(environment: Path, admin: Admin, base: Mapping[str, str]) -> Path:
    """The data folder, made if it is not there, migrated if Label Studio is newer. Safe to repeat after a kill.

    `base` is the clean environment that programs are run with.
    """
    data = database.folder().resolve()
    with disk_errors(server_home.served_root()):
        server_home.served_root().mkdir(parents=True, exist_ok=True)
    version = _version(environment)
    if not data.exists():
        _create(environment, data, admin, base)
    elif not (known := data / _VERSION).exists() or known.read_text(encoding="utf-8") != version:
        with waiting(f"Label Studio: migrating its data to version {version}") as still:
            _manage(environment, data, base, still, "version")
    write_text(data / _VERSION, version)
    write_admin(admin)
    return data


def _create(environment: Path, data: Path, admin: Admin, base: Mapping[str, str]) -> None:
    for left in data.parent.glob("new-*"):
        shutil.rmtree(left, ignore_errors=True)
    with disk_errors(data):
        new = Path(tempfile.mkdtemp(prefix="new-", dir=data.parent))
        if (postgresql := database.configured()) is None:
            shutil.copy(empty_database(environment, base), new / database.SQLITE_NAME)
        # The password is not on the command line, where every user of the machine could read it.
        account = {
            "LABEL_STUDIO_USERNAME": admin.email,
            "LABEL_STUDIO_PASSWORD": admin.password,
            "LABEL_STUDIO_USER_TOKEN": admin.token,
        }
        what = f"making its tables in {postgresql} (about a minute)" if postgresql else "making its account"
        with waiting(f"Label Studio: {what}") as still:
            _manage(environment, new, {**base, **account}, still, "init", "--quiet", "--enable-legacy-api-token")
        write_text(new / _VERSION, _version(environment))
        write_text(new / _ADMIN, json.dumps(asdict(admin)) + "\n", mode=0o600)
        new.rename(data)


def empty_database(environment: Path, base: Mapping[str, str]) -> Path:
    """A migrated database without users, made once (about a minute) and kept in the environment that it belongs to."""
    kept = environment / "silverprint" / f"empty-{_version(environment)}.sqlite3"
    if not kept.exists():
        server_home.make(server_home.STUDIO.folder)
        with (
            tempfile.TemporaryDirectory(prefix="new-", dir=server_home.STUDIO.folder) as workshop,
            waiting("Label Studio: creating this environment's empty database (about a minute)") as still,
        ):
            folder = Path(workshop).resolve()
            _manage(environment, folder, {**base, "DJANGO_DB": "sqlite"}, still, "init", "--quiet")
            with replacing(kept) as temporary:
                shutil.copy(folder / database.SQLITE_NAME, temporary)
    return kept


def _manage(environment: Path, data: Path, base: Mapping[str, str], still: Callable[[], None], *arguments: str) -> None:
    """Runs a command of Label Studio on `data`, which is migrated first; calls `still` meanwhile.

    Raises:
        UnavailableError: it failed; the message names the log.
    """
    data.mkdir(parents=True, exist_ok=True)
    log = server_home.STUDIO.folder / "log"
    program: list[str | Path] = [environment / "bin/label-studio", *arguments]
    with log.open("ab") as output:
        code = child_programs.call(
            program, still, env={**settings(data), **base}, cwd=data, stdout=output, stderr=output
        )
    if code:
        rule = f"label-studio {arguments[0]} ended with code {code}"
        raise UnavailableError("Label Studio", rule, f"see {log}, then: silverprint studio up")


def _version(environment: Path) -> str:
    found = next(package(environment).parent.glob("label_studio-*.dist-info"))
    return found.name.removeprefix("label_studio-").removesuffix(".dist-info")
