"""silverprint studio prepare|up|down: Label Studio on this machine."""

from dataclasses import asdict, replace
from typing import Any, Final

from silverprint import layout
from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import admin_token, environment, local_server
from silverprint.console import say

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
        UnavailableError: the environment cannot be made, the port is taken, or it does not start.
        ConfigError: SILVERPRINT_STUDIO_HOST is no address.
    """
    if not background_server.is_held(SERVICE):  # before its lock is held, for which another `up` waits a while only
        environment.ready()

    def launch(chosen: int) -> background_server.Launch:
        venv = environment.ready()
        data = local_server.prepare(venv, _admin(), background_server.environment())
        variables = background_server.environment(**local_server.settings(data), **local_server.SERVED)
        return background_server.Launch(local_server.command(venv, chosen), variables, local_server.package(venv))

    background_server.up(SERVICE, port, launch)
    admin = _admin()  # back into server.json, should a running server have lost it
    if (token := admin_token.token(admin.email, admin.token)) != admin.token:
        background_server.add_facts(SERVICE, token=token)
        local_server.write_admin(replace(admin, token=token))
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
