"""Scrapy's own ImagesPipeline over the same pages: nothing checked, nothing throttled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from benchmarks.crawling.common import AT_ONCE, timed


class Photos(Spider):
    name = "photos"

    def parse(self, response: Response) -> Iterator[Request]:
        yield from response.follow_all(css="a.page", callback=self.parse_page)

    def parse_page(self, response: Response) -> Iterator[dict[str, Any]]:
        for source in response.css("img.photo::attr(src)").getall():
            yield {"image_urls": [response.urljoin(source)]}


def work(address: str, pictures: int, folder: Path) -> None:
    process = CrawlerProcess(
        {
            "ITEM_PIPELINES": {"scrapy.pipelines.images.ImagesPipeline": 1},
            "IMAGES_STORE": str(folder / "pictures"),
            "CONCURRENT_REQUESTS": AT_ONCE,
            "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
            "DOWNLOAD_DELAY": 0,
            "ROBOTSTXT_OBEY": False,
            "COOKIES_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "LOG_ENABLED": False,
        }
    )
    process.crawl(Photos, start_urls=[f"{address}/of/{pictures}/"])
    process.start()
    found = len(list((folder / "pictures/full").iterdir()))
    assert found == pictures, f"{found} of {pictures}"


if __name__ == "__main__":
    timed(work)
