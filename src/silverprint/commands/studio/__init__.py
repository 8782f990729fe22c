"""silverprint studio prepare|up|down: Label Studio on this machine, one for all campaigns of its user."""

from silverprint import layout
from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import environment, local_server
from silverprint.commands.studio import server, sharing
from silverprint.console import say
from silverprint.store import server_home, server_users
from silverprint.store.server_home import STUDIO


def prepare() -> None:
    """Makes Label Studio's environment and its empty database, for which a first `up` would wait.

    Raises:
        UnavailableError: the environment cannot be made, or its database.
    """
    local_server.empty_database(environment.ready(), background_server.environment())


def up(port: int | None = None, own: bool = False) -> None:
    """Starts Label Studio on loopback, or says where it runs. The campaign that is here uses it from now on.

    Without a port it takes the last one, at first one that is free.

    Args:
        own: whether the campaign gets a server of its own, for good.

    Raises:
        UnavailableError: the environment cannot be made, the port is taken, the database is not there, or it does not
            start.
        UsageError: another campaign of this name uses the server, or this one is asked there and is to get its own.
        ConfigError: SILVERPRINT_STUDIO_HOST or STUDIO_DATABASE_URL is no address.
    """
    if own and not STUDIO.is_own:
        sharing.require_not_asked()
        with server_users.alone(STUDIO):
            server_users.leave(STUDIO)
        server_home.make(layout.STUDIO)
        background_server.add_facts(server.service(layout.STUDIO))
    if not background_server.is_held(server.service()):  # before locks are held, for which another `up` waits
        environment.ready()
    if STUDIO.is_own:
        server.start(port)
        return
    with server_users.alone(STUDIO):
        gone = sharing.require_own_name()
        server.start(port)
        server_users.join(STUDIO, sharing.name())
        for one in gone:
            sharing.set_aside(one)
    if there := server_users.using(STUDIO):
        say(f"Label Studio serves {there}, too: its accounts are for all of them")


def down(everyone: bool = False) -> None:
    """Stops it, unless another campaign uses it; what people answered stays.

    Args:
        everyone: whether it is stopped for the other campaigns, too.
    """
    if users := server_users.down(STUDIO, everyone, _stop):
        say(f"Label Studio goes on, for {users} uses it; this campaign does so no longer")
        say("to stop it for all campaigns: silverprint studio down --all")


def _stop() -> None:
    stopped = background_server.down(server.service())
    say("Label Studio is stopped" if stopped else "Label Studio is not running")
