"""A host that asks for time between requests gets it, from both channels that go out."""

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from protego import Protego

from silverprint.fetching import robots
from silverprint.fetching.limits import CRAWL_DELAY
from tests.crawl.pictures import encoded
from tests.crawl.projects import configured
from tests.crawl.test_hostile import acquire
from tests.crawl.tinysite import Reply, html, photo, picture, serving

DELAY_S, PICTURES = 0.4, 4


@pytest.mark.parametrize(
    ("stated", "delay"),
    [("2", 2.0), ("0.5", 0.5), ("86400", CRAWL_DELAY), ("inf", 0), ("0", 0), ("-1", 0), ("nan", 0), ("x", 0)],
)
def test_a_crawl_delay_has_a_limit(stated: str, delay: float) -> None:
    rules = Protego.parse(f"User-agent: otherbot\nCrawl-delay: 9\n\nUser-agent: *\nCrawl-delay: {stated}\n")
    assert robots.delay(rules, "silverprint") == delay
    assert robots.delay(None, "silverprint") == 0


@pytest.mark.slow
@pytest.mark.parametrize("channel", ["web", "urls"])
def test_a_host_gets_the_time_that_it_wants(channel: str, tmp_path: Path) -> None:
    asked: list[float] = []

    def noted(reply: Reply) -> Callable[[str], Reply]:
        return lambda _: (asked.append(time.monotonic()), reply)[1]

    pages = {f"/p/{number}": photo(f"/img/{number}.jpg") for number in range(PICTURES)}
    pages["/"] = html("".join(f'<a class="product" href="{page}">x</a>' for page in pages))
    pages |= {f"/img/{number}.jpg": picture(encoded(number)) for number in range(PICTURES)}
    replies: dict[str, Reply | Callable[[str], Reply]] = {path: noted(reply) for path, reply in pages.items()}
    replies["/robots.txt"] = Reply(f"User-agent: *\nCrawl-delay: {DELAY_S}\n".encode())
    with serving(replies) as site:
        urls = "".join(f"{site.address}/img/{number}.jpg\n" for number in range(PICTURES))
        (tmp_path / "list.csv").write_text(f"url\n{urls}")
        configured(tmp_path, channel, site, timeout_s=5)
        acquire(tmp_path, channel)
    assert len(asked) == (2 * PICTURES + 1 if channel == "web" else PICTURES)
    between = [later - earlier for earlier, later in pairwise(sorted(asked))]
    assert min(between) > 0.75 * DELAY_S  # a busy machine hears a request somewhat late
