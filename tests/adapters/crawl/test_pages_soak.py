"""Pages that strangers make: 10,000 of them, grown, cut and mixed; none ends the crawl, none holds it for a second."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import polars as pl
import pytest
from scrapy.http import HtmlResponse, Request

from silverprint.adapters.crawl.event_loop import short_searches
from silverprint.adapters.crawl.selector_report import Findings
from silverprint.adapters.crawl.spider import ImageSpider
from silverprint.adapters.crawl.stop_rules import StopRules
from silverprint.config import WebSource
from silverprint.fetch_result import Showing
from silverprint.records import RAW
from silverprint.store import ShardWriter
from silverprint.store.intake import Intake
from tests.helpers import sites
from tests.helpers.tinysite import Reply

SOURCE = WebSource(
    kind="web",
    start=("http://a.example/",),
    next="nav a[rel=next], li:nth-child(2) a",
    page="div a.product",
    picture="div .photo, img, .bg",
    label="div",
    listing_label="ul li, div",
)
_LD = [{"@type": "ImageObject", "contentUrl": f"/p{n}.jpg", "license": "/l"} for n in range(20)]
PIECES = (
    "<div>",
    "</div>",
    "<div class=photo>",
    "<ul><li>",
    "</li></ul>",
    "<b><p>",
    "<picture>",
    "<source srcset='a 1w,b 2w'>",
    "<a class=product href='x?é=ü'>",
    "<a rel=next href=\\n\\x>",
    "<nav>",
    "<img class=photo src=a.jpg>",
    "<noscript>",
    "<img srcset='a.jpg 1x, b.jpg 2x (,' data-src=c>",
    "<div class=bg style='background:url(url(url(\"'>",
    "<base href=//b>",
    "<meta http-equiv=refresh content='0;url=/x'>",
    "<meta name=robots content=noai>",
    "<meta charset=gbk>",
    "<!-- ",
    "-->",
    f"<script type='application/ld+json'>{json.dumps(_LD)}</script>",
    "<script type='application/ld+json'>[[{",
    "<table><tr>",
    "<a rel=license href=/l>",
    "<svg><image xlink:href=x>",
    "&#x110000;&amp",
    "\x00",
    "\ufeff",
    "word ",
    "<![CDATA[",
    "<?pi ",
    " a=1 b='>' c",
    "<form><select><option>",
    "<![if",
    "</",
    "<",
    '"',
    "'",
    "日本",
)


def page(draw: random.Random, seeds: list[str]) -> bytes:
    """A page: half of them a site's with a few pieces in it, half of them grown; then some bytes changed."""
    text = mixed(draw, seeds) if draw.random() < 0.5 else grown(draw, seeds)
    data = bytearray(text.encode(draw.choice(["utf-8", "gbk", "utf-16"]), "replace"))
    for _ in range(draw.randint(0, 8)):
        at = draw.randrange(len(data))
        data[at : at + draw.randint(0, 4)] = draw.randbytes(draw.randint(0, 4))
    return bytes(data)


def mixed(draw: random.Random, seeds: list[str]) -> str:
    """A site's page with a picture of its own, and pieces between its tags, some perhaps thousands of times."""
    tags = draw.choice(seeds).replace("<", "\0<").split("\0")
    tags.insert(draw.randrange(len(tags) + 1), f"<img class=photo src=/{draw.random()}.jpg>")
    for _ in range(draw.randint(0, 3)):
        tags.insert(draw.randrange(len(tags) + 1), draw.choice(PIECES) * draw.choice([1, 1, 1, 3_000]))
    return "".join(tags)


def grown(draw: random.Random, seeds: list[str]) -> str:
    """Pieces in any order, some perhaps thousands of times."""
    parts = [draw.choice(PIECES) for _ in range(draw.randint(1, 60))]
    parts.insert(draw.randrange(len(parts)), draw.choice(seeds))
    parts.insert(0, "<div><img class=photo src=first.jpg><a class=product href=/first>x</a>")
    if draw.random() < 0.3:
        piece = "".join(draw.choices(PIECES, k=draw.randint(1, 3)))
        parts.insert(draw.randrange(len(parts)), piece * draw.choice([10, 300, 3_000, 12_000]))
    return "".join(parts)


async def count(requests: AsyncIterator[Request]) -> int:
    return sum([1 async for _ in requests])


@pytest.mark.soak
def test_no_page_ends_or_holds_a_crawl(tmp_path: Path) -> None:
    draw = random.Random(5)
    seeds = [reply.body.decode("utf-8", "replace") for reply in sites.replies().values() if isinstance(reply, Reply)]
    seeds = [seed for seed in seeds if len(seed) < 100_000]
    slowest, requests = (0.0, 0), 0
    way = {"license": (None, None), "refusal": None}
    with ShardWriter(tmp_path) as writer, short_searches():  # as a crawl does
        intake = Intake(writer, "web", pl.DataFrame(schema=RAW))
        findings = Findings("web", SOURCE)
        spider = ImageSpider(SOURCE, intake, lambda done, asked: None, StopRules("web", 10**9), findings)
        for number in range(10_000):
            body = page(draw, seeds)
            url = f"http://a.example/{number}"
            kind = draw.choice(["text/html", "text/html; charset=gbk", "application/xml", "text/html; charset=no-such"])
            request = Request(url, meta={"way": way, "robots": "none"})
            response = HtmlResponse(url, body=body, headers={"Content-Type": kind}, request=request)
            asked = Showing(url, "http://a.example/")
            for read in (spider.on_listing, spider.on_page):
                since = time.process_time()
                requests += asyncio.run(count(read(response, asked)))
                slowest = max(slowest, (time.process_time() - since, number))
        spider.closed("finished")  # its file, too: left open, it would fail a later test
    print(f"10,000 pages, {requests} requests, {findings.pictures} pictures", end=", ")  # noqa: T201
    print(f"the slowest {slowest[0]:.2f} s (number {slowest[1]})")  # noqa: T201
    assert findings.pictures > 1_000
    assert slowest[0] < 1
