"""silverprint studio prepare|up|down: Label Studio on this machine."""

from dataclasses import asdict, replace
from typing import Any, Final

from silverprint import layout
from silverprint.adapters import services
from silverprint.adapters.labelstudio import administrator, server
from silverprint.console import say

SERVICE: Final = services.Service("Label Studio", "silverprint studio up", layout.STUDIO, "/health", 8080)


def prepare() -> None:
    """Makes the empty database of Label Studio's environment, for which a first `up` would wait.

    Raises:
        UnavailableError: the environment is not there, or its database cannot be made.
    """
    server.empty_database(server.venv(), services.environment())


def up(port: int | None = None) -> None:
    """Starts Label Studio on loopback, or says where it runs; its address and token go to var/studio/server.json.

    Without a port it takes the last one.

    Raises:
        UnavailableError: the environment is not there, the port is taken, or it does not start.
        ConfigError: SILVERPRINT_STUDIO_HOST is no address.
    """
    chosen = services.port_of(SERVICE, port)

    def launch() -> services.Launch:
        environment = server.venv()
        data = server.prepare(environment, _admin(), services.environment())
        variables = services.environment(**server.settings(data), **server.DJANGO)
        return services.Launch(server.command(environment, chosen), variables, server.package(environment))

    services.up(SERVICE, chosen, launch)
    admin = _admin()  # back into server.json, should a running server have lost it
    if (token := administrator.token(admin.email, admin.token)) != admin.token:
        services.remember(SERVICE, token=token)
        server.keep_admin(replace(admin, token=token))
        say("Label Studio: the administrator's token was reset there; server.json has the new one")


def _admin() -> server.Admin:
    """The account in server.json; else the one kept beside the database, or before there is one a new one."""
    known: dict[str, Any] = services.read(SERVICE)
    if not {"email", "password", "token"} <= known.keys():
        services.remember(SERVICE, **asdict(server.kept_admin() or server.new_admin()))
        known = services.read(SERVICE)
    return server.Admin(known["email"], known["password"], known["token"])


def down() -> None:
    """Stops it; what people answered stays."""
    say("Label Studio is stopped" if services.down(SERVICE) else "Label Studio is not running")
