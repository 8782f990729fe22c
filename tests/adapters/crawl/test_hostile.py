"""The hostile web, met by both channels that go out: the same rows, whichever of them meets it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from silverprint.store import ShardReader
from tests.helpers import hostile_site as hostile
from tests.helpers.crawl_projects import configured
from tests.helpers.hostile_site import CASES, GIF, MAX_BYTES, SCRIPT, address
from tests.helpers.tinysite import SITE_FILES, Site, html, photo, picture, serving
from tests.helpers.web_pictures import encoded

pytestmark = pytest.mark.slow

CHANNELS = ("web", "urls")


@dataclass(frozen=True)
class Met:
    """What one channel made of all the cases."""

    project: Path
    site: Site
    rows: pl.DataFrame

    def row(self, name: str) -> dict[str, object]:
        return self.rows.row(by_predicate=pl.col("page_url") == f"{self.site.address}/p/{name}", named=True)

    def stored(self, name: str) -> bytes:
        [(_, data)] = ShardReader(self.project / "data/raw").read([str(self.row(name)["image_id"])])
        return data


def acquire(project: Path, source: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "silverprint", "acquire", source],
        cwd=project, env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "SECRET" not in done.stdout + done.stderr


@pytest.fixture(scope="module", params=CHANNELS)
def met(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    project = tmp_path_factory.mktemp(request.param)
    with serving(hostile.replies()) as site:
        pages = {f"/p/{name}": html(f'<img class="photo" src="{address(site.address, name)}">') for name in CASES}
        secret = [f"http:{slashes}user:SECRET@{site.host}/img/plain" for slashes in ("//", "\\\\")]
        pages["/p/secret"] = html("".join(f'<img class="photo" src="{url}">' for url in secret))
        links = "".join(f'<a class="product" href="{page}">x</a>' for page in (*pages, secret[0]))
        site.replies |= pages | {"/": html(links)}
        rows = [f'"{address(site.address, name)}",{site.address}/p/{name}' for name in CASES]
        rows += [f"{url},{site.address}/p/secret" for url in secret]
        rows += [f"{site.address}/img/plain,http:{slashes}user:SECRET@{site.host}/p/shown" for slashes in ("//", "/")]
        (project / "list.csv").write_text("\n".join(["url,page_url", *rows]))
        configured(project, request.param, site, timeout_s=1, max_bytes=MAX_BYTES)
        acquire(project, request.param)
        yield Met(project, site, ShardReader(project / "data/raw").index())


@pytest.mark.parametrize("name", CASES)
def test_each_is_a_row_with_its_outcome(met: Met, name: str) -> None:
    found = met.row(name)
    case = CASES[name]
    outcome, reason = (case.instead if found["source"] == "urls" and case.instead else None) or case.outcome
    assert (found["outcome"], found["reason"]) == (outcome, reason)
    assert (found["image_id"] is None) == (outcome != "stored")


def test_no_row_holds_a_user_or_a_password_of_an_address(met: Met) -> None:
    said = met.rows.write_csv()
    assert "SECRET" not in said
    assert "user" not in said
    found = met.rows.filter(reason="credentials")
    channel = met.rows["source"][0]
    if channel == "urls":
        assert found["url"].to_list() == [f"list.csv!{len(CASES) + 1}", f"list.csv!{len(CASES) + 2}"]
        assert met.rows.filter(page_url=f"http://{met.site.host}/p/shown")["outcome"].to_list() == ["duplicate"]
    else:  # on the page, and on the listing
        assert found["url"].to_list() == [f"http://***@{met.site.host}/img/plain"] * 2
    assert met.rows.filter(url=f"{met.site.address}/img/plain")["outcome"].is_in(["stored", "duplicate"]).all()


@pytest.mark.parametrize("name", ["moved-without-an-end", "moved-to-a-file", "moved-to-no-address"])
def test_a_redirect_that_leads_nowhere_is_no_answer(met: Met, name: str) -> None:
    assert met.row(name)["status"] is None


def test_a_picture_is_named_by_the_bytes_that_were_sent(met: Met) -> None:
    sent = {"plain": encoded(20), "packed": encoded(21), "truncated": encoded(9)[:-200], "odd-headers": encoded(22)}
    assert {name: met.row(name)["image_id"] for name in sent} == {
        name: hashlib.sha256(data).hexdigest() for name, data in sent.items()
    }


def test_what_hides_in_a_picture_goes_no_further(met: Met) -> None:
    for name in ("script-in-a-comment", "script-behind-the-end"):
        assert met.row(name)["format"] == "jpeg"
        assert SCRIPT not in met.stored(name)
    assert met.row("archive-behind-a-gif")["format"] == "gif"
    assert met.stored("archive-behind-a-gif").startswith(GIF)


def test_a_refused_place_is_not_asked_at_all(met: Met) -> None:
    asked = [path for path, _ in met.site.asked]
    assert not [path for path in asked if path.startswith("/private/")]
    assert asked.count("/robots.txt") == 1
    assert {headers["User-Agent"].partition("/")[0] for _, headers in met.site.asked} == {"silverprint"}


def test_one_more_try_where_the_site_may_do_better(met: Met) -> None:
    tries = {name: met.site.count(f"/img/{name}") for name in ("http-500", "http-404", "slow", "plain")}
    assert tries == {"http-500": 2, "http-404": 1, "slow": 2, "plain": 1}


CHANGING = """
import socket
real, answers = socket.getaddrinfo, {}
def getaddrinfo(host, port, *rest, **more):
    if host in ("changing.test", b"changing.test"):
        answers[host] = answers.get(host, 0) + 1
        host = "127.0.0.2" if answers[host] == 1 else "127.0.0.1"
    return real(host, port, *rest, **more)
def gethostbyname(host):
    return getaddrinfo(host, 0)[0][4][0]
socket.getaddrinfo, socket.gethostbyname = getaddrinfo, gethostbyname
import silverprint.fetching.address_guard as addresses
addresses.is_public = lambda address, known=addresses.is_public: address == "127.0.0.2" or known(address)
"""


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_name_that_changes_its_address_leads_nowhere_else(channel: str, tmp_path: Path) -> None:
    """The name server says 127.0.0.2 (public, for this test) once, then 127.0.0.1: all requests go to the first."""
    (tmp_path / "patched").mkdir()
    (tmp_path / "patched/sitecustomize.py").write_text(CHANGING)
    replies = {"/a.jpg": picture(encoded(40))}
    with serving({}) as start, serving(replies, "127.0.0.2") as public:
        port = public.host.rpartition(":")[2]
        with serving(dict(replies), "127.0.0.1", int(port)) as private:
            url = f"http://changing.test:{port}/a.jpg"
            start.replies |= {"/": html('<a class="product" href="/p">x</a>'), "/p": photo(url)}
            (tmp_path / "list.csv").write_text(f"url\n{url}\n")
            configured(tmp_path, channel, start, timeout_s=2)
            path = os.pathsep.join([str(tmp_path / "patched"), os.environ.get("PYTHONPATH", "")])
            acquire(tmp_path, channel, PYTHONPATH=path)
    rows = ShardReader(tmp_path / "data/raw").index()
    assert rows["outcome"].to_list() == ["stored"]
    assert [path for path, _ in public.asked] == [*SITE_FILES, "/a.jpg"]
    assert private.asked == []
