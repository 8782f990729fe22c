"""Client for one exchange at a time, within limits: it follows no redirect and keeps no cookie."""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeAlias

from silverprint.adapters.urls.http.address import Address
from silverprint.adapters.urls.http.connection import Limit, Stale
from silverprint.adapters.urls.http.pool import Pool
from silverprint.adapters.urls.http.resolver import GuardedResolver
from silverprint.fetching.address_guard import AddressPolicy
from silverprint.fetching.http.content_coding import decompress
from silverprint.fetching.http.response_head import Head
from silverprint.fetching.limits import RETRIED, RETRIES
from silverprint.fetching.rate_limit import BUSY, RateLimit, rest_s
from silverprint.fetching.redirects import redirect_target
from silverprint.fetching.refusals import DOWN, Failed

OPEN_AT_ONCE: Final = 256  # requests, to all hosts together
_NAME_THREADS: Final = 32  # a name server's answer may take seconds, and blocks a thread
_ODD: Final = re.compile("[\udc80-\udcff]")


class Heard(NamedTuple):
    """The head of what came back; `moved` is the address that it redirects to."""

    head: Head
    moved: str | None

    @property
    def status(self) -> int:
        return self.head.status


Wanted: TypeAlias = Callable[[Heard], bool]


class Client:
    """Asks addresses that have passed the gate; used as a context.

    Args:
        user_agent: who we are.
        timeout_s: for a reply, its body included.
        reach: which addresses may be spoken to.
    """

    def __init__(self, user_agent: str, timeout_s: float, reach: AddressPolicy) -> None:
        self._timeout_s = timeout_s
        self._headers = f"User-Agent: {user_agent}\r\nAccept: */*\r\nAccept-Encoding: identity\r\n"
        self._pool = Pool(GuardedResolver(reach))
        self._open = asyncio.Semaphore(OPEN_AT_ONCE)
        self._pace = RateLimit()

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_NAME_THREADS, "names"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    async def ask(
        self,
        address: Address,
        headers: Mapping[str, str],
        limit: int,
        wanted: Wanted,
        delay_s: float = 0.0,
        cuts: bool = False,
    ) -> tuple[Heard, bytes | None]:
        """What `address` answers, and the body if it is wanted; asked once more where it may do better in a moment.

        Args:
            limit: bytes of the body.
            wanted: whether the body is, told the head; that of a redirect never is.
            delay_s: that the host wants between two requests. One that has enough to do (BUSY) is left alone as long as
                it says, by everybody.
            cuts: whether of a body beyond `limit` what comes first is wanted.

        Raises:
            Refused: the address is private, or the body is too large.
            Failed: it does not answer, or not in time.
        """
        for _ in range(RETRIES):
            try:
                found = await self._once(address, headers, limit, wanted, delay_s, cuts)
            except Failed as why:
                if why.reason not in DOWN:
                    raise
            else:
                status = found[0].status
                if status not in RETRIED:
                    return found
                if status not in BUSY:
                    await asyncio.sleep(rest_s(found[0].head.get("retry-after")))
        return await self._once(address, headers, limit, wanted, delay_s, cuts)

    async def _once(
        self, address: Address, headers: Mapping[str, str], limit: int, wanted: Wanted, delay_s: float, cuts: bool
    ) -> tuple[Heard, bytes | None]:
        said = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"GET {address.target} HTTP/1.1\r\n{address.headers}{self._headers}{said}\r\n".encode()

        def limit_of(head: Head) -> int | None:
            heard = _heard(address, head)
            return limit if heard.moved is None and wanted(heard) else None

        host = address.peer.host
        while True:
            await self._pace.turn(host, delay_s)
            async with self._open:
                if not self._pace.rests(host):  # nor has begun to while others had all that may be open
                    head, body = await self._in_time(address, request, limit_of, cuts)
                    break
        if head.status in BUSY:
            self._pace.rest(host, rest_s(head.get("retry-after")))
        if body is not None:
            body = decompress(body, ",".join(head.headers.get("content-encoding", ())), limit, cuts)
        return _heard(address, head), body

    async def _in_time(self, address: Address, request: bytes, limit: Limit, cuts: bool) -> tuple[Head, bytes | None]:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchanged(address, request, limit, cuts)
        except TimeoutError:
            raise Failed("timeout") from None

    async def _exchanged(self, address: Address, request: bytes, limit: Limit, cuts: bool) -> tuple[Head, bytes | None]:
        while True:
            connection = self._pool.waiting(address.peer)
            if connection is None:
                connection = await self._pool.connect(address.peer)
            try:
                reply = await connection.ask(request, limit, cuts)
            except Stale:
                continue
            except BaseException:
                connection.close()
                raise
            self._pool.keep(address.peer, connection)
            return reply


def _heard(address: Address, head: Head) -> Heard:
    location = head.get("location")
    if location is not None:  # its odd bytes, which come as lone surrogates, as browsers send them on
        location = _ODD.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", location)
    return Heard(head, redirect_target(address.wire, head.status, location))
