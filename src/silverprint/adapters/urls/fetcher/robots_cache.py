"""Cache of robots.txt by host, each asked for once; of very many, the least recently used are dropped."""

import asyncio
from collections import OrderedDict
from typing import Final

from silverprint.adapters.urls.http.address import Address, Gate
from silverprint.adapters.urls.http.client import Client
from silverprint.fetching import robots
from silverprint.fetching.limits import REDIRECTS, ROBOTS_BYTES
from silverprint.fetching.refusals import Failed, NoImage

_REMEMBERED: Final = 4_096  # origins


class RobotsCache:
    """
    Args:
        client: asks.
        gate: what may be asked.
    """

    def __init__(self, client: Client, gate: Gate) -> None:
        self._client, self._gate = client, gate
        self._rules: OrderedDict[str, asyncio.Task[robots.Rules]] = OrderedDict()

    async def rules(self, address: Address) -> robots.Rules:
        """The rules of the host that `address` is on.

        Raises:
            Refused: the host must not be spoken to.
            Failed: its robots.txt cannot be had, so that nothing may be asked for.
        """
        origin = address.origin
        if origin not in self._rules:
            self._rules[origin] = asyncio.create_task(self._fetch(f"{origin}/robots.txt"))
            if len(self._rules) > _REMEMBERED:
                self._rules.popitem(last=False)
        self._rules.move_to_end(origin)
        return await asyncio.shield(self._rules[origin])

    async def _fetch(self, url: str) -> robots.Rules:
        for _ in range(REDIRECTS + 1):
            address = self._gate.passed(url)
            try:
                heard, body = await self._client.ask(
                    address, {}, ROBOTS_BYTES + 1, lambda heard: heard.status < 300, cuts=True
                )
            except NoImage as why:
                if why.reason in robots.NOWHERE:
                    raise Failed("robots-unreachable") from None
                raise
            if heard.moved is None:
                return robots.rules(heard.status, body or b"")
            url = heard.moved
        raise Failed("redirect-loop")
