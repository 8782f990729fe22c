"""Label Studio as a server in the background: the one of the campaign that is here, its account, its start."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from silverprint.adapters import background_server
from silverprint.adapters.background_server import Launch, Service
from silverprint.adapters.labelstudio import admin_token, database, environment, local_server, own_database
from silverprint.console import say
from silverprint.store.server_home import STUDIO


def service(folder: Path | None = None) -> Service:
    """
    Args:
        folder: of its data; None: where the campaign in the working directory has them.
    """
    return Service("Label Studio", "silverprint studio up", folder or STUDIO.folder, "/health", 8080)


def start(port: int | None) -> None:
    """Starts it unless it runs, and has its administrator's present token in server.json."""
    running = service()
    if background_server.is_held(running):
        database.require_kept()

    def launch(chosen: int) -> Launch:
        venv = environment.ready()
        own_database.require_postgresql()
        database.keep()
        data = local_server.prepare(venv, _admin(), background_server.environment())
        variables = background_server.environment(**local_server.settings(data), **local_server.SERVED)
        return Launch(local_server.command(venv, chosen), variables, local_server.package(venv))

    background_server.up(running, port, launch)
    admin = _admin()  # back into server.json, should a running server have lost it
    if (token := admin_token.token(admin.email, admin.token)) != admin.token:
        background_server.add_facts(running, token=token)
        local_server.write_admin(replace(admin, token=token))
        say("Label Studio: the administrator's token was reset there; server.json has the new one")


def _admin() -> local_server.Admin:
    """The account in server.json; else the one kept beside the database, or before there is one a new one."""
    known: dict[str, Any] = background_server.read(service())
    if not all(known.get(name) for name in ("email", "password", "token")):
        background_server.add_facts(service(), **asdict(local_server.read_admin() or local_server.new_admin()))
        known = background_server.read(service())
    return local_server.Admin(known["email"], known["password"], known["token"])
