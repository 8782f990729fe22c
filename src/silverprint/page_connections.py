"""Connections to our servers of pages: one on which nothing is asked does not keep others out.

uvicorn waits for the head of a request without end, and counts those who send none among its connections.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S: Final = 15.0  # seconds between two looks at a connection


class PageConnection(H11Protocol):
    """A connection that ends where between two looks it made no request, and none was being answered."""

    _looked_at: object = None  # the request that was there at the last look
    _look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._look = self.loop.call_later(HEAD_S, self._end_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def _end_if_idle(self) -> None:
        is_answered = self.cycle is None or self.cycle.response_complete
        if is_answered and self.cycle is self._looked_at:
            self.transport.close()
            return
        self._looked_at = self.cycle
        self._look = self.loop.call_later(HEAD_S, self._end_if_idle)
