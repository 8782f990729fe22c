"""Names to addresses, private ones left out: what comes back is what aiohttp connects to, so nothing is asked twice."""

import socket

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

from silverprint.fetching.addresses import Reach, Target
from silverprint.fetching.reasons import Refused


class GuardedResolver(AbstractResolver):
    """
    Args:
        reach: which addresses may be spoken to.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach, self._inner = reach, ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """
        Raises:
            Refused: the name leads to private addresses only.
            OSError: it leads nowhere.
        """
        found = await self._inner.resolve(host, port, family)
        open_to_us = [one for one in found if self._reach.permits(Target(host, port), one["host"])]
        if not open_to_us:
            raise Refused("private-address")
        return open_to_us

    async def close(self) -> None:
        await self._inner.close()
