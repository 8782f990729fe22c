"""Server of the page, in the foreground of this process, on loopback alone."""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from silverprint.adapters.browse import app
from silverprint.adapters.browse.site import Site
from silverprint.errors import UnavailableError
from silverprint.page_connections import PageConnection

HOST: Final = "127.0.0.1"
FIRST_PORT: Final = 8070
_TRIED: Final = 20  # ports: so many campaigns may be looked at at once


def listening(port: int | None) -> socket.socket:
    """A socket on loopback; without a port on the first free one from FIRST_PORT on.

    Raises:
        UnavailableError: the port is taken, or all are.
    """
    tried = range(FIRST_PORT, FIRST_PORT + _TRIED) if port is None else [port]
    for one in tried:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, one))
            return listener
        except OSError:
            listener.close()
    value = f"{HOST}:{tried[0]}" if port is not None else f"{HOST}:{tried[0]} to {tried[-1]}"
    rule = "the port is taken by another program or may not be used"
    raise UnavailableError(value, rule, "free it, or: silverprint browse --port PORT")


def serve(site: Site, listener: socket.socket, ready: Callable[[str], None]) -> None:
    """Serves until it is told to end by Ctrl+C or a signal.

    Args:
        ready: is given the address that lets a browser in, once it answers.
    """
    listener.listen(128)  # so that the address holds from when it is told
    port = listener.getsockname()[1]
    address = f"http://{HOST}:{port}/?key={site.key}"
    settings = uvicorn.Config(
        app.build(site, f"browse-{port}", lambda: ready(address)),
        log_level="warning",
        access_log=False,  # it would keep addresses
        server_header=False,
        proxy_headers=False,
        limit_concurrency=200,
        h11_max_incomplete_event_size=16_384,
        http=PageConnection,
        ws="none",
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(settings).run(sockets=[listener])
