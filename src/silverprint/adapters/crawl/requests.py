"""Scrapy requests that remember the page on which their image was found."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from scrapy.http import Request
from twisted.python.failure import Failure

from silverprint.fetch_result import Showing, Validators
from silverprint.fetching.address_guard import target
from silverprint.fetching.refusals import Failed

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
IS_PICTURE: Final = "is_picture"  # key of Request.meta: whether nothing but a picture is asked for
LISTING, PAGE, PICTURE = 0, 1, 2  # priorities: what was found is fetched before more is looked for


def request(
    asked: Showing,
    priority: int,
    callback: Callable[..., Any],
    errback: Callable[[Failure], None],
    known: Validators | None = None,
    way: Mapping[str, Any] = NOTHING,
) -> Request:
    """The request for the address of `asked`, which its callbacks receive.

    Args:
        known: of a picture had before, which need not be sent again if it is the same.
        way: more for the callbacks, by which the address was found: `response.meta["way"]`.

    Raises:
        Refused: `scheme`.
        Failed: `bad-url`.
    """
    conditions = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified)) if known else ()
    try:
        target(asked.url)
        return Request(
            asked.url,
            callback=callback,
            errback=errback,
            cb_kwargs={"asked": asked},
            headers={name: value for name, value in conditions if value},
            priority=priority,
            dont_filter=True,  # Scrapy's own filter would drop a redirect to a known address without a word
            # An address that `resolve_url` wrote is not written anew.
            meta={"verbatim_url": True, "way": dict(way), IS_PICTURE: priority == PICTURE},
        )
    except ValueError:
        raise Failed("bad-url") from None
