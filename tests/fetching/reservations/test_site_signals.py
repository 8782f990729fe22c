"""What a site says of training: heard where its signal is respected and nowhere else, and no file holds a fetch."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.config import SIGNALS
from silverprint.core.reservations import Statement, forbid, joined, written
from silverprint.fetch_result import Validators
from silverprint.fetching import robots
from silverprint.fetching.image_response import image_answer
from silverprint.fetching.limits import ROBOTS_BYTES
from silverprint.fetching.reservations import FILES, HEADERS, of_head, of_meta, of_site, site_file
from silverprint.fetching.reservations.preferences import preferences
from silverprint.fetching.reservations.tdmrep import TdmRep
from silverprint.fetching.response import Reply, wants_body
from silverprint.fetching.robots.rules import RobotsTxt
from tests.helpers.clock import within

US, URL = "silverprint", "http://a.example/img/a.jpg"
LINES = st.text(st.sampled_from("/*$aimg.jpn=y, ;:#?\t\r\nContent-UsageSignal"), max_size=80)


def said(robots_txt: str, url: str = URL) -> str:
    return written(of_site(robots.rules(200, robots_txt.encode()), [], url, US, SIGNALS))


# Lines of a robots.txt behind `User-agent: *`, and what they say of /img/a.jpg.
USAGE = {
    "Content-Usage: train-ai=n": "content-usage:train-ai=n@robots.txt",
    "Content-Usage:train-ai = N": "content-usage:train-ai=n@robots.txt",
    "Content-Usage: /img train-ai=n": "content-usage:train-ai=n@robots.txt",
    "Content-Usage: /img\ttrain-ai=n": "content-usage:train-ai=n@robots.txt",
    "Content-Usage: /other train-ai=n": "none",
    "Content-Usage: /img": "none",
    "Content-Usage: /img search=n": "none",
    "Content-Usage: train-ai=n\nContent-Usage: /img search=y": "none",
    "Content-Usage: train-ai=n\nContent-Usage: /img/ train-ai=y": "content-usage:train-ai=y@robots.txt",
    "Content-Usage: /img/ train-ai=n # so it is": "content-usage:train-ai=n@robots.txt",
    "Content-Usage: train-ai=maybe": "none",
    "Content-Usage: train-ai": "none",
    "Content-Usage: tdm=n, ai=y": "content-usage:ai=y@robots.txt content-usage:tdm=n@robots.txt",
    "Content-Signal: ai-train=no": "content-signal:ai-train=no@robots.txt",
    "Content-Signals: search=yes,ai-train=no": "content-signal:ai-train=no@robots.txt",
    "Content-Signal: search=yes": "none",
    "Allow: /\nContent-Signal: ai-train=no\nDisallow: /x": "content-signal:ai-train=no@robots.txt",
}


@pytest.mark.parametrize("lines", USAGE)
def test_lines_of_a_robots_txt(lines: str) -> None:
    assert said(f"User-agent: *\n{lines}\n") == USAGE[lines]


def test_a_line_is_for_whom_its_group_names_and_before_all_groups_for_everybody() -> None:
    ours = "User-agent: *\nContent-Signal: ai-train=no\n\nUser-agent: silverprint\nAllow: /\n"
    assert said(ours) == "none"
    assert said("User-agent: other\nContent-Signal: ai-train=no\n") == "none"
    assert (
        said("Content-Signal: ai-train=no\nUser-agent: other\nDisallow: /\n") == "content-signal:ai-train=no@robots.txt"
    )
    # A line of terms ends the names of a group, as rules do: the next name begins another.
    assert RobotsTxt(b"User-agent: *\nContent-Signal: ai-train=yes\nUser-agent: b\nDisallow: /\n").allows(URL, US)


# The content of tdmrep.json, and what it says of /img/a.jpg.
TDMREP: list[tuple[Any, str]] = [
    ([{"location": "/", "tdm-reservation": 1}], "tdmrep:1@tdmrep.json"),
    ([{"location": "/*", "tdm-reservation": 1, "tdm-policy": "https://a.example/p"}], "tdmrep:1@tdmrep.json"),
    ([{"location": "/img/*.jpg", "tdm-reservation": "1"}], "tdmrep:1@tdmrep.json"),
    ([{"location": "/img/*.png", "tdm-reservation": 1}], "none"),
    ([{"location": "/img/a.jpg$", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}],
     "tdmrep:0@tdmrep.json"),
    ([{"location": "/img/", "tdm-reservation": 2}], "none"),
    ([{"location": 7, "tdm-reservation": 1}, "x", [], {"location": "/", "tdm-reservation": True}],
     "tdmrep:1@tdmrep.json"),
    ({"location": "/", "tdm-reservation": 1}, "tdmrep:1@tdmrep.json"),
    ([], "none"),
    (None, "none"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), TDMREP)
def test_rules_of_a_tdmrep_json(content: Any, expected: str) -> None:
    file = TdmRep(json.dumps(content).encode())
    assert written(filter(None, [file.statement(URL, US)])) == expected


def test_rules_before_a_fault_or_a_cut_count() -> None:
    rule = b'{"location": "/", "tdm-reservation": 1}'
    for content in (b"[" + rule + b", oops", b"\xef\xbb\xbf[" + rule, b"[" + rule + b"," + b" " * ROBOTS_BYTES + rule):
        statement = TdmRep(content).statement(URL, US)
        assert statement is not None
        assert statement.forbids


AI_TXT = {
    "Disallow: *.jpg": "ai-txt:disallow@ai.txt",
    "Disallow: *.png": "none",
    "Disallow: /": "ai-txt:disallow@ai.txt",
    "Disallow: *": "ai-txt:disallow@ai.txt",
    "Disallow: /\nAllow: *.jpg": "ai-txt:allow@ai.txt",
    "<p>Disallow: /</p>": "none",
}


@pytest.mark.parametrize("lines", AI_TXT)
def test_lines_of_an_ai_txt(lines: str) -> None:
    file = site_file("ai-txt", 200, f"# Spawning AI\nUser-Agent: *\n{lines}\n".encode())
    assert written(of_site(None, [file], URL, US, SIGNALS)) == AI_TXT[lines]


def test_a_file_that_is_not_there_says_nothing() -> None:
    for signal in FILES:
        assert all(site_file(signal, status, b"[") is None for status in (301, 403, 404, 429, 500, 503))


# By signal: everything by which a site can say it, and its statement.
EVERY: dict[str, tuple[dict[str, str], str]] = {
    "noml": ({"x-robots-tag": "noml"}, "noml:noml@header"),
    "content-usage": ({"content-usage": "train-ai=n"}, "content-usage:train-ai=n@header"),
    "content-signal": ({"content-signal": "ai-train=no"}, "content-signal:ai-train=no@header"),
    "tdmrep": ({"tdm-reservation": "1"}, "tdmrep:1@header"),
}


@pytest.mark.parametrize("signal", EVERY)
def test_a_header_is_heard_where_its_signal_is_respected_and_nowhere_else(signal: str) -> None:
    headers, expected = EVERY[signal]
    others = tuple(one for one in SIGNALS if one != signal)
    assert set(headers) <= set(HEADERS)
    assert written(of_head(lambda name: [headers[name]] if name in headers else [], US, (signal,))) == expected
    assert of_head(lambda name: [headers[name]] if name in headers else [], US, others) == ()


def test_a_file_or_a_meta_tag_likewise() -> None:
    rules = robots.rules(200, b"User-agent: *\nContent-Usage: train-ai=n\nContent-Signal: ai-train=no\n")
    assert [one.signal for one in of_site(rules, [], URL, US, SIGNALS)] == ["content-usage", "content-signal"]
    assert [one.signal for one in of_site(rules, [], URL, US, ("content-signal",))] == ["content-signal"]
    assert of_site(rules, [], URL, US, ("tdmrep",)) == ()
    assert [one.signal for one in of_meta(["noai"], ["1"], US, SIGNALS)] == ["noml", "tdmrep"]
    assert of_meta(["noai"], ["1"], US, ("c2pa",)) == ()


@given(LINES | st.text(max_size=200))
def test_no_text_raises_and_every_statement_fits_a_row(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    found = [*of_site(robots.rules(200, b"User-agent: *\n" + data), [], URL, US, SIGNALS)]
    found += of_site(None, [site_file(signal, 200, data) for signal in FILES], URL, US, SIGNALS)
    found += of_head(lambda _: [text, text], US, SIGNALS)
    found += of_meta([text], [text], US, SIGNALS)
    assert len(written(found)) < 1_024
    assert " " not in "".join(one.said for one in found)


@given(st.dictionaries(st.sampled_from(["train-ai", "search", "bots"]), st.booleans()))
def test_preferences_are_read_as_they_are_written(wanted: dict[str, bool]) -> None:
    assert preferences(", ".join(f"{use}={'y' if one else 'n'}" for use, one in wanted.items())) == wanted


STATEMENTS = st.lists(
    st.builds(Statement, st.sampled_from(SIGNALS), st.sampled_from("ab"), st.sampled_from("xy"), st.booleans())
)


@given(STATEMENTS, STATEMENTS)
def test_joined_is_written_of_both(one: list[Statement], other: list[Statement]) -> None:
    parts = set(joined(written(one), other).split()) - {"none"}
    assert parts == set(written([*one, *other]).split()) - {"none"}
    assert forbid([*one, *other]) == (forbid(one) or forbid(other))


HOSTILE = {
    "many-rules": b"User-agent: *\n" + b"".join(b"Content-Usage: /*%d*a train-ai=y\n" % n for n in range(20_000)),
    "one-path": b"User-agent: *\n" + b"".join(b"Content-Usage: x%d=y\n" % n for n in range(30_000)),
    "wildcards": b"User-agent: *\nContent-Usage: /" + b"*a" * 8_000 + b" train-ai=n\n",
    "deep": b"[" * 400_000,
    "deep-objects": b'[{"a":' * 80_000,
    "many-objects": b"[" + b'{"location":"/*a*b","tdm-reservation":1},' * 12_000,
    "blank": b"[" + b" " * 30_000_000,
    "huge": b"User-agent: *\nDisallow: /a\n" * 1_200_000,
    "numbers": b'[{"location":"/","tdm-reservation":' + b"9" * 400_000 + b"}]",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_holds_a_fetch(name: str) -> None:
    """Read once, and asked of fifty addresses of many signs."""
    data = HOSTILE[name]
    urls = [f"http://a.example/img/{'aab' * 600}/{number}.jpg" for number in range(50)]

    def work() -> None:
        rules = robots.rules(200, data)
        files = [site_file(signal, 200, data) for signal in FILES]
        for url in urls:
            of_site(rules, files, url, US, SIGNALS)

    within(10, work)


@pytest.mark.parametrize("status", [200, 304])
def test_a_head_that_forbids_refuses_the_picture_new_or_known(status: int) -> None:
    known = Validators("0" * 64, '"1"', None)
    for said, tags, reason in (
        (of_head(lambda name: ["1"] if name == "tdm-reservation" else [], US, SIGNALS), (), "reserved"),
        (of_head(lambda name: ["noml"] if name == "x-robots-tag" else [], US, SIGNALS), ("noml",), "x-robots-tag"),
        ((), ("noindex",), "x-robots-tag"),
        ((), ("noml",), None),  # where `noml` is not respected, nobody looks for it
    ):
        reply = Reply(status, "image/jpeg", '"1"', None, tags, "allowed", said)
        answer = image_answer(reply, b"", US, known)
        assert answer.reason == reason
        assert wants_body(reply, US) == (status == 200 and reason is None)
        assert answer.reservation == written(said)
