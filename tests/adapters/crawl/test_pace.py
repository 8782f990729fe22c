"""A host that asks for time, between requests or for a while, gets it from both channels that go out."""

import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.fetching import robots
from silverprint.fetching.limits import CRAWL_DELAY, REST
from silverprint.fetching.rate_limit import rest_s
from silverprint.store import ShardReader
from tests.adapters.crawl.test_hostile import acquire
from tests.helpers.crawl_projects import configured
from tests.helpers.tinysite import Reply, html, photo, picture, serving
from tests.helpers.web_pictures import encoded

DELAY_S, PICTURES = 0.4, 4
REST_S = 3
OPEN = {"web": 8, "urls": 2}  # requests, at a host at a time


@pytest.mark.parametrize(
    ("stated", "delay"),
    [("2", 2.0), ("0.5", 0.5), ("86400", CRAWL_DELAY), ("inf", 0), ("0", 0), ("-1", 0), ("nan", 0), ("x", 0)],
)
def test_a_crawl_delay_has_a_limit(stated: str, delay: float) -> None:
    text = f"User-agent: otherbot\nCrawl-delay: 9\n\nUser-agent: *\nCrawl-delay: {stated}\n"
    rules = robots.rules(200, text.encode())
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


# Two answers of a host that has enough to do: a busy one, and one that is down; both say how long.
TOLD = [(429, lambda: str(REST_S)), (503, lambda: formatdate(time.time() + REST_S, usegmt=True))]


@pytest.mark.slow
@pytest.mark.parametrize(("status", "told"), TOLD, ids=["seconds", "date"])
@pytest.mark.parametrize("channel", ["web", "urls"])
def test_a_busy_host_is_left_alone_by_everybody(
    channel: str, status: int, told: Callable[[], str], tmp_path: Path
) -> None:
    asked: list[tuple[float, str]] = []
    busy_since: list[float] = []

    def answer(path: str) -> Reply:
        number = int(path.removeprefix("/img/").removesuffix(".jpg"))
        asked.append((time.monotonic(), path))
        if number == PICTURES // 2 and not busy_since:
            reply = Reply(status=status, headers={"Retry-After": told()})
            busy_since.append(time.monotonic())
            return reply
        return picture(encoded(number))

    shown = "".join(f'<img class="photo" src="/img/{number}.jpg">' for number in range(4 * PICTURES))
    replies = {"/": html('<a class="product" href="/all">x</a>'), "/all": html(shown), "/img/": answer}
    with serving(replies) as site:
        urls = "".join(f"{site.address}/img/{number}.jpg\n" for number in range(4 * PICTURES))
        (tmp_path / "list.csv").write_text(f"url\n{urls}")
        configured(tmp_path, channel, site, timeout_s=5)
        acquire(tmp_path, channel)
    index = ShardReader(tmp_path / "data/raw" / channel).index()
    assert index["outcome"].to_list() == ["stored"] * 4 * PICTURES
    # What was on its way when the host said so could not be called back: at most what may be open at a host.
    after = sorted(at - busy_since[0] for at, _ in asked if at > busy_since[0])
    early = [at for at in after if at < REST_S - 1.1]  # a date has no fractions of a second
    assert len(early) < OPEN[channel]
    assert all(at < 0.5 for at in early)
    assert len(after) > len(early)


@given(st.text() | st.integers().map(str))
def test_what_a_host_asks_for_has_a_limit(retry_after: str) -> None:
    assert 0 <= rest_s(retry_after) <= REST
    if retry_after.isdecimal():
        assert rest_s(retry_after) == min(float(retry_after), REST)


def test_a_date_is_so_many_seconds_away() -> None:
    def told(seconds: float) -> float:
        return rest_s(formatdate(time.time() + seconds, usegmt=True))

    assert 3 < told(5) <= 5
    assert told(-3_600) == 0
    assert told(86_400) == REST
    assert rest_s(None) == rest_s("soon") == 1
