"""Signals against training, met by both channels that go out: obeyed, stored, told; and ignored where params say so."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from silverprint import cli
from silverprint.core.cleaning.reserved_since import reserved_since
from silverprint.store import ShardReader
from tests.adapters.crawl.test_hostile import acquire
from tests.helpers import reservations
from tests.helpers.crawl_projects import configured
from tests.helpers.reservations import CASES, STORED, place
from tests.helpers.tinysite import SITE_FILES, Reply, Site, html, serving
from tests.helpers.web_pictures import encoded

pytestmark = pytest.mark.slow

ELSEWHERE = "/elsewhere.jpg"  # on a host without any such file, shown by a page whose site reserves it


@dataclass(frozen=True)
class Met:
    """What one channel made of all the cases, and what it did where it respects none of the signals."""

    project: Path
    source: str
    site: Site
    rows: pl.DataFrame
    open_rows: pl.DataFrame
    open_asked: list[str]

    def row(self, name: str) -> dict[str, Any]:
        return self.rows.row(by_predicate=pl.col("url") == f"{self.site.address}{place(name)}", named=True)


@pytest.fixture(scope="module", params=["web", "urls"])
def met(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Met]:
    folders = [tmp_path_factory.mktemp(f"{request.param}-{respect}") for respect in ("all", "none")]
    with serving(reservations.replies()) as site, serving({}) as other, serving({}) as open_site:
        other.replies[ELSEWHERE] = reply_of(900)
        site.replies["/"] = html(site.replies["/"].body.decode() + '<a class="product" href="/q/shown">x</a>')
        site.replies["/q/shown"] = html(f'<img class="photo" src="{other.address}{ELSEWHERE}">')
        robots = site.replies["/robots.txt"].body + b"\nContent-Signal: /q/ ai-train=no\n"
        site.replies["/robots.txt"] = Reply(robots)
        open_site.replies |= site.replies
        found = []
        for folder, served, knobs in zip(folders, (site, open_site), ({}, {"respect": "[]"}), strict=True):
            urls = [f"{served.address}{place(name)}" for name in CASES]
            (folder / "list.csv").write_text("\n".join(["url", *urls]))
            configured(folder, request.param, served, timeout_s=5, **knobs)
            params = folder / "params.yaml"
            params.write_text(params.read_text().replace(f'["{served.host}"]', f'["{served.host}", "{other.host}"]'))
            acquire(folder, request.param)
            found.append(ShardReader(folder / "data/raw").index())
        yield Met(folders[0], request.param, site, *found, [path for path, _ in open_site.asked])


def reply_of(seed: int) -> Reply:
    return Reply(encoded(seed), headers={"Content-Type": "image/jpeg"})


@pytest.mark.parametrize("name", CASES)
def test_each_is_obeyed_and_stored(met: Met, name: str) -> None:
    case, row = CASES[name], met.row(name)
    expected = (*case.crawl, case.said)
    if met.source == "urls" and case.listed is not None:
        expected = case.listed
    assert (row["outcome"], row["reason"], row["reservation"]) == expected
    assert (row["image_id"] is not None) == (expected[:2] == STORED)
    is_asked = case.is_asked or (met.source == "urls" and case.listed is not None)
    assert met.site.count(place(name)) == is_asked


def test_each_is_told(met: Met, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By `trace`, asked for its address: what was said, and what became of it, where it was stored, too."""
    monkeypatch.chdir(met.project)
    for name, case in CASES.items():
        assert cli.main(["trace", f"{met.site.address}{place(name)}", "--json"]) == 0
        first = next(event["facts"] for event in json.loads(capsys.readouterr().out)["events"] if event["facts"])
        expected = case.listed if met.source == "urls" and case.listed is not None else (*case.crawl, case.said)
        assert (first["outcome"], first.get("reason"), first["reservation"]) == expected, name


def test_each_is_ignored_where_the_source_respects_none(met: Met) -> None:
    listed = met.open_rows.filter(pl.col("url").str.contains("/c/"))
    assert listed.select("outcome", "reason", "reservation").unique().rows() == [(*STORED, "none")]
    assert len(listed) == len(CASES)
    assert set(SITE_FILES).intersection(met.open_asked) == {"/robots.txt"}


def test_each_file_is_asked_for_once(met: Met) -> None:
    assert [met.site.count(path) for path in SITE_FILES] == [1, 1, 1]


def test_what_a_site_says_later_takes_a_picture_back(met: Met) -> None:
    address = f"{met.site.address}{place('nothing')}"
    before = met.site.replies[place("nothing")]
    met.site.replies[place("nothing")] = replace(before, headers={**before.headers, "tdm-reservation": "1"})
    acquire(met.project, met.source)
    met.site.replies[place("nothing")] = before
    rows = ShardReader(met.project / "data/raw").index()
    said = rows.filter(url=address).select("outcome", "reason", "reservation").rows()
    assert said == [(*STORED, "none"), ("refused", "reserved", "tdmrep:1@header")]
    assert reserved_since(rows).rows() == [(met.row("nothing")["image_id"], "tdmrep:1@header")]
    assert len(rows) == len(met.rows) + 1


def test_what_a_site_says_of_a_page_holds_for_its_pictures_elsewhere(met: Met) -> None:
    found = met.rows.filter(pl.col("url").str.ends_with(ELSEWHERE)).select("reason", "reservation").rows()
    shown = [("reserved", "content-signal:ai-train=no@page-robots.txt")]
    assert found == (shown if met.source == "web" else [])  # a list reads no pages
