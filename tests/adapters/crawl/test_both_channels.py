"""robots.txt and Referer as both channels have them, in one run each: every host here has one odd robots.txt."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from silverprint.fetching.limits import ROBOTS_BYTES
from silverprint.fetching.referrer import referrer
from silverprint.store import ShardReader
from tests.adapters.crawl.test_hostile import acquire
from tests.helpers.crawl_projects import configured
from tests.helpers.hostile_site import moved
from tests.helpers.tinysite import SITE_FILES, Reply, Site, html, picture, serving
from tests.helpers.web_pictures import encoded

FORBIDS = b"User-agent: *\nDisallow: /img/\n"
STORED, REFUSED = ("stored", None), ("refused", "robots")
UNREACHABLE = ("failed", "robots-unreachable")
LONG = b"#" + b"x" * (ROBOTS_BYTES + 200_000) + b"\n"

# What each host answers for its robots.txt, and what becomes of its picture.
HOSTS: dict[str, tuple[dict[str, Reply], tuple[str, str | None]]] = {
    "none": ({}, STORED),
    "plain": ({"/robots.txt": Reply(FORBIDS)}, REFUSED),
    "byte-order-mark": ({"/robots.txt": Reply(b"\xef\xbb\xbf" + FORBIDS)}, REFUSED),
    "utf-16": ({"/robots.txt": Reply(FORBIDS.decode().encode("utf-16"))}, REFUSED),
    "long": ({"/robots.txt": Reply(FORBIDS + LONG)}, REFUSED),
    "too-late": ({"/robots.txt": Reply(LONG + FORBIDS)}, STORED),
    "longer-than-a-picture-may-be": ({"/robots.txt": Reply(FORBIDS + 4 * LONG)}, REFUSED),
    "moved": ({"/robots.txt": moved("/r1"), "/r1": Reply(FORBIDS)}, REFUSED),
    "moved-five-times": (
        {"/robots.txt": moved("/r1"), **{f"/r{n}": moved(f"/r{n + 1}") for n in range(1, 5)}, "/r5": Reply(FORBIDS)},
        REFUSED,
    ),
    "moved-without-end": ({"/robots.txt": moved("/robots.txt")}, ("failed", "redirect-loop")),
    "moved-to-another-scheme": ({"/robots.txt": moved("ftp://127.0.0.1/robots.txt")}, UNREACHABLE),
    "moved-to-a-file": ({"/robots.txt": moved("file:///etc/hosts")}, UNREACHABLE),
    "moved-to-no-address": ({"/robots.txt": moved("http://[bad/")}, UNREACHABLE),
    "moved-to-nowhere": ({"/robots.txt": Reply(status=302)}, UNREACHABLE),
    "moved-to-none": ({"/robots.txt": moved("/nothing")}, STORED),
    "forbidden": ({"/robots.txt": Reply(FORBIDS, status=403)}, STORED),
    "busy": ({"/robots.txt": Reply(FORBIDS, status=503)}, UNREACHABLE),
    "no-content": ({"/robots.txt": Reply(status=204)}, STORED),
}  # fmt: skip


Met: TypeAlias = tuple[Path, Site, dict[str, Site]]  # the project, the host of the page, the others by their names


@pytest.fixture(scope="module", params=["web", "urls"])
def met(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Site, dict[str, Site]]]:
    project = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        sites = {
            name: stack.enter_context(serving({**replies, "/img/a.jpg": picture(encoded(number))}))
            for number, (name, (replies, _)) in enumerate(HOSTS.items())
        }
        elsewhere = stack.enter_context(serving({"/robots.txt": moved(f"{sites['plain'].address}/robots.txt")}))
        sites["moved-to-another-host"] = elsewhere
        elsewhere.replies["/img/a.jpg"] = picture(encoded(90))
        shown = "".join(f'<img class="photo" src="{site.address}/img/a.jpg">' for site in sites.values())
        shown += '<img class="photo" src="/near.jpg">'
        replies = {
            "/": html('<a class="product" href="/page?a=1">x</a>'),
            "/page": html(shown),
            "/near.jpg": picture(encoded(91)),
        }
        start = stack.enter_context(serving(replies))
        urls = [f"{site.address}/img/a.jpg" for site in sites.values()] + [f"{start.address}/near.jpg"]
        (project / "list.csv").write_text(
            "\n".join(["url,page_url", *(f"{url},{start.address}/page?a=1#x" for url in urls)])
        )
        configured(project, request.param, start, timeout_s=5, max_bytes=1_000_000)
        params, hosts = project / "params.yaml", ", ".join(f'"{site.host}"' for site in [start, *sites.values()])
        params.write_text(params.read_text().replace(f'["{start.host}"]', f"[{hosts}]"))
        acquire(project, request.param)
        yield project, start, sites


@pytest.mark.slow
@pytest.mark.parametrize("name", [*HOSTS, "moved-to-another-host"])
def test_both_channels_obey_it(met: Met, name: str) -> None:
    project, _, sites = met
    outcome = REFUSED if name == "moved-to-another-host" else HOSTS[name][1]
    rows = ShardReader(project / "data/raw").index().filter(url=f"{sites[name].address}/img/a.jpg")
    assert rows.select("outcome", "reason").rows() == [outcome]
    assert sites[name].count("/img/a.jpg") == (outcome == STORED)


@pytest.mark.slow
def test_both_channels_say_which_page_shows_a_picture(met: Met) -> None:
    """All of its address on the same host, the host alone elsewhere, and nothing to a robots.txt."""
    _, start, sites = met
    said = {path: headers.get("Referer") for path, headers in start.asked}
    assert said["/near.jpg"] == f"{start.address}/page?a=1"
    assert said["/robots.txt"] is None
    assert {path: headers.get("Referer") for path, headers in sites["none"].asked} == {
        **dict.fromkeys(SITE_FILES), "/img/a.jpg": f"{start.address}/"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("page", "url", "said"),
    [
        ("https://a.example/p?q=1#f", "https://a.example/i.jpg", "https://a.example/p?q=1"),
        ("https://a.example:443/p", "https://a.example/i.jpg", "https://a.example/p"),
        ("https://a.example/p", "https://img.a.example/i.jpg", "https://a.example/"),
        ("https://a.example/p", "https://a.example:8443/i.jpg", "https://a.example/"),
        ("https://a.example/p", "http://a.example/i.jpg", None),
        ("http://a.example/p", "https://b.example/i.jpg", "http://a.example/"),
        ("http://ada:secret@a.example/p", "http://a.example/i.jpg", "http://a.example/p"),
        ("http://a.example/über uns", "http://a.example/i.jpg", "http://a.example/%C3%BCber%20uns"),
        ("http://a.example/p\r\nX: y", "http://a.example/i.jpg", "http://a.example/pX:%20y"),
        ("http://a.example", "http://a.example/i.jpg", "http://a.example/"),
        ("http://a.example/" + "x" * 5_000, "http://a.example/i.jpg", "http://a.example/"),
        *((page, "http://a.example/i.jpg", None) for page in (None, "", "p", "file:///p", "http://[bad/", "data:x", "ftp://a/")),
    ],
)  # fmt: skip
def test_what_a_request_says_of_the_page(page: str | None, url: str, said: str | None) -> None:
    assert referrer(page, url) == said
