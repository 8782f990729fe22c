"""Resolver that leaves out private addresses: a connection is made to exactly what it returned."""

import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import ResolveResult

from silverprint.fetching.address_guard import AddressPolicy, Target
from silverprint.fetching.refusals import Failed, Refused


class GuardedResolver(ThreadedResolver):
    """Resolver of aiohttp's connector, which asks it for every host that is a name.

    Args:
        reach: which addresses may be spoken to.
    """

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
