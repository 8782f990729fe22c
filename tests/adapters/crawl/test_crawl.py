"""The web channel against a real HTTP server: what is kept, what is refused, what fails, and what a second run does."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from silverprint.records import RAW
from silverprint.store import ShardReader, tables
from tests.conftest import copy_project
from tests.helpers.tinysite import Reply, Site, html, photo, picture, serving
from tests.helpers.web_pictures import encoded, exif

pytestmark = pytest.mark.slow

CC_BY = "https://creativecommons.org/licenses/by/4.0/"
RAW_WEB = Path("data/raw/web")


def json_ld(license_: str) -> str:
    data = {"@type": "Product", "image": {"@type": "ImageObject", "contentUrl": "/img/stated.jpg", "license": license_}}
    return f'<script type="application/ld+json">{json.dumps(data)}</script>'


def everything() -> dict[str, Reply | Callable[[str], Reply]]:
    """Listing pages in a chain, a page per name, a picture per name: each name is one thing the web does."""
    replies: dict[str, Reply | Callable[[str], Reply]] = {
        "/robots.txt": Reply(b"User-agent: *\nDisallow: /private/\nDisallow: /p/closed\n"),
        "/p/linked": photo("/img/linked.jpg#top", f'<a rel="license nofollow" href="{CC_BY}">CC BY</a>'),
        "/img/linked.jpg": picture(encoded(1)),
        "/p/stated": photo("/img/stated.jpg", f'<a rel="license" href="{CC_BY}">of the page</a>', json_ld("MIT")),
        "/img/stated.jpg": picture(encoded(2)),
        "/p/silent": photo("/img/silent.jpg"),
        "/img/silent.jpg": picture(encoded(3)),
        "/p/copy": photo("/img/copy.jpg"),
        "/img/copy.jpg": picture(encoded(1)),
        "/p/again": photo("/img/linked.jpg"),
        "/p/disallowed": photo("/private/disallowed.jpg"),
        "/private/disallowed.jpg": picture(encoded(4)),
        "/p/closed": photo("/img/silent.jpg"),
        "/p/other-bot": photo("/img/other-bot.jpg"),
        "/img/other-bot.jpg": picture(encoded(6), **{"X-Robots-Tag": "otherbot: noindex, nofollow"}),
        "/p/meta": photo("/img/meta.jpg", head='<meta name="Robots" content="NOIMAGEINDEX">'),
        "/img/meta.jpg": picture(encoded(7)),
        "/p/truncated": photo("/img/truncated.jpg"),
        "/img/truncated.jpg": picture(encoded(9)[:-200]),
        "/p/placed": photo("/img/placed.jpg"),
        "/img/placed.jpg": picture(encoded(11, exif=exif(orientation=6))),
        "/p/moved": photo("/img/moved.jpg"),
        "/img/moved.jpg": Reply(status=301, headers={"Location": "/img/silent.jpg"}),
        "/p/bare": html("nothing to see"),
    }
    pages = [*(path for path in replies if path.startswith("/p/")), "/p/gone"]
    half = len(pages) // 2
    replies["/"] = listing(pages[:half], "/list/2")
    replies["/list/2"] = listing(pages[half:], "/")  # a circle
    return replies


def listing(pages: list[str], following: str | None = None) -> Reply:
    links = "".join(f'<a class="product" href="{page}">x</a>' for page in pages)
    return html(links + (f'<a rel="next" href="{following}">next</a>' if following else ""))


def configure(project: Path, site: Site, **changes: str) -> None:
    text = (project / "params.yaml").read_text().replace("127.0.0.1:8600", site.host)
    text = text.replace("timeout_s: 4", "timeout_s: 1\n    max_bytes: 100000")
    for old, new in changes.items():
        text = text.replace(old, new)
    (project / "params.yaml").write_text(text)


def index(project: Path) -> pl.DataFrame:
    return ShardReader(project / RAW_WEB).index()


def contents(project: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project / RAW_WEB).iterdir()}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Site]]:
    """One crawl of everything."""
    project = tmp_path_factory.mktemp("crawled")
    copy_project(project)
    with serving(everything()) as site:
        configure(project, site)
        done = acquire(project)
        assert done.returncode == 0, done.stderr
        yield project, site


def acquire(project: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "silverprint", "acquire", "web"]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)


STORED = {"linked", "stated", "silent", "other-bot", "truncated", "placed"}
NOT_STORED = {
    "disallowed": ("refused", "robots"),
    "meta": ("refused", "meta-robots"),
    "closed": ("refused", "robots"),
    "gone": ("failed", "http-404"),
    "bare": ("failed", "no-picture"),
}


def row(crawled: tuple[Path, Site], name: str) -> dict[str, object]:
    """The row that the page of this name led to."""
    project, site = crawled
    page = f"{site.address}/p/{name}"
    return index(project).row(by_predicate=(pl.col("page_url") == page) | (pl.col("url") == page), named=True)


@pytest.mark.parametrize("name", sorted(NOT_STORED))
def test_what_is_not_kept_is_a_row_with_its_reason(crawled: tuple[Path, Site], name: str) -> None:
    found = row(crawled, name)
    assert (found["outcome"], found["reason"]) == NOT_STORED[name]
    assert found["image_id"] is None
    assert found["shard"] is None


def test_pictures_are_stored_as_fetched_and_once(crawled: tuple[Path, Site]) -> None:
    project, site = crawled
    frame = index(project)
    stored = frame.filter(pl.col("outcome") == "stored")
    copies = frame.filter(pl.col("outcome") == "duplicate")
    assert len(stored) == len(STORED)
    assert stored["image_id"].n_unique() == len(stored)
    assert len(copies) == 3  # the same bytes elsewhere, the same address on another page, a redirect to a known one
    linked, copy, again = (row(crawled, name) for name in ("linked", "copy", "again"))
    assert {linked["outcome"], copy["outcome"], again["outcome"]} == {"stored", "duplicate"}
    assert linked["image_id"] == copy["image_id"] == again["image_id"]
    assert linked["offset"] == copy["offset"] == again["offset"]
    assert site.count("/img/linked.jpg") == 1
    served = dict(ShardReader(project / RAW_WEB).scan())
    assert served[str(linked["image_id"])] == encoded(1)


def test_metadata_is_stripped_before_storing(crawled: tuple[Path, Site]) -> None:
    found = row(crawled, "placed")
    assert found["stored_sha256"] != found["image_id"]
    [(_, stored)] = ShardReader(crawled[0] / RAW_WEB).read([str(found["image_id"])])
    assert b"ACME" in encoded(11, exif=exif(orientation=6))
    assert b"ACME" not in stored


def test_licences_come_with_their_evidence(crawled: tuple[Path, Site]) -> None:
    said = {name: row(crawled, name) for name in ("linked", "stated", "silent")}
    found = {name: (entry["license"], entry["license_evidence"]) for name, entry in said.items()}
    assert found == {
        "linked": ("CC-BY-4.0", "rel-license"),
        "stated": ("MIT", "json-ld"),
        "silent": (None, None),
    }
    assert {entry["robots"] for entry in said.values()} == {"allowed"}


def test_nothing_disallowed_is_ever_asked_for(crawled: tuple[Path, Site]) -> None:
    _, site = crawled
    assert site.count("/private/disallowed.jpg") == 0
    assert site.count("/p/closed") == 0
    assert site.count("/img/meta.jpg") == 0
    assert site.count("/robots.txt") == 1
    assert all("silverprint" in headers["User-Agent"] for _, headers in site.asked)


def test_a_second_run_fetches_and_writes_only_what_changed(crawled: tuple[Path, Site]) -> None:
    project, site = crawled
    before = contents(project)
    site.asked.clear()
    done = acquire(project)
    assert done.returncode == 0, done.stderr
    assert contents(project) == before
    conditional = [path for path, headers in site.asked if "If-None-Match" in headers]
    assert {f"/img/{name}.jpg" for name in STORED} <= set(conditional)

    site.replies["/img/silent.jpg"] = picture(encoded(99))
    assert acquire(project).returncode == 0
    after = contents(project)
    assert before.items() < after.items()
    assert len(after) == len(before) + 2
    [(_, new)] = index(project).filter(pl.col("outcome") == "stored").tail(1).select("image_id", "url").iter_rows()
    assert new.endswith(("/img/silent.jpg", "/img/moved.jpg"))


def test_a_dead_site_loses_nothing_and_says_what_to_do(crawled: tuple[Path, Site]) -> None:
    project, site = crawled
    before = contents(project)
    params = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(params.replace(site.host, "127.0.0.1:9"))
    done = acquire(project)
    (project / "params.yaml").write_text(params)
    assert done.returncode == 69
    assert done.stderr.count("\n") == 1
    assert "127.0.0.1:9" in done.stderr
    assert "connection-refused" in done.stderr
    assert "make demo" not in done.stderr  # which starts the sample shop, nobody's own site
    (project / RAW_WEB / ".unfinished").unlink()
    assert contents(project) == before


def shop(pictures: int, wait_s: float) -> dict[str, Reply | Callable[[str], Reply]]:
    pages = [f"/p/{number}" for number in range(pictures)]
    replies: dict[str, Reply | Callable[[str], Reply]] = {"/": listing(pages)}
    for number, page in enumerate(pages):
        replies[page] = photo(f"/img/{number}.jpg")
        reply = picture(encoded(number))
        reply.wait_s = wait_s
        replies[f"/img/{number}.jpg"] = reply
    return replies


def start_in_small_parts(project: Path) -> subprocess.Popen[str]:
    code = (
        "import sys; from silverprint import cli; from silverprint.stages import acquire\n"
        "acquire._PART = 8; sys.exit(cli.main(['acquire', 'web']))"
    )
    crawl = subprocess.Popen([sys.executable, "-c", code], cwd=project, stderr=subprocess.PIPE, text=True)
    await_parts(project / RAW_WEB, crawl)
    return crawl


def await_parts(root: Path, process: subprocess.Popen[str]) -> None:
    """Until two parts are finished."""
    deadline = time.monotonic() + 60
    while len(list(root.glob("index-*.parquet"))) < 2:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_in_the_middle_it_goes_on_where_it_was(project: Path) -> None:
    with serving(shop(60, wait_s=0.05)) as site:
        configure(project, site)
        crawl = start_in_small_parts(project)
        crawl.kill()
        crawl.communicate()
        kept = {name: data for name, data in contents(project).items() if name.startswith("index")}
        (project / RAW_WEB / ".shard-00077.tar.part").write_bytes(b"left by a kill in the middle of a shard")
        known = tables.read_parts(project / RAW_WEB, RAW)
        site.asked.clear()
        done = acquire(project)
        assert done.returncode == 0, done.stderr
        assert {name: contents(project)[name] for name in kept} == kept
        assert not [name for name in contents(project) if name.startswith(".") or "77" in name]
        frame = index(project)
        assert sorted(frame["url"]) == sorted(f"{site.address}/img/{number}.jpg" for number in range(60))
        assert frame["outcome"].unique().to_list() == ["stored"]
        assert len(list(ShardReader(project / RAW_WEB).scan())) == 60
        asked = {f"{site.address}{path}" for path, _ in site.asked}
        assert not asked & set(known["url"])


def test_ctrl_c_keeps_what_was_fetched(project: Path) -> None:
    with serving(shop(60, wait_s=0.05)) as site:
        configure(project, site)
        crawl = start_in_small_parts(project)
        os.kill(crawl.pid, signal.SIGINT)
        _, said = crawl.communicate(timeout=30)
    assert crawl.returncode == 130, said
    assert "Traceback" not in said
    assert [name for name in contents(project) if name.startswith(".")] == [".unfinished"]
    assert 16 <= len(list(ShardReader(project / RAW_WEB).scan())) < 60


def test_a_host_whose_robots_txt_fails_is_asked_for_nothing(project: Path) -> None:
    with serving({**shop(2, wait_s=0), "/robots.txt": Reply(status=503)}) as site:
        configure(project, site)
        done = acquire(project)
        assert done.returncode == 69
        assert "robots-unreachable" in done.stderr
        assert {path for path, _ in site.asked} == {"/robots.txt"}


def test_what_was_taken_down_is_not_asked_for_again(project: Path) -> None:
    replies = shop(6, wait_s=0)
    replies["/img/3.jpg"] = Reply(status=302, headers={"Location": "/img/0.jpg"})
    with serving(replies) as site:
        configure(project, site)
        known = hashlib.sha256(encoded(2)).hexdigest()
        lines = [
            f",url,{site.address}/img/0.jpg,asked,",
            f",url,{site.address}/p/1,asked,",
            f"{known},image,{known},asked,",
        ]
        (project / "data/takedowns.csv").write_text("\n".join(["image_id,kind,target,why,at", *lines]) + "\n")
        done = acquire(project)
        assert done.returncode == 0, done.stderr
        rows = {
            url.removeprefix(site.address): rest
            for url, *rest in index(project).select("url", "outcome", "reason").iter_rows()
        }
        taken = ["refused", "taken-down"]
        assert rows == {
            "/img/0.jpg": taken, "/p/1": taken, "/img/2.jpg": taken, "/img/3.jpg": taken,
            "/img/4.jpg": ["stored", None], "/img/5.jpg": ["stored", None],
        }  # fmt: skip
        assert site.count("/img/0.jpg") == site.count("/p/1") == site.count("/img/1.jpg") == 0
        assert known not in index(project)["image_id"]
        (project / "data/takedowns.csv").write_text("image_id,kind,target,why,at\n,source,web,asked,\n")
        site.asked.clear()
        assert acquire(project).returncode == 0
        assert site.asked == []


def test_a_selector_that_is_no_css_is_told(project: Path) -> None:
    text = (project / "params.yaml").read_text().replace("img.photo", "'img..photo'")
    (project / "params.yaml").write_text(text)
    done = acquire(project)
    assert done.returncode == 78
    assert "sources.web.picture = 'img..photo'" in done.stderr
