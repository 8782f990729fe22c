"""Scrapy middleware that decompresses bodies as the client for lists does."""

import asyncio
from http.client import OK
from typing import Self

from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.responsetypes import responsetypes

from silverprint.fetching.http.content_coding import ASKED, decompress


class DecompressMiddleware:
    """Downloader middleware, instead of Scrapy's: what is damaged or too large is so in both channels."""

    CUTS = "cuts"  # key of Request.meta: bytes of the body that are wanted, the rest is not

    def __init__(self, most: int) -> None:
        self._most = most

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    async def process_request(self, request: Request) -> None:
        request.headers.setdefault("Accept-Encoding", ASKED)

    async def process_response(self, request: Request, response: Response) -> Response:
        """
        Raises:
            Refused: `too-large`.
            Failed: `broken-response`.
        """
        codings = response.headers.getlist("Content-Encoding")
        if not codings or response.status != OK:  # of any other answer nobody reads the body
            return response
        most = request.meta.get(self.CUTS)
        coding = b",".join(codings).decode("latin-1")
        most, cuts = (self._most, False) if most is None else (most, True)
        # Beside the loop: a few bytes may unpack to as many as a picture may have.
        body = await asyncio.to_thread(decompress, response.body, coding, most, cuts=cuts)
        headers = response.headers.copy()
        del headers["Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        return response.replace(cls=kind, headers=headers, body=body)
