"""Pool of open connections that wait for their next request, and the opening of new ones."""

import asyncio
import ssl
import time
from collections import OrderedDict
from typing import Final, NamedTuple

import aiohappyeyeballs

from silverprint.adapters.urls.http.connection import Connection
from silverprint.adapters.urls.http.resolver import GuardedResolver
from silverprint.fetching.refusals import Failed

_KEPT: Final = 256  # connections that wait
_KEPT_S: Final = 15.0  # longest wait: most servers close theirs somewhat later
_NEXT_ADDRESS_S: Final = 0.25  # until a name's next address is tried beside the one before (RFC 8305)


class Peer(NamedTuple):
    """Whom a connection leads to."""

    secure: bool
    host: str
    port: int


class Pool:
    """
    Args:
        resolver: names to addresses.
    """

    def __init__(self, resolver: GuardedResolver) -> None:
        self._resolver = resolver
        self._waiting: OrderedDict[Connection, Peer] = OrderedDict()  # least recently used first
        self._by_peer: dict[Peer, list[Connection]] = {}
        self._secured = ssl.create_default_context()
        self._secured.set_alpn_protocols(["http/1.1"])

    def waiting(self, peer: Peer) -> Connection | None:
        """A connection to `peer` that is open already."""
        while connections := self._by_peer.get(peer):
            connection = connections[-1]
            self._forget(connection)
            if connection.lasts and time.monotonic() - connection.idle_since < _KEPT_S:
                return connection
            connection.close()
        return None

    def keep(self, peer: Peer, connection: Connection) -> None:
        """Has it wait, if it may be used again."""
        if connection.lasts:
            self._waiting[connection] = peer
            self._by_peer.setdefault(peer, []).append(connection)
            if len(self._waiting) > _KEPT:
                oldest = next(iter(self._waiting))
                self._forget(oldest)
                oldest.close()

    async def connect(self, peer: Peer) -> Connection:
        """A new connection to `peer`.

        Raises:
            Refused: `private-address`.
            Failed: `unknown-host`, `connection-refused`, `connection`, `certificate`, `timeout`.
        """
        found = await self._resolver.resolve(peer.host, peer.port)
        secured, name = (self._secured, peer.host) if peer.secure else (None, None)
        try:
            sock = await aiohappyeyeballs.start_connection(found, happy_eyeballs_delay=_NEXT_ADDRESS_S, interleave=1)
            loop = asyncio.get_running_loop()
            _, connection = await loop.create_connection(
                lambda: Connection(self._forget), sock=sock, ssl=secured, server_hostname=name
            )
        except ssl.SSLCertVerificationError:
            raise Failed("certificate") from None
        except ConnectionRefusedError:
            raise Failed("connection-refused") from None
        except TimeoutError:
            raise Failed("timeout") from None
        except OSError as error:
            raise Failed("connection") from error
        return connection

    def close(self) -> None:
        for connection in list(self._waiting):
            connection.close()

    def _forget(self, connection: Connection) -> None:
        peer = self._waiting.pop(connection, None)
        if peer is not None:
            self._by_peer[peer].remove(connection)
            if not self._by_peer[peer]:
                del self._by_peer[peer]
