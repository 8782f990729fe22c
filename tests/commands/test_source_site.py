"""silverprint source add --site: a look at a real site on loopback, and what becomes of one that shuts us out."""

import gzip
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from silverprint import config, layout
from silverprint.campaign import lint
from tests.helpers.tinysite import SITE_FILES, Reply, html, serving

Run = Callable[..., subprocess.CompletedProcess[str]]
CARDS = "".join(f'<li class=card><a href="/p/{n}"><img src="/t/{n}.jpg"></a></li>' for n in range(3))
SHOP: dict[str, Reply | Callable[[str], Reply]] = {
    "/": html(f'<ul>{CARDS}</ul><p class=pager><a class=fwd href="/2">Next</a></p>'),
    "/p/0": html('<img class=photo width=400 height=300 src="/f/0.jpg"><img class=icon width=16 height=16 src=/i.png>'),
}


def add(silverprint: Run, host: str, *options: str) -> subprocess.CompletedProcess[str]:
    return silverprint("source", "add", "shop", "--site", f"http://{host}/", "--allow-private", host, *options)


@pytest.mark.slow  # a process each
@pytest.mark.usefixtures("project")
def test_a_site_is_looked_at_and_written_down_with_its_selectors(silverprint: Run) -> None:
    with serving(SHOP) as site:
        done = add(silverprint, site.host)
        assert done.returncode == 0, done.stderr
        source = config.load().sources["shop"]
        assert isinstance(source, config.WebSource)
        assert (source.next, source.page, source.picture) == ("a.fwd", "li.card a", "img.photo")
        assert (source.start, source.allow_private) == ((f"http://{site.host}/",), (site.host,))
        assert "links to 3 pages; 1 pictures on the first" in done.stderr
        assert [path for path, _ in site.asked] == [*SITE_FILES, "/", "/p/0"]
    lint.lint(config.load())


@pytest.mark.slow  # a process each
@pytest.mark.usefixtures("project")
def test_selectors_that_are_given_are_used_and_kept(silverprint: Run) -> None:
    with serving(SHOP) as site:
        done = add(silverprint, site.host, "--picture", "img.icon", "--page", "ul a")
    source = config.load().sources["shop"]
    assert isinstance(source, config.WebSource)
    assert (source.page, source.picture) == ("ul a", "img.icon")
    assert "sources.shop.picture: img.icon (given)" in done.stderr


def endless(wire: BinaryIO) -> None:
    """A page that has no end, for as long as somebody listens."""
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    with suppress(OSError):
        while True:
            wire.write(b"<p>more</p>" * 10_000)


MANY = "".join(f'<a href="/p/{n}"><img src="/t/{n}.jpg"></a>' for n in range(100_000))
SHUT: dict[str, tuple[dict[str, Any], int, str]] = {
    "endless": ({"/": Reply(raw=endless)}, 69, "raise sources.shop.max_bytes"),
    "many": ({"/": html(MANY)}, 69, "tags at most: begin at smaller ones"),
    "robots": (
        {"/robots.txt": Reply(b"User-agent: *\nDisallow: /\n"), "/": SHOP["/"]},
        69,
        "its robots.txt forbids it",
    ),
    "gone": ({}, 69, "fix the address in sources.shop.start"),
    "empty": ({"/": html("<p>nothing here</p>")}, 65, "sources.shop.picture = None: no picture was found at http://"),
    "bomb": (
        {
            "/": Reply(
                gzip.compress(b"<p>" * 10_000_000), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}
            )
        },
        69,
        "the page cannot be fetched (",
    ),
}


@pytest.mark.slow  # a process each
@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("kind", SHUT)
def test_a_site_that_gives_nothing_is_an_error_that_names_the_knob(silverprint: Run, kind: str) -> None:
    replies, code, said = SHUT[kind]
    before = layout.PARAMS.read_text()
    with serving(dict(replies)) as site:
        done = add(silverprint, site.host)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert layout.PARAMS.read_text() == before


@pytest.mark.slow  # a process each
@pytest.mark.usefixtures("project")
def test_a_private_address_is_not_looked_at_unless_it_is_allowed(silverprint: Run) -> None:
    with serving(SHOP) as site:
        done = silverprint("source", "add", "shop", "--site", f"http://{site.host}/")
        assert site.asked == []
    assert done.returncode == 69
    assert f"add {site.host} to sources.shop.allow_private" in done.stderr


@pytest.mark.slow  # a process each
@pytest.mark.usefixtures("project")
def test_with_force_an_entry_is_written_for_a_site_that_shows_nothing_yet(silverprint: Run) -> None:
    with serving({"/": html("<p>soon</p>")}) as site:
        done = add(silverprint, site.host, "--force")
    assert done.returncode == 0, done.stderr
    assert config.load().sources["shop"].picture == "img"  # type: ignore[union-attr]


@pytest.mark.usefixtures("project")
def test_options_of_a_site_belong_to_one(typed: Run, tmp_path: Path) -> None:
    done = typed("source", "add", "drop", "--archive", str(tmp_path), "--page", "a")
    assert (done.returncode, "--page: is of a site; give --site URL, too" in done.stderr) == (64, True)
    done = typed("source", "add", "shop", "--site", "http://x.example/", "--license", "MIT")
    assert (done.returncode, "--license with --site" in done.stderr) == (64, True)
