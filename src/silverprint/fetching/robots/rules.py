"""Rules of a robots.txt (RFC 9309), read as its author meant them: groups for crawlers, and their paths.

In a file that is not quite right, what forbids counts: misspelt keys, a missing colon, another encoding.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from silverprint.fetching.limits import ROBOTS_BYTES
from silverprint.fetching.robots.path_pattern import Pattern, Place

Terms: TypeAlias = Literal["content-usage", "content-signal"]
Key: TypeAlias = Literal["user-agent", "allow", "disallow", "crawl-delay"] | Terms

_KEYS: Final[dict[str, Key]] = {
    "user-agent": "user-agent", "useragent": "user-agent", "user agent": "user-agent",
    "disallow": "disallow", "dissallow": "disallow", "dissalow": "disallow", "disalow": "disallow",
    "diasllow": "disallow", "disallaw": "disallow",
    "allow": "allow",
    "crawl-delay": "crawl-delay", "crawldelay": "crawl-delay", "crawl delay": "crawl-delay",
    "content-usage": "content-usage", "content-signal": "content-signal", "content-signals": "content-signal",
}  # fmt: skip
_COLONLESS: Final = re.compile(r"(user-?agent|(?:dis)?allow|crawl-?delay)[ \t]+(\S+)", re.IGNORECASE)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BLANKS: Final = " \t\0\ufeff"  # includes the byte order mark: concatenated files have it in their middle, too
_LONGEST: Final = 16_664  # characters of a line; the rest of one is passed over, as Google's parser does
_NAME: Final = re.compile(r"[^\s/;,()*]*")  # name of a crawler; a version behind it is not part of it (2.2.1)
_SECONDS: Final = re.compile(r"[0-9]*\.?[0-9]+", re.ASCII)
_MARKS: Final = (  # byte order marks other than UTF-8's; the longer ones before those they begin with
    (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip


class Rule(NamedTuple):
    allows: bool
    pattern: Pattern


class _Term(NamedTuple):
    pattern: Pattern | None  # None: it is said of every path
    said: str

    @property
    def octets(self) -> int:
        return 0 if self.pattern is None else self.pattern.octets


class _Group:
    """Rules, and times between two requests, in the order of their lines."""

    def __init__(self) -> None:
        self.rules: list[tuple[bool, str]] = []  # whether it allows, and what
        self.delays: list[float] = []
        self.terms: list[tuple[Key, str]] = []


class RobotsTxt:
    """
    Args:
        content: of the file, as it came; of more than ROBOTS_BYTES the rest is not read, nor is the line cut by that.
    """

    def __init__(self, content: bytes) -> None:
        # By the crawler's name in lower case, or `*`: its groups, and how many of their delays stand before the name.
        self._groups: defaultdict[str, dict[_Group, int]] = defaultdict(dict)
        self._sorted: dict[str, list[Rule]] = {}
        self._terms: dict[tuple[Terms, str], list[_Term]] = {}
        group, has_rules = _Group(), True
        self._before = group  # what stands before the first name: of that, terms count, for everybody
        for key, value in _lines(_text(content)):
            if key == "user-agent":
                if has_rules:
                    group, has_rules = _Group(), False
                self._groups[_agent(value)].setdefault(group, len(group.delays))
            elif key in ("content-usage", "content-signal"):
                has_rules = True
                group.terms.append((key, value))
            elif key == "crawl-delay":  # not in the RFC, so it ends no group (2.2.4)
                if found := _SECONDS.match(value):
                    group.delays.append(float(found[0]))
            else:
                has_rules = True
                if value:
                    group.rules.append((key == "allow", value))

    def allows(self, url: str, agent: str) -> bool:
        """Whether the crawler of that name (lower case) may ask for `url`, as it goes over the wire."""
        return self.ruling(url, agent) is not False

    def ruling(self, url: str, agent: str) -> bool | None:
        """Likewise; None where no rule says it."""
        place = Place(url)
        if place.path == "/robots.txt":
            return True  # always (2.2.2)
        return next((rule.allows for rule in self._rules(agent) if rule.pattern.matches(place)), None)

    def terms(self, key: Terms, url: str, agent: str) -> str:
        """What is said of the use of `url`: the values of the lines with the longest matching path, in one; else "".

        A path may stand before what is said, and is matched like those of Allow and Disallow
        (draft-ietf-aipref-attach-05, 3.1 and 3.2).
        """
        place, found = Place(url), list[_Term]()
        for term in self._terms_of(key, agent):
            if found and term.octets < found[0].octets:
                break
            if term.pattern is None or term.pattern.matches(place):
                found.append(term)
        return ",".join(term.said for term in found)

    def delay(self, agent: str) -> float:
        """Seconds that the crawler of that name shall let pass between two requests: the longest time said, else 0."""
        return max((delay for group, since in self._of(agent).items() for delay in group.delays[since:]), default=0.0)

    def _rules(self, agent: str) -> list[Rule]:
        """Those for a crawler: the longest match counts, of two as long the one that allows (2.2.2)."""
        if agent not in self._sorted:
            rules = [
                Rule(allows, Pattern(value))
                for allows, value in {rule for group in self._of(agent) for rule in group.rules}
            ]
            self._sorted[agent] = sorted(rules, key=lambda rule: (rule.pattern.octets, rule.allows), reverse=True)
        return self._sorted[agent]

    def _terms_of(self, key: Terms, agent: str) -> list[_Term]:
        """Those for a crawler, the longest path first."""
        if (key, agent) not in self._terms:
            groups = (self._before, *self._of(agent))
            by_path = defaultdict[str, dict[str, None]](dict)
            for path, said in (_term(value) for group in groups for of_key, value in group.terms if of_key == key):
                by_path[path][said] = None
            terms = [_Term(Pattern(path) if path else None, ",".join(said)) for path, said in by_path.items()]
            self._terms[key, agent] = sorted(terms, key=lambda term: term.octets, reverse=True)
        return self._terms[key, agent]

    def _of(self, agent: str) -> dict[_Group, int]:
        """All groups for a crawler, as one; those for everybody where none names it."""
        return self._groups.get(agent) or self._groups.get("*", {})


def _text(content: bytes) -> str:
    """The text as UTF-8 (2.3), unless it evidently is not; other bytes become lone surrogates."""
    start = content[:ROBOTS_BYTES]
    found = next((encoding for mark, encoding in _MARKS if start.startswith(mark)), None)
    if found is None and b"\0" in start[:2]:  # UTF-16 without a mark: every second byte of ASCII is zero
        found = "utf-16-be" if start[:1] == b"\0" else "utf-16-le"
    text = start.decode("utf-8", "surrogateescape") if found is None else start.decode(found, "replace")
    return text if len(content) <= ROBOTS_BYTES else text[: max(text.rfind("\n"), text.rfind("\r")) + 1]


def _lines(text: str) -> Iterator[tuple[Key, str]]:
    """The keys that are known, with their values, comments and blanks apart."""
    for whole in _LINE_END.split(text):
        line = whole[:_LONGEST].partition("#")[0].strip(_BLANKS)
        word, _, value = line.partition(":")
        key = _KEYS.get(" ".join(word.lower().split()))
        if key is None and (found := _COLONLESS.fullmatch(line)):
            key, value = _KEYS[found[1].lower()], found[2]
        if key is not None:
            yield key, value.strip(_BLANKS)


def _term(value: str) -> tuple[str, str]:
    """The path, or "" where there is none, and what is said of it."""
    if not value.startswith("/"):
        return "", value
    path, *said = value.split(maxsplit=1)
    return path, "".join(said)


def _agent(value: str) -> str:
    """The crawler's name that a group is for."""
    return "*" if value.startswith("*") else _NAME.match(value.lower())[0]  # type: ignore[index]  # it matches always
