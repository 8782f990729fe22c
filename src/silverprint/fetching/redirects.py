"""Redirects as browsers read them (RFC 9110, 15.4)."""

from typing import Final

from silverprint.fetching.address_guard import target
from silverprint.fetching.refusals import Failed
from silverprint.fetching.urls import resolve_url

_MOVED: Final = {301, 302, 303, 307, 308}


def redirect_target(url: str, status: int, location: str | None) -> str | None:
    """The address that the answer of `url` points to; None where it is no redirect.

    Raises:
        Refused: `scheme`: to something that is not on the web.
        Failed: `bad-url`.
    """
    if status not in _MOVED or location is None:
        return None
    try:
        found = resolve_url(location, url)
        target(found)
    except ValueError:
        raise Failed("bad-url") from None
    return found
