"""One exchange at a time over aiohttp, within limits: no redirect followed, no cookie, no proxy, nothing unpacked."""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeAlias

import aiohttp

from silverprint.adapters.urls.body import read
from silverprint.adapters.urls.gate import Address
from silverprint.adapters.urls.resolver import GuardedResolver
from silverprint.fetching.addresses import Reach
from silverprint.fetching.limits import RETRIED, RETRIES
from silverprint.fetching.reasons import DOWN, Failed
from silverprint.fetching.redirects import moved

_NAME_THREADS: Final = 32  # a name server's answer may take seconds, and blocks a thread
_NAMES_KEPT_S: Final = 60
_LONGEST_PAUSE: Final = 10.0  # seconds that a host may ask for before the second try
_ODD: Final = re.compile("[\udc80-\udcff]")
_FAILURES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "unknown-host"),
    (aiohttp.InvalidURL, "bad-url"),
    (aiohttp.ClientPayloadError, "cut-off"),
    (aiohttp.ClientConnectionError, "connection"),
    (aiohttp.ClientResponseError, "connection"),  # what came is no HTTP
    (aiohttp.ClientError, "broken-response"),
)


class Heard(NamedTuple):
    """The head of what came back; `moved` is the address that it points to."""

    status: int
    headers: Mapping[str, str]
    directives: tuple[str, ...]
    moved: str | None


Wanted: TypeAlias = Callable[[Heard], bool]


class Client:
    """Asks addresses that have passed the gate; used as a context.

    Args:
        user_agent: who we are.
        timeout_s: for a reply, its body included.
        reach: which addresses may be spoken to.
    """

    def __init__(self, user_agent: str, timeout_s: float, reach: Reach) -> None:
        self._agent, self._timeout_s, self._reach = user_agent, timeout_s, reach

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_NAME_THREADS, "names"))
        resolver = GuardedResolver(self._reach)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, resolver=resolver, ttl_dns_cache=_NAMES_KEPT_S),
            headers={"User-Agent": self._agent, "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(),  # ours covers the body, too
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=2**18,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def ask(
        self, address: Address, headers: Mapping[str, str], limit: int, wanted: Wanted
    ) -> tuple[Heard, bytes | None]:
        """What `address` answers, and the body if it is wanted; asked once more where it may do better in a moment.

        Args:
            limit: bytes of the body.
            wanted: whether the body is, told the head; that of a redirect never is.

        Raises:
            Refused: the address is private, or the body is too large.
            Failed: it does not answer, or not in time.
        """
        for _ in range(RETRIES):
            try:
                found = await self._once(address, headers, limit, wanted)
            except Failed as why:
                if why.reason not in DOWN:
                    raise
            else:
                if found[0].status not in RETRIED:
                    return found
                await asyncio.sleep(_pause(found[0].headers.get("Retry-After")))
        return await self._once(address, headers, limit, wanted)

    async def _once(
        self, address: Address, headers: Mapping[str, str], limit: int, wanted: Wanted
    ) -> tuple[Heard, bytes | None]:
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.get(address.sent, headers=headers, allow_redirects=False) as response,
            ):
                heard = _heard(address, response)
                return heard, await read(response, limit) if heard.moved is None and wanted(heard) else None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Failed(_reason(error)) from error


def _heard(address: Address, response: aiohttp.ClientResponse) -> Heard:
    headers = response.headers
    location = headers.get("Location")
    if location is not None:  # its odd bytes, which come as lone surrogates, as browsers send them on
        location = _ODD.sub(lambda found: f"%{ord(found[0]) - 0xDC00:02X}", location)
    points_to = moved(address.wire, response.status, location)
    return Heard(response.status, headers, tuple(headers.getall("X-Robots-Tag", ())), points_to)


def _reason(error: Exception) -> str:
    if isinstance(getattr(error, "os_error", None), ConnectionRefusedError):
        return "connection-refused"
    return next(reason for kind, reason in _FAILURES if isinstance(error, kind))


def _pause(retry_after: str | None) -> float:
    """Seconds until the second try."""
    return min(float(retry_after), _LONGEST_PAUSE) if retry_after and retry_after.isdecimal() else 1.0
