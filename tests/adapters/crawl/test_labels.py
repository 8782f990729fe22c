"""What a site itself calls its pictures becomes their source_label, and votes if somebody wants that."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from parsel import Selector

from silverprint.adapters.crawl.labels import link_labels, page_label
from silverprint.store import ShardReader
from tests.adapters.crawl.test_hostile import acquire
from tests.helpers.crawl_projects import configured
from tests.helpers.tinysite import html, photo, picture, serving
from tests.helpers.web_pictures import encoded

WORDS = st.text("abc é-", min_size=1, max_size=8).filter(str.strip)
LINKS, KIND = "a.product", ".kind"


def item(number: int, label: str | None) -> str:
    said = "" if label is None else f"<p>New: <b class='kind'>\n {label} </b></p>"
    return f"<li><a class=product href=/p/{number}><img></a><a class=product href=/p/{number}>x</a>{said}</li>"


@given(st.lists(st.none() | WORDS, min_size=1, max_size=8))
def test_a_label_in_an_item_of_the_list_is_for_that_item_alone(labels: list[str | None]) -> None:
    items = "".join(item(number, label) for number, label in enumerate(labels))
    found = link_labels(Selector(f"<ul>{items}</ul>"), LINKS, KIND)
    expected = {f"/p/{n}": " ".join(label.split()) for n, label in enumerate(labels) if label is not None}
    assert found == expected


@given(st.lists(st.none() | WORDS, min_size=2, max_size=6), WORDS)
def test_a_label_in_the_heading_is_for_all_that_have_none_of_their_own(labels: list[str | None], whole: str) -> None:
    items = "".join(item(number, label) for number, label in enumerate(labels))
    found = link_labels(Selector(f"<header><h1 class=kind>{whole}</h1></header><ul>{items}</ul>"), LINKS, KIND)
    assert found == {f"/p/{n}": " ".join((label or whole).split()) for n, label in enumerate(labels)}


def test_where_labels_differ_none_counts() -> None:
    flat = Selector("<h2 class=kind>a</h2>" + item(1, None) + "<h2 class=kind>b</h2>" + item(2, None))
    assert link_labels(flat, LINKS, KIND) == {}
    twice = Selector("<li><a class=product href=/1></a><i class=kind>a</i><i class=kind>a</i></li>")
    assert link_labels(twice, LINKS, KIND) == {"/1": "a"}
    for links, where in ((LINKS, None), (None, KIND), (LINKS, ".none")):
        assert link_labels(twice, links, where) == {}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (".kind", "a red bag"),
        (".kind b", "red"),
        (".kind::attr(data-of)", "shop"),
        (".kind::attr(DATA-OF)", "shop"),
        ("meta[name=kind]::attr(content)", "bag"),
        (".empty, .kind", "a red bag"),
        (".long", None),
        (".none", None),
        (".kind::attr(id)", None),
        (None, None),
    ],
)
def test_a_page_says_what_its_pictures_show(where: str | None, found: str | None) -> None:
    long = f"<p class=long>{'x' * 201}</p>"
    body = f"<p class=empty> </p><p class=kind data-of=shop>a <b>red</b>\n bag</p><p class=kind>other</p>{long}"
    page = Selector(f'<html><head><meta name="kind" content=" bag "></head><body>{body}</body></html>')
    assert page_label(page, where) == found


@pytest.mark.slow
def test_labels_of_a_crawl_become_votes(tmp_path: Path) -> None:
    replies = {
        "/": html(f"<ul>{item(1, 'coat')}{item(2, 'coat')}{item(3, None)}{item(4, 'Mantel')}</ul>"),
        "/p/1": photo("/img/1.jpg"),
        "/p/2": photo("/img/2.jpg", '<nav data-kind="shirt"></nav>'),
        "/p/3": photo("/img/3.jpg"),
        "/p/4": photo("/img/4.jpg"),
        **{f"/img/{number}.jpg": picture(encoded(number)) for number in range(1, 5)},
    }
    with serving(replies) as site:
        configured(tmp_path, "web", site, timeout_s=5)
        params = tmp_path / "params.yaml"
        hints = f"    label: 'nav::attr(data-kind)'\n    listing_label: {KIND}\n"
        before, picture_knob, after = params.read_text().partition("    picture: img.photo\n")
        params.write_text(before + picture_knob + hints + after)
        acquire(tmp_path, "web")
    rows = ShardReader(tmp_path / "data/raw/web").index()
    said = {row[0].removeprefix(site.address): row[1] for row in rows.select("url", "source_label").rows()}
    assert said == {"/img/1.jpg": "coat", "/img/2.jpg": "shirt", "/img/3.jpg": None, "/img/4.jpg": "Mantel"}
    done = subprocess.run(
        [sys.executable, "-m", "silverprint", "votes", "import", "web"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    votes = pl.read_csv(tmp_path / "data/imports.csv", schema_overrides={"said": pl.String, "choice": pl.String})
    by_picture = rows.select("image_id", "source_label").join(votes, on="image_id")
    assert sorted(by_picture.select("source_label", "annotator", "status").rows()) == [
        ("Mantel", "import:web", "unknown-class"),
        ("coat", "import:web", "valid"),
        ("shirt", "import:web", "valid"),
    ]
