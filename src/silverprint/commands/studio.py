"""silverprint studio prepare|up|down|backup|restore: Label Studio on this machine."""

from dataclasses import asdict
from dataclasses import replace as changed
from pathlib import Path
from typing import Any, Final

from silverprint import layout
from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import admin_token, database, environment, local_server, own_database
from silverprint.adapters.labelstudio import backup as backups
from silverprint.console import say
from silverprint.errors import UsageError

SERVICE: Final = background_server.Service("Label Studio", "silverprint studio up", layout.STUDIO, "/health", 8080)


def prepare() -> None:
    """Makes Label Studio's environment and its empty database, for which a first `up` would wait.

    Raises:
        UnavailableError: the environment cannot be made, or its database.
    """
    local_server.empty_database(environment.ready(), background_server.environment())


def up(port: int | None = None) -> None:
    """Starts Label Studio on loopback, or says where it runs; its address and token go to var/studio/server.json.

    Without a port it takes the last one, at first one that is free.

    Raises:
        UnavailableError: the environment cannot be made, the port is taken, the database is not there, or it does not
            start.
        ConfigError: SILVERPRINT_STUDIO_HOST or STUDIO_DATABASE_URL is no address.
    """
    if background_server.is_held(SERVICE):
        database.require_kept()
    else:  # before its lock is held, for which another `up` waits a while only
        environment.ready()

    def launch(chosen: int) -> background_server.Launch:
        venv = environment.ready()
        own_database.require_postgresql()
        database.keep()
        data = local_server.prepare(venv, _admin(), background_server.environment())
        variables = background_server.environment(**local_server.settings(data), **local_server.SERVED)
        return background_server.Launch(local_server.command(venv, chosen), variables, local_server.package(venv))

    background_server.up(SERVICE, port, launch)
    admin = _admin()  # back into server.json, should a running server have lost it
    if (token := admin_token.token(admin.email, admin.token)) != admin.token:
        background_server.add_facts(SERVICE, token=token)
        local_server.write_admin(changed(admin, token=token))
        say("Label Studio: the administrator's token was reset there; server.json has the new one")


def _admin() -> local_server.Admin:
    """The account in server.json; else the one kept beside the database, or before there is one a new one."""
    known: dict[str, Any] = background_server.read(SERVICE)
    if not {"email", "password", "token"} <= known.keys():
        background_server.add_facts(SERVICE, **asdict(local_server.read_admin() or local_server.new_admin()))
        known = background_server.read(SERVICE)
    return local_server.Admin(known["email"], known["password"], known["token"])


def down() -> None:
    """Stops it; what people answered stays."""
    say("Label Studio is stopped" if background_server.down(SERVICE) else "Label Studio is not running")


def backup(file: Path) -> None:
    """Writes all that our Label Studio knows into one file; people may answer meanwhile.

    Raises:
        UnavailableError: there is none, its database cannot be read, or PostgreSQL's pg_dump is not here.
    """
    backups.write(file)
    say(f"Label Studio is backed up in {file}, which has every answer and the administrator's password")


def restore(file: Path, replace: bool = False) -> None:
    """Puts a backup in the place of our Label Studio's data.

    Args:
        replace: whether a Label Studio that is here makes way; it is kept aside.

    Raises:
        UsageError: it runs, or one is here and is not to be replaced, or the backup is of the other kind of database.
        DataError: the file is no whole backup.
        UnavailableError: PostgreSQL's pg_restore is not here, or fails.
    """
    if background_server.is_held(SERVICE):
        raise UsageError("Label Studio", "it runs, on the data that would be replaced", "run: silverprint studio down")
    aside = backups.read(file, replace=replace)
    admin = local_server.read_admin()
    if admin is not None:
        background_server.add_facts(SERVICE, **asdict(admin))
    if aside is not None:
        say(f"Label Studio: what was here is kept in {aside}")
    say(f"Label Studio is restored from {file}; start it: silverprint studio up")
