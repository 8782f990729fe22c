"""Time between two requests to a host whose robots.txt wants it."""

import asyncio
import time
from typing import Final

_REMEMBERED: Final = 4_096  # hosts


class Pace:
    """When each host may be asked next."""

    def __init__(self) -> None:
        self._next: dict[str, float] = {}  # seconds of the monotonic clock, by origin

    async def turn(self, origin: str, delay_s: float) -> None:
        """Waits until `delay_s` after the turn before at `origin`; those who wait come in the order of their calls."""
        if not delay_s:
            return
        now = time.monotonic()
        if len(self._next) >= _REMEMBERED:
            self._next = {known: at for known, at in self._next.items() if at > now}
        at = max(now, self._next.get(origin, now))
        self._next[origin] = at + delay_s
        await asyncio.sleep(at - now)
