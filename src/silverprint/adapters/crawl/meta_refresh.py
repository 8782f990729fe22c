"""Redirects by `<meta http-equiv=refresh>`, read as the HTML standard says."""

import re
from typing import Final

from parsel import Selector

from silverprint.adapters.crawl.css_select import select

_LONGEST_WAIT: Final = 60  # seconds; what waits longer is read, and shown anew
_REFRESH: Final = re.compile(
    r"\s*(\d*)[\d.]*(?:[\s;,]+(?:url\s*=\s*)?(?:\"([^\"]*)|'([^']*)|(\S[^\n]*)))?", re.IGNORECASE
)


def refresh_target(page: Selector) -> str | None:
    """The address, as written, that the page sends its readers on to; None where it does not."""
    for tag in select(page, "meta[http-equiv]"):
        if tag.get("http-equiv").strip().lower() == "refresh":
            found = _REFRESH.match((tag.get("content") or "")[:10_000])
            address = found and (found[2] or found[3] or found[4])
            if found and address and (found[1] or "").isascii() and float(found[1] or 0) <= _LONGEST_WAIT:
                return address.strip()
    return None
