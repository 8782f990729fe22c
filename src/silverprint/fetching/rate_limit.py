"""Rate limit per host: a delay between two requests, and pauses that a host asks for."""

import asyncio
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from silverprint.fetching.limits import REST

BUSY: Final = frozenset({429, 503})  # statuses by which a host says that it has enough to do
_UNSAID: Final = 1.0  # seconds, where a host does not say how long
_REMEMBERED: Final = 4_096  # hosts


class RateLimit:
    """When each host may be asked next."""

    def __init__(self) -> None:
        # seconds of the monotonic clock, by host: the next turn, where it wants time between two; the end of its rest
        self._next: dict[str, float] = {}
        self._rests: dict[str, float] = {}

    async def turn(self, host: str, delay_s: float) -> None:
        """Waits until `delay_s` after the turn before at `host`, and until its rest is over; those who wait come in the
        order of their calls."""
        while delay_s or self.rests(host):
            at = max(time.monotonic(), self._next.get(host, 0.0), self._rests.get(host, 0.0))
            if delay_s:
                self._next[host] = at + delay_s
                self._next = _recent(self._next)
            await asyncio.sleep(at - time.monotonic())
            if self._rests.get(host, 0.0) <= at:  # a later pause may have begun meanwhile
                return

    def rest(self, host: str, seconds: float) -> None:
        """Nobody's turn comes at `host` for so long."""
        self._rests[host] = max(self._rests.get(host, 0.0), time.monotonic() + seconds)
        self._rests = _recent(self._rests)

    def rests(self, host: str) -> bool:
        """Whether nobody's turn is now."""
        return host in self._rests and self._rests[host] > time.monotonic()


def rest_s(retry_after: str | None) -> float:
    """Seconds of a Retry-After (RFC 9110, 10.2.3: seconds or a date), 0 to REST; 1 where it says nothing."""
    if not retry_after:
        return _UNSAID
    if retry_after.isdecimal():
        return min(float(retry_after), REST)
    try:
        date = parsedate_to_datetime(retry_after)
        until = date.replace(tzinfo=date.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return _UNSAID
    return min(max(until - time.time(), 0.0), REST)


def _recent(times: dict[str, float]) -> dict[str, float]:
    """Without those that are past, where there are many."""
    if len(times) < _REMEMBERED:
        return times
    now = time.monotonic()
    return {host: at for host, at in times.items() if at > now}
