"""No picture holds the crawl's loop, however large it is and whatever it holds: it is looked at aside."""

import asyncio
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from scrapy.http import Request, Response

from silverprint.acquired import Showing
from silverprint.adapters.crawl.endless_sites import StopRules
from silverprint.adapters.crawl.robots_middleware import DECISION
from silverprint.adapters.crawl.selector_report import Findings
from silverprint.adapters.crawl.spider import ImageSpider
from silverprint.config import WebSource
from silverprint.records import RAW, empty
from silverprint.store import ShardWriter
from silverprint.store.intake import Intake
from tests.crawl.pictures import encoded
from tests.store.test_strip_bounds import HOSTILE

MOST_S = 0.05
LARGE = 20_000_000
TRIES = 20  # of which the best counts: the system may leave the loop waiting while the other thread works


def large_jpeg(size: int) -> bytes:
    data = encoded(1)
    return data[:-2] + b"\x55" * size + data[-2:]


def large_gif(size: int) -> bytes:
    return encoded(1, "GIF") + bytes(size)


def large_png(size: int) -> bytes:
    data = encoded(1, "PNG")
    chunk = struct.pack(">I", 8_192) + b"IDAT" + bytes(8_196)
    return data[:33] + chunk * (size // len(chunk)) + data[33:]


PICTURES: dict[str, Callable[[int], bytes]] = {
    "a large JPEG": large_jpeg,
    "a large PNG": large_png,
    "a large GIF": large_gif,
    "no picture": bytes,
    **{name: HOSTILE[name] for name in ("scans", "fill bytes", "stuffing in the scan", "large EXIF", "tEXt", "frames")},
}


async def longest_pause(spider: ImageSpider, body: bytes, number: int) -> float:
    """Seconds of the processor for which nothing else could run on the loop while a picture was taken in.

    Of this process, all threads: one that held the interpreter's lock would count, neighbours on the machine do not.
    """
    url = f"http://127.0.0.1/{number}"
    showing = Showing(url)
    assert spider._shown.must_ask(showing)
    request = Request(url, meta={DECISION: "allowed"})
    response = Response(url, body=body, request=request)
    taken = asyncio.ensure_future(spider.on_picture(response, showing))
    longest, last = 0.0, time.process_time()
    while not taken.done():
        await asyncio.sleep(0.001)
        now = time.process_time()
        longest, last = max(longest, now - last), now
    await taken
    return longest


@pytest.mark.parametrize("kind", PICTURES)
def test_the_loop_goes_on_while_a_picture_is_taken_in(kind: str, tmp_path: Path) -> None:
    source = WebSource(kind="web", start=("http://127.0.0.1/",), next="a", page="a", picture="img")
    with ShardWriter(tmp_path) as writer:
        intake, patience = Intake(writer, "web", empty(RAW)), StopRules("web", max_pages=1)
        spider = ImageSpider(source, intake, lambda done, asked: None, patience, Findings("web", source))
        best = 1.0
        for number in range(TRIES):
            body = PICTURES[kind](LARGE) + bytes([number])  # a trailer: another picture each time
            best = min(best, asyncio.run(longest_pause(spider, body, number)))
            if best < MOST_S:
                break
        spider.closed("finished")
    assert best < MOST_S
