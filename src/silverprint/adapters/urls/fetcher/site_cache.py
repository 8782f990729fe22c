"""Cache of robots.txt and the files beside it by host, each asked for once; of very many, the latest used stay."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

from silverprint.adapters.urls.http.address import Address, Gate
from silverprint.adapters.urls.http.client import Client
from silverprint.config import Signal
from silverprint.fetching import reservations, robots
from silverprint.fetching.limits import REDIRECTS, ROBOTS_BYTES
from silverprint.fetching.refusals import Failed, NoImage
from silverprint.fetching.reservations import SiteFile

_REMEMBERED: Final = 4_096  # origins

T = TypeVar("T")


class SiteCache:
    """
    Args:
        client: asks.
        gate: what may be asked.
        agent: who asks.
        respect: signals against training for which files are asked.
    """

    def __init__(self, client: Client, gate: Gate, agent: str, respect: tuple[Signal, ...]) -> None:
        self._client, self._gate, self._agent = client, gate, agent
        self._wanted = reservations.wanted(respect)
        self._rules = _OncePerOrigin[robots.Rules]()
        self._files = _OncePerOrigin[list[SiteFile | None]]()

    async def rules(self, address: Address) -> robots.Rules:
        """The rules of the host that `address` is on.

        Raises:
            Refused: the host must not be spoken to.
            Failed: its robots.txt cannot be had, so that nothing may be asked for.
        """
        return await self._rules.get(address.origin, self._robots)

    async def files(self, address: Address, rules: robots.Rules) -> list[SiteFile | None]:
        """The files beside the host's robots.txt, whose rules are `rules`; None for each that is not there, may not be
        asked for, or does not come."""
        return await self._files.get(address.origin, lambda origin: self._beside(origin, rules))

    async def _robots(self, origin: str) -> robots.Rules:
        return robots.rules(*await self._file(f"{origin}/robots.txt"))

    async def _beside(self, origin: str, rules: robots.Rules) -> list[SiteFile | None]:
        found: list[SiteFile | None] = []
        for signal in self._wanted:
            url = origin + reservations.FILES[signal][0]
            if robots.decide(rules, url, self._agent) == "disallowed":
                found.append(None)
                continue
            try:
                found.append(reservations.site_file(signal, *await self._file(url, robots.delay(rules, self._agent))))
            except NoImage:
                found.append(None)
        return found

    async def _file(self, url: str, delay_s: float = 0.0) -> tuple[int, bytes]:
        """The status and the body, as far as it counts, of a file about the site; redirects are followed.

        Raises:
            NoImage: it does not come.
        """
        for _ in range(REDIRECTS + 1):
            address = self._gate.passed(url)
            try:
                heard, body = await self._client.ask(
                    address, {}, ROBOTS_BYTES + 1, lambda heard: heard.status < 300, delay_s, cuts=True
                )
            except NoImage as why:
                if why.reason in robots.NOWHERE:
                    raise Failed("robots-unreachable") from None
                raise
            if heard.moved is None:
                return heard.status, body or b""
            url = heard.moved
        raise Failed("redirect-loop")


class _OncePerOrigin(Generic[T]):
    """What was asked of each origin."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, asyncio.Task[T]] = OrderedDict()

    async def get(self, origin: str, ask: Callable[[str], Coroutine[Any, Any, T]]) -> T:
        if origin not in self._found:
            self._found[origin] = asyncio.create_task(ask(origin))
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        self._found.move_to_end(origin)
        return await asyncio.shield(self._found[origin])
