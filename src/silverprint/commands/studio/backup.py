"""silverprint studio backup|restore: all that our Label Studio knows, in one file."""

from dataclasses import asdict
from pathlib import Path

from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import backup as backups
from silverprint.adapters.labelstudio import local_server
from silverprint.commands.studio import server
from silverprint.console import say
from silverprint.errors import UsageError
from silverprint.store import server_users
from silverprint.store.server_home import STUDIO


def backup(file: Path) -> None:
    """Writes it into the file; people may answer meanwhile.

    Raises:
        UnavailableError: there is none, its database cannot be read, or PostgreSQL's pg_dump is not here.
    """
    backups.write(file)
    say(f"Label Studio is backed up in {file}, which has every answer and the administrator's password")
    if not STUDIO.is_own and (others := server_users.others(STUDIO)):
        say(f"it holds those of {', '.join(map(str, others))}, too")


def restore(file: Path, replace: bool = False) -> None:
    """Puts a backup in the place of our Label Studio's data.

    Args:
        replace: whether a Label Studio that is here makes way; it is kept aside.

    Raises:
        UsageError: it runs, or one is here and is not to be replaced, or the backup is of the other kind of database.
        DataError: the file is no whole backup.
        UnavailableError: PostgreSQL's pg_restore is not here, or fails.
    """
    if background_server.is_held(server.service()):
        stop = f"silverprint studio down{'' if STUDIO.is_own else ' --all'}"
        raise UsageError("Label Studio", "it runs, on the data that would be replaced", f"run: {stop}")
    aside = backups.read(file, replace=replace)
    admin = local_server.read_admin()
    if admin is not None:
        background_server.add_facts(server.service(), **asdict(admin))
    if aside is not None:
        say(f"Label Studio: what was here is kept in {aside}")
    say(f"Label Studio is restored from {file}; start it: silverprint studio up")
