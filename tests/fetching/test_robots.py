"""RFC 9309, line by line: what a robots.txt says, whoever asks; and what an answer to a request for it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.fetching.limits import ROBOTS_BYTES
from silverprint.fetching.refusals import Failed
from silverprint.fetching.robots import decide, delay, rules
from tests.helpers.clock import within

US, HOST = "silverprint", "http://a.example"


def allowed(text: str | bytes, path: str, agent: str = US) -> bool:
    found = rules(200, text.encode() if isinstance(text, str) else text)
    return decide(found, f"{HOST}{path}", agent) == "allowed"


def forbids(rule: str, path: str) -> bool:
    return not allowed(f"User-agent: *\n{rule}\n", path)


# 2.1, 2.2.1: groups, and whom they are for.
GROUPS = {
    "none": ("", True),
    "for-all": ("User-agent: *\nDisallow: /", False),
    "for-us-alone": ("User-agent: silverprint\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
    "ours-before-all": ("User-agent: *\nDisallow: /\n\nUser-agent: silverprint\nDisallow: /other", True),
    "letters-of-any-case": ("USER-AGENT: SilverPrint\nDISALLOW: /", False),
    "another": ("User-agent: silver\nDisallow: /", True),
    "another-longer": ("User-agent: silverprinter\nDisallow: /", True),
    "another-that-has-us-in-it": ("User-agent: print\nDisallow: /", True),
    "with-a-version": ("User-agent: silverprint/0.1\nDisallow: /", False),
    "with-words-behind": ("User-agent: silverprint (pictures)\nDisallow: /", False),
    "several-names": ("User-agent: a\nUser-agent: silverprint\nUser-agent: b\nDisallow: /", False),
    "several-names-with-empty-lines": ("User-agent: silverprint\n\n# and\nUser-agent: b\n\nDisallow: /", False),
    "groups-for-us-are-one": ("User-agent: silverprint\nDisallow: /x\nUser-agent: b\nDisallow: /\n"
                              "User-agent: silverprint\nDisallow: /p", False),
    "groups-for-all-are-one": ("User-agent: *\nDisallow: /x\nUser-agent: b\nAllow: /\n"
                               "User-agent: *\nDisallow: /p", False),
    "no-rules-of-ours": ("User-agent: *\nDisallow: /\n\nUser-agent: silverprint\n", True),
    "an-empty-rule-of-ours": ("User-agent: *\nDisallow: /\n\nUser-agent: silverprint\nDisallow:", True),
    "rules-before-a-group": ("Disallow: /\nUser-agent: *\nDisallow: /x", True),
    "other-records-end-no-group": ("User-agent: silverprint\nSitemap: http://a/s.xml\nCrawl-delay: 3\n"
                                   "User-agent: b\nDisallow: /", False),
    "an-unknown-key": ("User-agent: *\nNoindex: /x\nDisallow: /", False),
}  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_is_for_whom_it_names(name: str) -> None:
    text, is_allowed = GROUPS[name]
    assert allowed(text, "/page") is is_allowed


# 2.2.2, 2.2.3: rule, path, whether the rule meets it. The first block is the RFC's own tables.
PATHS = [
    ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
    ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", True),
    ("/foo/bar?baz=https%3A%2F%2Ffoo.bar", "/foo/bar?baz=https://foo.bar", True),
    ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
    ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", True),
    ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
    ("/foo/bar/baz", "/foo/bar/%62%61%7A", True),
    ("/this/*/exactly", "/this/path/exactly", True),
    ("/this/path/exactly$", "/this/path/exactly", True),
    ("/this/path/exactly$", "/this/path/exactly/not", False),
    ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
    ("/path/file-with-a-%2A.html", "/path/file-with-a-x.html", False),
    ("/path/foo-%24", "/path/foo-$", True),
    ("/path/foo-%24", "/path/foo-", False),
    ("/", "/", True),
    ("/", "/any/thing?at=all", True),
    ("/p", "/private", True),
    ("/p", "/P", False),  # case counts
    ("/private/", "/private", False),
    ("/a%2Fb", "/a/b", False),  # a written-out slash is another thing in a path
    ("/a/b", "/a%2fb", False),
    ("/a%2fb", "/a%2Fb", True),
    ("/~joe/", "/%7Ejoe/x", True),
    ("/%7ejoe/", "/~joe/x", True),
    ("/100%", "/100%25/x", True),
    ("/a b", "/a%20b", True),
    ("/*.jpg$", "/x/y.jpg", True),
    ("/*.jpg$", "/x/y.jpg?v=1", False),
    ("/*.jpg", "/x/y.jpg?v=1", True),
    ("*.jpg", "/x/y.jpg", True),
    ("/a*b*c", "/a-b-b-c-d", True),
    ("/a*b*c$", "/a-b-b-c-d", False),
    ("/a*bc$", "/abcbc", True),
    ("/a*a$", "/a", False),
    ("/a**b", "/ab", True),
    ("/*$", "/anything", True),
    ("/$", "/", True),
    ("/$", "/x", False),
    ("/a$b", "/a$b", True),  # elsewhere than at the end it is a sign like others
    ("/*?", "/x?y", True),
    ("/*?", "/x", False),
    ("/*/a?b", "/x?u=/a?b", True),
    ("/x?u=/a", "/x?u=%2Fa/b", True),
    ("private", "/private/x", True),
    ("/a;b=c", "/a;b=c", True),
]


@pytest.mark.parametrize(("rule", "path", "meets"), PATHS)
def test_a_rule_meets_a_path(rule: str, path: str, meets: bool) -> None:
    assert forbids(f"Disallow: {rule}", path) is meets


# 2.2.2: of the rules that meet a path the longest counts, of two as long the one that allows.
LONGEST = [
    ("Allow: /p\nDisallow: /", "/page", True),
    ("Disallow: /p\nAllow: /", "/page", False),
    ("Allow: /page\nDisallow: /page", "/page", True),
    ("Disallow: /page\nAllow: /page", "/page", True),
    ("Allow: /$\nDisallow: /", "/", True),
    ("Allow: /$\nDisallow: /", "/page.htm", False),
    ("Allow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/", True),
    ("Allow: /example/page/\nDisallow: /example/page/disallowed.gif", "/example/page/disallowed.gif", False),
    ("Allow: /page\nDisallow: /*.htm", "/page.htm", False),
    ("Disallow:", "/page", True),
    ("Disallow: /\nAllow:", "/page", False),
    ("Disallow: /", "/robots.txt", True),
    ("Disallow: /", "/robots.txt.jpg", False),
]


@pytest.mark.parametrize(("text", "path", "is_allowed"), LONGEST)
def test_the_longest_match_counts(text: str, path: str, is_allowed: bool) -> None:
    assert allowed(f"User-agent: *\n{text}", path) is is_allowed


# 2.2, 2.3: how it is written. Each forbids /private and nothing else.
PLAIN = "User-agent: *\nDisallow: /private\n"
WRITTEN = {
    "lf": PLAIN.encode(),
    "crlf": PLAIN.replace("\n", "\r\n").encode(),
    "cr": PLAIN.replace("\n", "\r").encode(),
    "without-an-end": PLAIN.rstrip().encode(),
    "utf-8-mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "mark-in-the-middle": b"Sitemap: x\n\xef\xbb\xbf" + PLAIN.encode(),
    "utf-16-le": b"\xff\xfe" + PLAIN.encode("utf-16-le"),
    "utf-16-be": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "utf-16-le-without-a-mark": PLAIN.encode("utf-16-le"),
    "utf-16-be-without-a-mark": PLAIN.encode("utf-16-be"),
    "utf-32": PLAIN.encode("utf-32"),
    "latin-1-in-a-comment": b"# f\xfcr alle\n" + PLAIN.encode(),
    "comments": b"# a\nUser-agent: * # all\nDisallow: /private# no\n",
    "blanks": b"  User-agent  :\t*  \n\t Disallow :/private \n",
    "no-blanks": b"User-agent:*\nDisallow:/private",
    "no-colon": b"User-agent *\nDisallow /private",
    "misspelt": b"useragent: *\ndissallow: /private",
    "binary-before": bytes(range(1, 256)) + b"\n" + PLAIN.encode(),
    "a-long-line-before": b"x" * 100_000 + b"\n" + PLAIN.encode(),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_it_may_be_written_in_many_ways(name: str) -> None:
    assert not allowed(WRITTEN[name], "/private/x")
    assert allowed(WRITTEN[name], "/public")


def test_octets_that_are_no_utf_8_are_compared_as_they_are() -> None:
    assert not allowed(b"User-agent: *\nDisallow: /n\xe4he", "/n%E4he/x")
    assert allowed(b"User-agent: *\nDisallow: /n\xe4he", "/n%C3%A4he/x")


# 2.5: at least 500 KiB are read; of more, what comes first.
def test_of_a_long_one_the_beginning_counts_and_no_half_line() -> None:
    line = b"#" * 99 + b"\n"
    before = line * ((ROBOTS_BYTES - 200) // 100)
    text = before + PLAIN.encode() + b"Disallow: /" + b"x" * 300
    assert len(text) > ROBOTS_BYTES
    assert not allowed(text, "/private/x")
    assert allowed(text, "/xxx")  # else the line that was cut would forbid more than it says
    assert allowed(line * (ROBOTS_BYTES // 100 + 1) + PLAIN.encode(), "/private/x")
    assert not allowed(before[:-9] + b"\n" * 9 + PLAIN.encode(), "/private/x")


# 2.3.1: what an answer means.
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 451, 499])
def test_where_there_is_none_all_is_allowed(status: int) -> None:
    assert decide(rules(status, b"User-agent: *\nDisallow: /"), f"{HOST}/x", US) == "none"


@pytest.mark.parametrize("status", [301, 302, 304, 307, 308, 399, 429, 500, 502, 503, 599, 600, 999, 100])
def test_where_it_cannot_be_known_nothing_is_asked(status: int) -> None:
    with pytest.raises(Failed, match="robots-unreachable"):
        rules(status, b"")


@pytest.mark.parametrize("status", [200, 203, 206, 299])
def test_what_there_is_holds(status: int) -> None:
    assert decide(rules(status, PLAIN.encode()), f"{HOST}/private", US) == "disallowed"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("User-agent: *\nCrawl-delay: 2", 2.0), ("User-agent: *\nCrawl-delay: 10 s", 10.0), ("Crawl-delay: 2", 0.0),
     ("User-agent: b\nCrawl-delay: 9\nUser-agent: *\nCrawl-delay: 2", 2.0),
     ("User-agent: silverprint\nDisallow: /x\nUser-agent: *\nCrawl-delay: 2", 0.0),
     ("User-agent: *\nCrawl-delay: 1\nDisallow: /x\nCrawl-delay: 3", 3.0),
     ("User-agent: *\nCrawl-delay: " + "9" * 400, 30.0)],
)  # fmt: skip
def test_a_crawl_delay_is_of_those_named_before_it(text: str, seconds: float) -> None:
    assert delay(rules(200, text.encode()), US) == seconds


PIECES = st.sampled_from(["/", "a", "b", "%41", "%2f", "é", "?", "=", ".", "~"])


@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=6).map("".join))
def test_a_path_is_met_by_its_own_beginnings(path: str, rest: str) -> None:
    assert forbids(f"Disallow: /{path}", f"/{path}{rest}")
    assert forbids(f"Disallow: /{path}*", f"/{path}{rest}")
    assert forbids(f"Disallow: /{path}$", f"/{path}")
    assert forbids(f"Disallow: *{rest or '/'}$", f"/{path}{rest or '/'}")


@given(st.binary(max_size=2_000), st.text(st.characters(max_codepoint=127), max_size=50))
def test_any_bytes_are_a_robots_txt(noise: bytes, path: str) -> None:
    for text in (noise, PLAIN.encode() + noise, b"User-agent: *\nDisallow: /" + noise, b"\xff\xfe" + noise):
        found = rules(200, text)
        assert decide(found, f"{HOST}/{path}", US) in ("allowed", "disallowed")
        assert 0 <= delay(found, US) <= 30
    assert not allowed(PLAIN.encode() + noise, "/private") or b"llow" in noise.lower() or b"agent" in noise.lower()


HOSTILE = {
    "wildcards": b"User-agent: *\nDisallow: /" + b"*a" * 250_000 + b"b\n",
    "many-wildcards": b"User-agent: *\n" + b"".join(b"Disallow: /*a*%d$\n" % number for number in range(20_000)),
    "names-times-rules": b"User-agent: *\n" * 18_000 + b"Disallow: /x\n" * 20_000,
    "names-times-delays": b"User-agent: *\nCrawl-delay: 1\n" * 9_000 + b"Crawl-delay: 2\n" * 9_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_made_to_be_slow_is_read_all_the_same(name: str) -> None:
    """Seconds where a regular expression, or names times rules, would take hours."""
    found = within(5, lambda: rules(200, HOSTILE[name]))
    assert within(5, lambda: decide(found, f"{HOST}/{'a' * 8_000}", US)) == "allowed"
    assert within(5, lambda: delay(found, US)) in (0, 2)
