"""Lists of addresses: what a file may hold, what a row becomes, what a second run asks for, what a kill may cost."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from silverprint import layout
from silverprint.adapters.urls.repeated_urls import survey
from silverprint.adapters.urls.url_list import UrlList
from silverprint.config import UrlSource
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.fetch_result import Showing
from silverprint.store import ShardReader
from silverprint.store.intake import field_bounds
from silverprint.store.shards.verify import inspect
from tests.adapters.crawl.test_crawl import await_parts
from tests.helpers.crawl_projects import configured
from tests.helpers.tinysite import SITE_FILES, Reply, Site, picture, serving
from tests.helpers.web_pictures import encoded

ROWS: list[dict[str, Any]] = [
    {"url": "http://a.example/1.jpg", "license": "CC BY 4.0", "caption": "a bag, red", "label": "bag", "page_url": "p"},
    {"url": " http://a.example/2.jpg ", "license": "", "caption": None, "label": 7, "page_url": None},
    {"url": "", "license": "MIT", "caption": "lost", "label": None, "page_url": None},
]
SHOWINGS = [
    Showing("http://a.example/1.jpg", "p", "CC-BY-4.0", "list", "bag", "a bag, red"),
    Showing("http://a.example/2.jpg", None, "MIT", "source", "7"),
    Showing("list{suffix}!3"),
]


BROKEN_LINES = b'{"url": "http://a/1"}\n{broken\n[1]\n{"url": ["x"]}\n{"label": "x"}'
LONG_LINE = b'{"url": "http://a/1"}\n{"url": "' + b"x" * 3_000_000 + b'"}\n{"url": "http://a/2"}\n'


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path
    frame = pl.DataFrame([{key: None if value is None else str(value) for key, value in row.items()} for row in rows])
    frame.write_parquet(path) if path.suffix == ".parquet" else frame.write_csv(path)
    return path


def read(path: Path, **knobs: Any) -> list[tuple[Showing, str | None]]:
    source = UrlSource(kind="urls", path=str(path), **knobs)
    return [(one.showing, one.fault) for one in UrlList("mine", source)]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_a_list_may_be_any_of_three(tmp_path: Path, suffix: str) -> None:
    found = read(write(tmp_path / f"list{suffix}", ROWS), license="MIT")
    assert [showing for showing, _ in found] == [*SHOWINGS[:2], Showing(f"list{suffix}!3")]
    assert [fault for _, fault in found] == [None, None, "no-address"]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("list.csv", b"url,label\nhttp://a/1,x,y\nhttp://a/2\n\nhttp://a/3,bag\n", ["bad-row", "bad-row", None]),
        ("list.csv", b"\xef\xbb\xbfurl\r\nhttp://a/1\r\n", [None]),
        ("list.csv", b"url\n", []),
        ("list.jsonl", BROKEN_LINES, [None, "bad-row", "bad-row", "bad-row", "no-address"]),
        ("list.jsonl", LONG_LINE, [None, "bad-row", None]),
        ("list.csv", b"url\nhttp://ada:secret@a/1\nhttp://ada@a/1\nhttp://a/@1\n", ["credentials"] * 2 + [None]),
        ("list.jsonl", b'{"url": true}\n{"url": 1.5}', ["bad-row", None]),
        ("list.csv", b"url,caption\nhttp://a/1," + b"x" * 1_000_001 + b"\nhttp://a/2,bag\n", ["bad-row", None]),
        ("list.csv", b"url,label\nhttp://a/1," + b"x" * 2_001 + b"\nhttp://a/2,bag\n", ["bad-row", None]),
        ("list.csv", b"url\nhttp://a/" + b"x" * 9_000 + b"\nhttp://a/2\n", [None, None]),
    ],
)  # fmt: skip
def test_a_bad_row_is_a_row(tmp_path: Path, name: str, text: bytes, fault: list[str | None]) -> None:
    (tmp_path / name).write_bytes(text)
    rows = read(tmp_path / name)
    assert [found for _, found in rows] == fault
    assert not any("secret" in showing.url for showing, _ in rows)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        *((f"http:{slashes}ada:secret@h/1", "credentials") for slashes in ("\\\\", "/", "///", "", "\\/")),
        ("http://ada:se/cret@h/1", "credentials"), ("ada:secret@h/1", "credentials"),
        ("//ada:secret@h/", "credentials"),
        ("http://127.0.0.1:8123\\@example.org/1", None), ("http://@h/1", None), ("http://h/ada:b@2x.jpg", None),
    ],
)  # fmt: skip
def test_who_one_is_stands_in_no_row_however_it_is_written(tmp_path: Path, written: str, fault: str | None) -> None:
    rows = [{"url": written, "page_url": ""}, {"url": "http://h/2", "page_url": written}]
    ((one, found), (other, none)) = read(write(tmp_path / "list.jsonl", rows))
    assert (found, none) == (fault, None)
    assert (one.url == "list.jsonl!1") == (fault == "credentials")
    if written != "ada:secret@h/1":  # by the standard an address of a scheme `ada`, which names nobody
        assert "secret" not in str(field_bounds.showing(other))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        *((f"http:{slashes}H.example/a b.jpg", "http://h.example/a%20b.jpg") for slashes in ("\\\\", "/", "///", "")),
        ("http://h.example\\a.jpg", "http://h.example/a.jpg"), ("ht\ntp://h.exa\tmple/a", "http://h.example/a"),
        *((same, same) for same in ("HTTP://H.example/a b.jpg", "http://h.example/a\\b", "http:///", "p", "ftp:/h/a")),
    ],
)  # fmt: skip
def test_an_address_that_browsers_alone_read_is_stored_as_it_is_sent(tmp_path: Path, written: str, stored: str) -> None:
    ((showing, _),) = read(write(tmp_path / "list.jsonl", [{"url": written, "page_url": written}]))
    assert (showing.url, showing.page_url) == (stored, stored)


def test_what_a_table_of_floats_calls_empty_is_empty(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text('{"url": "http://a/1", "label": NaN, "license": NaN}')
    ((showing, fault),) = read(tmp_path / "list.jsonl", license="MIT")
    assert (showing.source_label, showing.license, fault) == (None, "MIT", None)


def test_a_list_of_laions_and_what_of_it_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 140_000
    (tmp_path / "list.csv").write_text(
        f"Unnamed: 0,URL,TEXT,similarity\n0,http://a/1,a bag,.3\n1,http://a/2,{long},.3\n"
    )
    look = UrlList("mine", UrlSource(kind="urls", path=str(tmp_path / "list.csv")))
    survey(look)
    said = capsys.readouterr().err
    assert "acquire mine: list.csv has columns that are not used: similarity\n" in said
    assert "1 captions were cut at 10,000 characters" in said
    assert [one.showing.caption for one in look] == ["a bag", "x" * 10_000]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("list.csv", b"url,licence\n", r"list\.csv column 'licence': no such column, did you mean 'license'\?"),
        ("list.csv", b"urls,label\n", r"column 'urls': no such column, did you mean 'url'\?"),
        ("list.csv", b"url,url\n", "the column is there twice"),
        ("list.csv", b"label\n", "no column 'url'"),
        ("list.csv", b"", "no column 'url'"),
        ("list.csv", b"url\nhttp://a/1\n\xff\xfe\n", "no readable UTF-8 CSV"),
        (
            "list.csv",
            b'url\nhttp://a/0\n"http://a/1\n',
            r"list\.csv line 3: .*a quote is opened there and never closed",
        ),
        ("list.jsonl", b"url\nhttp://a/1\n", "line 1: the line is no JSON object"),
        ("list.jsonl", b'{"urls": "x"}\n', "did you mean 'url'"),
        ("list.jsonl", b'{"url": "x", "URL": "y"}\n', "the column is there twice"),
        ("list.jsonl", b'{"url": "x"}\n{"url": "y", "score": 1}\n', "line 2 column 'score': no such column"),
        ("list.parquet", b"PAR1", "no readable Parquet"),
        ("list.parquet", b"", "no readable Parquet"),
    ],
)
def test_a_list_that_cannot_be_understood_is_one_error(tmp_path: Path, name: str, text: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(DataError, match=message) as caught:
        survey(UrlList("mine", UrlSource(kind="urls", path=str(tmp_path / name))))
    assert "\n" not in str(caught.value)


def test_a_list_is_a_file_of_a_known_kind(tmp_path: Path) -> None:
    (tmp_path / "list.txt").touch()
    (tmp_path / "folder.csv").mkdir()
    for name, error in (("list.csv", UnavailableError), ("list.txt", ConfigError), ("folder.csv", ConfigError)):
        with pytest.raises(error, match=name):
            UrlList("mine", UrlSource(kind="urls", path=str(tmp_path / name)))


def test_the_first_look_counts_rows_and_knows_what_stands_twice(tmp_path: Path) -> None:
    urls = [*(f"http://a/{number}" for number in range(50)), "http://a/7", "http://a/7", "http://a/9"]
    path = write(tmp_path / "list.csv", [{"url": url} for url in urls])
    look = survey(UrlList("mine", UrlSource(kind="urls", path=str(path))))
    assert look.rows == 53
    assert look.repeated == {hash("http://a/7"), hash("http://a/9")}


# From here on against a real server.

PICTURES = 60
RAW_URLS = layout.raw("urls")


def site_of(count: int, wait_s: float = 0) -> dict[str, Any]:
    replies: dict[str, Any] = {}
    for number in range(count):
        replies[f"/img/{number}.jpg"] = picture(encoded(number))
        replies[f"/img/{number}.jpg"].wait_s = wait_s
    return replies


def listed(project: Path, site: Site, rows: list[str], **knobs: object) -> None:
    (project / "list.csv").write_text("\n".join(["url,page_url,label", *(f"{site.address}{row}" for row in rows)]))
    configured(project, "urls", site, **{"timeout_s": 5, "per_host": 8, **knobs})


def command(project: Path, part: int | None = None) -> subprocess.Popen[str]:
    small = "" if part is None else f"from silverprint.stages import acquire; acquire._PART = {part}; "
    code = f"import sys; from silverprint import cli; {small}sys.exit(cli.main(['acquire', 'urls']))"
    return subprocess.Popen([sys.executable, "-c", code], cwd=project, stderr=subprocess.PIPE, text=True)


def acquire(project: Path, part: int | None = None) -> str:
    process = command(project, part)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said
    return said


def index(project: Path) -> pl.DataFrame:
    return ShardReader(project / RAW_URLS).index()


@pytest.mark.slow
def test_each_address_is_asked_once_and_again_only_for_news(tmp_path: Path) -> None:
    rows = [f"/img/{number}.jpg,," for number in range(20)]
    shown_again = ["/img/3.jpg,http://shop.example/a,bag", "/img/3.jpg,http://shop.example/b,"]
    gone = ["/img/gone.jpg,,", "/img/gone.jpg,http://shop.example/a,"]
    with serving(site_of(20)) as site:
        listed(tmp_path, site, rows + shown_again + gone + rows[:1])
        acquire(tmp_path)
        assert {path: site.count(path) for path, _ in site.asked} == dict.fromkeys(
            [*SITE_FILES, "/img/gone.jpg", *(f"/img/{number}.jpg" for number in range(20))], 1
        )
        frame = index(tmp_path)
        assert Counter(frame["outcome"]) == {"stored": 20, "duplicate": 2, "failed": 2}
        assert frame.filter(pl.col("source_label") == "bag")["page_url"].to_list() == ["http://shop.example/a"]
        before = {path.name: path.read_bytes() for path in (tmp_path / RAW_URLS).iterdir()}
        site.asked.clear()
        assert "25 unchanged" in acquire(tmp_path)
        assert sum("If-None-Match" in headers for _, headers in site.asked) == 20
        assert {path.name: path.read_bytes() for path in (tmp_path / RAW_URLS).iterdir()} == before
        site.replies["/img/5.jpg"] = picture(encoded(99))
        assert "1 stored" in acquire(tmp_path)
        after = {path.name: path.read_bytes() for path in (tmp_path / RAW_URLS).iterdir()}
        assert before.items() < after.items()


@pytest.mark.slow
def test_where_no_host_answers_the_stage_says_so(tmp_path: Path) -> None:
    with serving({}) as site:
        pass
    listed(tmp_path, site, ["/img/1.jpg,,", "/img/2.jpg,,"])
    process = command(tmp_path)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 69
    assert "no host of it answers (connection-refused)" in said
    assert index(tmp_path)["reason"].to_list() == ["connection-refused"] * 2


@pytest.mark.slow
def test_a_host_is_asked_by_few_at_a_time_and_the_others_meanwhile(tmp_path: Path) -> None:
    """One host answers slowly, the other at once: all of the second is had before the first is half done."""
    with serving(site_of(10, wait_s=0.5)) as slow, serving(site_of(40)) as quick:
        urls = [f"{slow.address}/img/{number}.jpg" for number in range(10)]
        urls += [f"{quick.address}/img/{number}.jpg" for number in range(40)]
        listed(tmp_path, slow, [], per_host=1)
        (tmp_path / "list.csv").write_text("\n".join(["url", *urls]))
        text = (tmp_path / "params.yaml").read_text()
        text = text.replace(f'["{slow.host}"]', f'["{slow.host}", "{quick.host}"]')
        (tmp_path / "params.yaml").write_text(text)
        order: list[str] = []
        for name, site in (("slow", slow), ("quick", quick)):
            for path, reply in list(site.replies.items()):
                site.replies[path] = lambda _, name=name, reply=reply: (order.append(name), reply)[1]
        acquire(tmp_path)
    assert len(order) == 50
    assert order[-4:] == ["slow"] * 4


def killed_at_random(tmp_path: Path, kills: int, seed: int) -> None:
    """Kills an acquire again and again; in the end everything is there, once."""
    chance = random.Random(seed)
    count = 400
    with serving(site_of(count, wait_s=0.01)) as site:
        listed(tmp_path, site, [f"/img/{number}.jpg,," for number in range(count)])
        for _ in range(kills):
            process = command(tmp_path, part=16)
            try:
                process.communicate(timeout=chance.uniform(0.3, 2.5))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
            if (tmp_path / RAW_URLS).is_dir():
                assert [fault for fault in inspect(tmp_path / RAW_URLS) if not fault.leftover] == []
        acquire(tmp_path, part=16)
    assert list(inspect(tmp_path / RAW_URLS)) == []
    frame = index(tmp_path)
    assert frame["outcome"].unique().to_list() == ["stored"]
    assert sorted(frame["image_id"]) == sorted(hashlib.sha256(encoded(number)).hexdigest() for number in range(count))
    done = subprocess.run(
        [sys.executable, "-m", "silverprint", "doctor"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_or_stored_twice(tmp_path: Path) -> None:
    killed_at_random(tmp_path, kills=4, seed=1)


@pytest.mark.soak
def test_killed_at_twenty_moments_nothing_is_lost_or_stored_twice(tmp_path: Path) -> None:
    killed_at_random(tmp_path, kills=20, seed=2)


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_fetched_and_it_is_not_sent_again(tmp_path: Path) -> None:
    """The server gives neither an ETag nor a date."""
    with serving({path: Reply(reply.body, wait_s=0.05) for path, reply in site_of(PICTURES).items()}) as site:
        listed(tmp_path, site, [f"/img/{number}.jpg,," for number in range(PICTURES)], per_host=2)
        process = command(tmp_path, part=8)
        await_parts(tmp_path / RAW_URLS, process)
        os.kill(process.pid, signal.SIGINT)
        said = process.communicate(timeout=300)[1]
        assert process.returncode == 130, said
        assert "Traceback" not in said
        assert list(inspect(tmp_path / RAW_URLS)) == []
        kept = len(list(ShardReader(tmp_path / RAW_URLS).scan()))
        assert 16 <= kept < PICTURES
        site.asked.clear()
        assert f"{PICTURES - kept} stored, {kept} unchanged" in acquire(tmp_path)
        assert sum(path not in SITE_FILES for path, _ in site.asked) == PICTURES - kept
