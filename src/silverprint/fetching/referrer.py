"""Referrer of a request for an image, by the policy that browsers have by default.

W3C Referrer Policy, `strict-origin-when-cross-origin`: the whole address to the same origin, the origin alone to others
and nothing from a page over TLS to a host without.
"""

from typing import Final
from urllib.parse import urlsplit

from w3lib.url import safe_url_string

_WEB: Final = frozenset({"http", "https"})
_LONGEST: Final = 4_096  # characters; of a longer one the origin is sent


def referrer(page: str | None, url: str) -> str | None:
    """The Referer of a request for `url`, which `page` shows: in ASCII, without user, password and fragment.

    None where there is none to be sent, or `page` is no address on the web.
    """
    if page is None:
        return None
    try:
        shown, asked = urlsplit(safe_url_string(page)), urlsplit(url)
        origin, asked_origin = _origin(shown.scheme, shown.netloc), _origin(asked.scheme, asked.netloc)
    except ValueError:
        return None
    if shown.scheme not in _WEB or not shown.hostname or not f"{origin}{shown.path}{shown.query}".isascii():
        return None
    if shown.scheme == "https" and asked.scheme != "https":
        return None
    whole = f"{origin}{shown.path or '/'}" + (f"?{shown.query}" if shown.query else "")
    is_near = origin == asked_origin and len(whole) <= _LONGEST
    return whole if is_near else f"{origin}/"


def _origin(scheme: str, netloc: str) -> str:
    host = netloc.rpartition("@")[2].lower()
    return f"{scheme}://{host.removesuffix(':80' if scheme == 'http' else ':443')}"
