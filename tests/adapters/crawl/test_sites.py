"""One small site per situation: what its pages mean to a browser is what the crawl finds there, by selectors alone."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from silverprint.store import ShardReader
from tests.helpers import sites
from tests.helpers.crawl_projects import configured
from tests.helpers.sites import products
from tests.helpers.tinysite import Reply, Site, html, picture, serving

pytestmark = pytest.mark.slow

FOUND = {
    "/base/gallery/": ["/base/assets/pic1.jpg", "/base/assets/pic2.jpg"],
    "/gbk/": ["/gbk/%E5%9B%BE.jpg", "/gbk/img?f=%CD%BC%C6%AC1"],
    "/slash/": [
        "/slash/img/100%.jpg",
        "/slash/img/Foto%20(1)%20%C3%84%C3%96.JPG",
        "/slash/img/a%20b.jpg",
        "/slash/img/dots.jpg",
        "/slash/img/x|y[1].jpg?v=1%202",
    ],
    "/refresh/": ["/i/refresh"],
    "/flat/": ["/i/flat1", "/i/flat2", "/i/flat3"],
    "/direct/": ["/i/direct1"],
    "/lazy/": [f"/lazy/real{number}.jpg" for number in range(1, 8)],
    "/trap/": ["/i/trap1", "/i/trap2"],
}
NOTHING = {
    "/js/": "'a.product' and .*picture = 'img.photo' found nothing at .*/js/, a page that is empty without scripts",
    "/wall/": "found nothing at .*/wall/, a page that asks for consent to cookies first .*sources.<name>.cookies",
    "/odd/": r"found nothing at .*/odd/ \(1 listing page read\): the source has no pictures",
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving(sites.replies()) as site:
        yield site


def with_knobs(project: Path, site: Site, **knobs: object) -> Path:
    """The params.yaml of a project that crawls `site`."""
    configured(project, "web", site, timeout_s=5)
    params = project / "params.yaml"
    said = "".join(f"\n    {knob}: {value}" for knob, value in knobs.items())
    params.write_text(params.read_text().replace("\n    timeout_s: 5", f"\n    timeout_s: 5{said}", 1))
    return params


def crawled(project: Path, site: Site, start: str, **knobs: object) -> tuple[int, str, list[str]]:
    """The exit code of a crawl that begins at `start`, what it said, and the addresses of what it stored."""
    params = with_knobs(project, site, **knobs)
    text = params.read_text().replace(f"http://{site.host}/", f"http://{site.host}{start}")
    params.write_text(text.replace("img.photo", "'.photo'") if start in FOUND else text)
    done = subprocess.run(
        [sys.executable, "-m", "silverprint", "acquire", "web"],
        cwd=project, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    reader = ShardReader(project / "data/raw/web")
    rows = reader.index().select("outcome", "url").iter_rows()
    return done.returncode, done.stderr, sorted(url.removeprefix(site.address) for how, url in rows if how == "stored")


@pytest.mark.parametrize("start", FOUND)
def test_what_a_browser_would_show_is_found(start: str, site: Site, tmp_path: Path) -> None:
    code, said, found = crawled(tmp_path, site, start)
    assert (code, found) == (0, FOUND[start]), said
    assert not site.count("/lazy/spinner.jpg")
    assert not site.count("/i/thumb1")


def test_a_pagination_without_an_end_is_told_and_left(site: Site, tmp_path: Path) -> None:
    site.asked.clear()
    code, said, _ = crawled(tmp_path, site, "/trap/")
    assert code == 0
    assert "20 listing pages in a row brought nothing new, the last is" in said
    assert len([path for path, _ in site.asked if path.startswith("/trap/")]) == 21


def test_no_more_pages_than_max_pages(site: Site, tmp_path: Path) -> None:
    site.asked.clear()
    code, said, _ = crawled(tmp_path, site, "/trap/", max_pages=5)
    assert code == 0
    assert "stopped after 5 pages (max_pages), raise sources.web.max_pages to go on" in said
    assert len([path for path, _ in site.asked if path.startswith("/trap")]) == 5


@pytest.mark.parametrize("start", NOTHING)
def test_a_crawl_that_finds_nothing_says_so(start: str, site: Site, tmp_path: Path) -> None:
    code, said, found = crawled(tmp_path, site, start)
    assert (code, found) == (65, [])
    assert said.count("\n") == 1
    assert re.search(NOTHING[start], said), said


@pytest.mark.parametrize(
    ("start", "reply", "remedy"),
    [
        ("/gone/", Reply(status=404), "http-404.*fix the address in sources.web.start"),
        ("/closed/", Reply(status=403), "http-403.*sources.web.user_agent.*sources.web.cookies"),
        ("/circle/", Reply(status=302, headers={"Location": "/circle/"}), "redirect-loop.*sources.web.cookies"),
        ("/huge/", None, "page-too-large.*25,000 tags"),
        ("/robots/", html(""), r"\(robots\).*its robots.txt forbids it to silverprint"),
    ],
)
def test_a_start_page_that_does_not_let_us_in_is_an_error(
    start: str, reply: Reply | None, remedy: str, site: Site, tmp_path: Path
) -> None:
    if reply is not None:
        site.replies[start] = reply
    site.replies["/robots.txt"] = Reply(b"User-agent: *\nDisallow: /robots/\n")
    code, said, _ = crawled(tmp_path, site, start)
    assert code == 69
    assert re.search(remedy, said), said
    assert "make demo" not in said


def test_a_private_start_page_is_told_with_its_knob(site: Site, tmp_path: Path) -> None:
    configured(tmp_path, "web", site, timeout_s=5)
    params = tmp_path / "params.yaml"
    params.write_text(params.read_text().replace(f"http://{site.host}/", "http://127.0.0.1:9/"))
    done = subprocess.run(
        [sys.executable, "-m", "silverprint", "acquire", "web"],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 69
    assert "add 127.0.0.1:9 to sources.web.allow_private" in done.stderr


def test_headers_and_cookies_go_to_the_site_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_COOKIE", "s3cret")
    with serving({"/i.jpg": picture(sites.encoded(3))}) as other, serving({}) as site:
        site.replies |= {
            "/": html(products("/p1", "/p2")),
            "/p1": html(f'<img class=photo src="{other.address}/i.jpg">'),
            "/p2": html('<img class=photo src="/moved.jpg">'),
            "/moved.jpg": Reply(status=302, headers={"Location": f"{other.address}/i.jpg"}),
        }
        told = {"cookies": "{seen: '${ENV:SHOP_COOKIE}', lang: de}", "headers": "{X-Api-Key: abc}"}
        params = with_knobs(tmp_path, site, **told)
        params.write_text(params.read_text().replace(f'["{site.host}"]', f'["{site.host}", "{other.host}"]'))
        code, said, found = crawled_as_is(tmp_path)
        assert code == 0, said
        assert len(found) == 1  # the second is the same picture
        assert {(asked.get("Cookie"), asked.get("X-Api-Key")) for _, asked in site.asked} == {
            ("seen=s3cret; lang=de", "abc")
        }
        assert {(asked.get("Cookie"), asked.get("X-Api-Key")) for _, asked in other.asked} == {(None, None)}
        assert "s3cret" not in "".join(path.read_text() for path in tmp_path.glob("*.yaml"))
        monkeypatch.delenv("SHOP_COOKIE")
        code, said, _ = crawled_as_is(tmp_path)
    assert code == 78
    assert "the environment has no SHOP_COOKIE; export SHOP_COOKIE=..." in said


def crawled_as_is(project: Path) -> tuple[int, str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "silverprint", "acquire", "web"],
        cwd=project, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    rows = ShardReader(project / "data/raw/web").index().select("outcome", "url").iter_rows()
    return done.returncode, done.stderr, [url for how, url in rows if how == "stored"]
