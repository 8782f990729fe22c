"""Client for one exchange at a time, within limits: it follows no redirect and keeps no cookie."""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeAlias, cast

import aiohttp

from silverprint.adapters.urls.http.address import Address
from silverprint.adapters.urls.http.connection import Response, Stale
from silverprint.adapters.urls.http.connector import Connector
from silverprint.fetching.address_guard import AddressPolicy
from silverprint.fetching.http.content_coding import decompress
from silverprint.fetching.http.response_head import Head
from silverprint.fetching.limits import RETRIED, RETRIES
from silverprint.fetching.rate_limit import BUSY, RateLimit, rest_s
from silverprint.fetching.redirects import redirect_target
from silverprint.fetching.refusals import DOWN, Failed, Refused

OPEN_AT_ONCE: Final = 256  # requests, to all hosts together
_PASSED_OVER: Final = 65_536  # bytes of an unwanted body that are read, so that the connection may be used again
_READ_AHEAD: Final = 262_144  # bytes of a body that wait for their reader
_NAME_THREADS: Final = 32  # a name server's answer may take seconds, and blocks a thread
_OF_THE_SYSTEM: Final = {ConnectionRefusedError: "connection-refused", TimeoutError: "timeout"}
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
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        self._reach = reach
        self._open = asyncio.Semaphore(OPEN_AT_ONCE)
        self._pace = RateLimit()

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_NAME_THREADS, "names"))
        self._session = aiohttp.ClientSession(
            connector=Connector(self._reach),
            headers=self._headers,
            response_class=Response,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(),
            read_bufsize=_READ_AHEAD,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

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
        while True:
            await self._pace.turn(address.host, delay_s)
            async with self._open:
                if not self._pace.rests(address.host):  # nor has begun to while others had all that may be open
                    heard, body = await self._in_time(address, headers, limit, wanted, cuts)
                    break
        if heard.status in BUSY:
            self._pace.rest(address.host, rest_s(heard.head.get("retry-after")))
        if body is not None:
            body = decompress(body, ",".join(heard.head.headers.get("content-encoding", ())), limit, cuts)
        return heard, body

    async def _in_time(
        self, address: Address, headers: Mapping[str, str], limit: int, wanted: Wanted, cuts: bool
    ) -> tuple[Heard, bytes | None]:
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    try:
                        return await self._exchanged(address, headers, limit, wanted, cuts)
                    except Stale:
                        continue
        except aiohttp.ClientError as error:
            raise Failed(_reason(error)) from error
        except TimeoutError:
            raise Failed("timeout") from None

    async def _exchanged(
        self, address: Address, headers: Mapping[str, str], limit: int, wanted: Wanted, cuts: bool
    ) -> tuple[Heard, bytes | None]:
        async with self._session.get(address.url, headers=headers, allow_redirects=False) as response:
            head = cast(Response, response).head
            heard = _heard(address, head)
            if heard.moved is None and wanted(heard):
                if (head.length or 0) > limit and not cuts:
                    raise Refused("too-large")
                return heard, await _body(response.content, limit, cuts)
            if head.length is not None and head.length <= _PASSED_OVER:
                await _body(response.content, _PASSED_OVER, cuts=False)
            return heard, None


async def _body(content: aiohttp.StreamReader, limit: int, cuts: bool) -> bytes:
    """What comes until the body's end, or beyond `limit`.

    Raises:
        Refused: `too-large`.
    """
    pieces, size = list[bytes](), 0
    while piece := await content.readany():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            if not cuts:
                raise Refused("too-large")
            return b"".join(pieces)[:limit]
    return b"".join(pieces)


def _reason(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "certificate"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _OF_THE_SYSTEM.get(type(error.os_error), "connection")
    return "cut-off" if isinstance(error, aiohttp.ClientPayloadError) else "connection"


def _heard(address: Address, head: Head) -> Heard:
    location = head.get("location")
    if location is not None:  # its odd bytes, which come as lone surrogates, as browsers send them on
        location = _ODD.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", location)
    return Heard(head, redirect_target(address.wire, head.status, location))
