"""A request of Scrapy's for what is shown somewhere."""

from collections.abc import Callable
from typing import Any

from scrapy.http import Request
from twisted.python.failure import Failure

from silverprint.fetching.addresses import target
from silverprint.fetching.reasons import Failed
from silverprint.store.earlier import Validators
from silverprint.store.intake import Showing

LISTING, PAGE, PICTURE = 0, 1, 2  # priorities: what was found is fetched before more is looked for


def request(
    asked: Showing,
    priority: int,
    callback: Callable[..., Any],
    errback: Callable[[Failure], None],
    known: Validators | None = None,
) -> Request:
    """The request for the address of `asked`, which its callbacks are told.

    Args:
        known: of a picture had before, which need not be sent again if it is the same.

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
        )
    except ValueError:
        raise Failed("bad-url") from None
