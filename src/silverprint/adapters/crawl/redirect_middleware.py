"""Scrapy middleware for redirects, by the same rules as in a list."""

from urllib.parse import quote

from scrapy.downloadermiddlewares import redirect
from scrapy.http import Request, Response

from silverprint.fetching.redirects import redirect_target
from silverprint.fetching.refusals import NoImage


class RedirectMiddleware(redirect.RedirectMiddleware):
    """Scrapy's own, but for how it reads the address: a backslash would be part of a name there."""

    def process_response(self, request: Request, response: Response, spider: object = None) -> Request | Response:
        location = response.headers.get("Location")
        if location is None:
            return response
        try:
            found = redirect_target(request.url, response.status, _text(location))
        except NoImage:
            return response  # the refusal becomes a row of its own
        if found is None:
            return response
        return super().process_response(request, response.replace(headers={**response.headers, "Location": found}))


def _text(location: bytes) -> str:
    """A header's value; bytes that are no UTF-8 as browsers send them on."""
    try:
        return location.decode()
    except UnicodeDecodeError:
        return quote(location, safe=bytes(range(0x21, 0x7F)))
