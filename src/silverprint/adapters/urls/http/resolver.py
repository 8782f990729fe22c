"""Resolver that leaves out private addresses: a connection is made to exactly what it returned."""

import asyncio
import socket
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from silverprint.fetching.address_guard import AddressPolicy, Target
from silverprint.fetching.refusals import Failed, Refused

Found: TypeAlias = Sequence[tuple[Any, ...]]  # as socket.getaddrinfo gives it

_KEPT_S: Final = 60
_KEPT: Final = 4_096  # names


class GuardedResolver:
    """
    Args:
        reach: which addresses may be spoken to.
    """

    def __init__(self, reach: AddressPolicy) -> None:
        self._reach = reach
        self._known: OrderedDict[Target, tuple[float, asyncio.Task[Found]]] = OrderedDict()

    async def resolve(self, host: str, port: int) -> Found:
        """
        Raises:
            Refused: `private-address`: the name leads to such only.
            Failed: `unknown-host`: it leads nowhere.
        """
        target = Target(host, port)
        since, task = self._known.get(target, (0.0, None))
        if task is None or time.monotonic() - since > _KEPT_S:
            task = asyncio.create_task(self._ask(target))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # though all gave up waiting
            self._known[target] = (time.monotonic(), task)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return await asyncio.shield(task)

    async def _ask(self, target: Target) -> Found:
        try:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(*target, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        except (OSError, UnicodeError):
            self._known.pop(target, None)
            raise Failed("unknown-host") from None
        open_to_us = [one for one in found if self._reach.permits(target, str(one[4][0]))]
        if not open_to_us:
            raise Refused("private-address")
        return open_to_us
