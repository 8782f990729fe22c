"""Rules that every page of our own servers keeps: what its answers carry, who may change a thing, its own files."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Send

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

LOOPBACK: Final = ("127.0.0.1", "localhost")
READING: Final = ("GET", "HEAD")  # methods that change nothing
_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def headers(referrer: bytes) -> Headers:
    """What every answer carries.

    Args:
        referrer: policy of what other pages are told of the address: `no-referrer`, or `same-origin` where forms have
            to say where they come from.
    """
    return (
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", referrer),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"geolocation=(), microphone=()"),
        (b"cache-control", b"no-store"),  # what is taken down is in no cache
    )


def carrying(send: Send, more: Headers) -> Send:
    """`send`, with more headers on the answer."""

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *more]
        await send(message)

    return with_headers


def is_of_another_site(request: Request) -> bool:
    """Whether another site's page asks, as far as the browser says."""
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host", "")


async def no_icon(_: Request) -> Response:
    """The answer to /favicon.ico, which browsers ask for unasked."""
    return Response(status_code=204)


def static(package: str, name: str, kinds: Mapping[str, str]) -> Response | None:
    """A file in the folder `pages` of a package; None where it is none of `kinds`, name -> media type."""
    if name not in kinds:
        return None
    text = files(package).joinpath("pages", name).read_text(encoding="utf-8")
    return Response(text, media_type=kinds[name])
