"""Rate limit: so many requests a second from one sender, and a store of them for those that come at once."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_MOST: Final = 10_000  # senders that are remembered; the one that was quiet longest goes first


class RateLimit:
    """A token bucket for each sender.

    Args:
        per_second: requests that come back to a sender's bucket each second.
        at_once: what it holds.
        clock: seconds.
    """

    def __init__(self, per_second: float, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_second, self._at_once, self._clock = per_second, at_once, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # sender -> (tokens, when)

    def allows(self, sender: str) -> bool:
        """Whether one more request is within the limit; if so, it is counted."""
        now = self._clock()
        tokens, when = self._buckets.pop(sender, (float(self._at_once), now))
        tokens = min(self._at_once, tokens + (now - when) * self._per_second)
        allowed = tokens >= 1
        self._buckets[sender] = (tokens - allowed, now)
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        return allowed
