"""Connector of aiohttp that opens connections to permitted addresses only, and keeps those that may be used again."""

import socket
from functools import lru_cache, partial
from typing import Final

import aiohttp
from aiohttp.abc import ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection as Held
from aiohttp.tracing import Trace

from silverprint.adapters.urls.http.connection import Connection
from silverprint.fetching.address_guard import AddressPolicy, Target
from silverprint.fetching.refusals import Failed, Refused

_KEPT: Final = 256  # connections that wait for their next request
_NAMES_KEPT: Final = 4_096
_NAMES_KEPT_S: Final = 60


class Connector(aiohttp.TCPConnector):
    """
    Args:
        reach: which addresses may be spoken to.
    """

    def __init__(self, reach: AddressPolicy) -> None:
        super().__init__(
            resolver=_Resolver(reach),
            ttl_dns_cache=_NAMES_KEPT_S,
            dns_cache_max_size=_NAMES_KEPT,
            interleave=1,
            limit=0,
        )
        self._permits_host = lru_cache(_NAMES_KEPT)(reach.permits_host)
        self._waiting: dict[ResponseHandler, None] = {}  # least recently used first; aiohttp has no bound on them
        self._factory = partial(Connection, self._loop, self._waiting)  # type: ignore[assignment]  # invariant

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Held:
        """A connection for a request.

        Raises:
            Refused: `private-address`.
            Failed: `unknown-host`.
        """
        # Of an IP address aiohttp does not ask the resolver.
        if not self._permits_host(Target(req.host, req.port or 0)):
            raise Refused("private-address")
        return await super().connect(req, traces, timeout)

    def _release(self, key: ConnectionKey, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        super()._release(key, protocol, should_close=should_close)
        if protocol.is_connected():
            self._waiting[protocol] = None
            if len(self._waiting) > _KEPT:
                next(iter(self._waiting)).abort()


class _Resolver(aiohttp.ThreadedResolver):
    """Resolver that leaves out private addresses: a connection is made to exactly what it returned."""

    def __init__(self, reach: AddressPolicy) -> None:
        super().__init__()
        self._reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """
        Raises:
            Refused: `private-address`: the name leads to such only.
            Failed: `unknown-host`: it leads nowhere.
        """
        try:
            found = await super().resolve(host, port, family)
        except (OSError, UnicodeError):
            raise Failed("unknown-host") from None
        open_to_us = [one for one in found if self._reach.permits(Target(host, port), one["host"])]
        if not open_to_us:
            raise Refused("private-address")
        return open_to_us
