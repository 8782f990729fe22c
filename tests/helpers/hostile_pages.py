"""Pages made to hold whoever reads them, each as large as a page may be: 4,000,000 characters, 25,000 tags,
150,000 attributes."""

import json
from collections.abc import Callable

from silverprint.adapters.crawl.page_bounds import (
    MAX_ALL_ATTRIBUTES,
    MAX_ATTRIBUTES,
    MAX_CHARACTERS,
    MAX_TAGS,
    MAX_VALUES,
)

_ROOM = MAX_CHARACTERS - 1_000
_FEW = MAX_TAGS - 100


def filled(piece: str, tags: int, around: str = "{}", attributes: int = 1) -> str:
    """`piece` (of so many tags and attributes) as often as a page may hold it."""
    return around.format(piece * min(_ROOM // len(piece), _FEW // max(tags, 1), MAX_ALL_ATTRIBUTES // attributes))


def _numbered(piece: str, tags: int, most: int = _FEW) -> str:
    """Likewise, each with a number of its own in the place of @."""
    count = min(_ROOM // len(piece.replace("@", "00000")), most // tags)
    return "".join(piece.replace("@", str(number)) for number in range(count))


def _most(attribute: str) -> str:
    """As many attributes as a tag may have beside one, each with a number in the place of @."""
    return " ".join(attribute.replace("@", str(number)) for number in range(MAX_ATTRIBUTES - 1))


def _set(length: int, at: str = "") -> str:
    """A srcset of at most so many characters."""
    count = length // (len(at) + len(f"/s.jpg w, {length}{length}") + 2)
    return ", ".join(f"/s{at}{number}.jpg {number}w" for number in range(count))


def _ld(item: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps(item)}</script>"


def _deep(depth: int) -> object:
    item: object = {"@type": "ImageObject", "contentUrl": "/a.jpg"}
    for _ in range(depth):
        item = [item]
    return item


_STATED = [{"@type": "ImageObject", "contentUrl": f"/p{n}.jpg", "license": f"/l{n}"} for n in range(12_000)]
_IMAGES = [{"@type": "ImageObject", "contentUrl": f"/p{n}.jpg", "license": f"/l{n}"} for n in range(45_000)]  # 3.4 MB
_PHOTO = "<img class=photo src=/first.jpg>"
# The pages, as functions, for they are large.
PAGES: dict[str, Callable[[], str]] = {
    "pictures": lambda: _numbered("<img class=photo src=/p@.jpg>", 1),
    "links": lambda: _numbered("<a class=product href=/p@>x</a>", 2),
    "links to one place": lambda: filled("<a class=product href=/p>x</a>", 2),
    "small sets": lambda: _numbered(f"<img class=photo srcset='{_set(130, '@')}'>", 1),
    "large sets": lambda: _numbered(f"<img class=photo srcset='{_set(4_000, '@')}'>", 1),
    "one set": lambda: f"<img class=photo srcset='{_set(_ROOM)}'>",
    "a set of data": lambda: f"<img class=photo srcset='{'data:, ' * (_ROOM // 7)}'>",
    "a set of commas": lambda: f"<img class=photo srcset='{', ' * (_ROOM // 2)}'>",
    "a set of spaces": lambda: f"<img class=photo srcset='{' ' * _ROOM}'>",
    "a set with a long number": lambda: f"<img class=photo srcset='a {'9' * (_ROOM - 10)}w'>",
    "a set with many numbers": lambda: f"<img class=photo srcset='a {'9w ' * (_ROOM // 3 - 10)}'>",
    "late sets": lambda: _numbered(f"<img class=photo data-@-srcset='{_set(130)}'>", 1),
    "a picture of many": lambda: (
        "<picture>" + f"<source srcset='{_set(60_000)}'>" * 30 + _PHOTO * 20_000 + "</picture>"
    ),
    "pictures of many": lambda: filled(
        "<picture>" + f"<source srcset='{_set(5_000)}'>" * 30 + _PHOTO * 99 + "</picture>", 131
    ),
    "deep pictures": lambda: "<picture>" * _FEW + _PHOTO,
    "deep noscripts": lambda: "<img class=photo><noscript>" * (_FEW // 2) + _PHOTO,
    "noscripts": lambda: filled("<img class=photo><noscript><img srcset='a 1w, b 2w'></noscript>", 4),
    "url(": lambda: f"<div class=bg style='{'url(' * (_ROOM // 4)}'>",
    "url( and spaces": lambda: f"<div class=bg style='url({' ' * _ROOM}'>",
    "many url( and spaces": lambda: filled(f"<div class=bg style='url({' ' * 150}'></div>", 2),
    "url( and names": lambda: f"<div class=bg style='url({'a' * _ROOM}'>",
    "url() of data": lambda: f"<div class=bg style='{'url(data:,)' * (_ROOM // 11)}'>",
    "url( to its end": lambda: f"<div class=bg style='{'url(' + ' ' * 1_000}{')' * (_ROOM - 2_000)}'>",
    "styles": lambda: _numbered("<div class=bg style='background:url(\"/p@.jpg\")'></div>", 2),
    "attributes": lambda: filled(f"<img class=photo {' '.join(f'a{n}' for n in range(5))}>", 1, attributes=6),
    "more attributes": lambda: filled(f"<img class=photo {' '.join(f'a{n}' for n in range(39))}>", 1, attributes=40),
    "many attributes": lambda: filled(f"<img class=photo {_most('a@')}>", 1, attributes=MAX_ATTRIBUTES),
    "many late sets": lambda: filled(f"<img class=photo {_most('data-@-srcset=a')}>", 1, attributes=MAX_ATTRIBUTES),
    "a deep page": lambda: "<div class=photo>" * _FEW + _PHOTO,
    "a deep page of links": lambda: "<div>" * 1_000 + "<a class=product href=/p>x</a>" * 11_000,
    "open links": lambda: filled("<a class=product href=/p>", 1),
    "open bold": lambda: filled("<b><p>", 2),
    "open forms": lambda: filled("<table><form><td>", 3),
    "a list": lambda: filled("<li><a class=product href=/p>x</a></li>", 4),
    "statements": lambda: _ld(_STATED) + _numbered("<img class=photo src=/p@.jpg>", 1, 12_000),
    "too many statements": lambda: _ld(_IMAGES) + _PHOTO,
    "statements of lists": lambda: _ld([[]] * (MAX_VALUES // 2 - 5)) + _PHOTO,
    "a statement of words": lambda: _ld(["x" * (_ROOM // 1_000)] * 900) + _PHOTO,
    "deep statements": lambda: _ld(_deep(900)) + _PHOTO,
    "many statements": lambda: _numbered(_ld({"@type": "ImageObject", "contentUrl": "/p@.jpg"}), 2),
    "statements of numbers": lambda: _ld([0] * (_ROOM // 3)) + _PHOTO,
    "statements of nothing": lambda: _ld([{}] * (_ROOM // 4)) + _PHOTO,
    "statements of kinds": lambda: _ld([{"@type": ["x"] * (_ROOM // 5)}]) + _PHOTO,
    "a broken statement": lambda: f"<script type='application/ld+json'>{'[' * _ROOM}</script>" + _PHOTO,
    "one text": lambda: "<div>" + "word " * (_ROOM // 5) + _PHOTO,
    "texts": lambda: filled("<div>" + "word " * 30 + "</div>", 2) + _PHOTO,
    "other signs": lambda: "日本" * (_ROOM // 2) + _PHOTO,
    "entities": lambda: "&amp;&#x110000;" * (_ROOM // 15) + _PHOTO,
    "bases": lambda: filled("<base target=x>", 1) + _PHOTO,
    "robots": lambda: filled("<meta name=robots content='a, b: c, d'>", 1) + _PHOTO,
    "one robots": lambda: f"<meta name=robots content='{'a, ' * (_ROOM // 3)}'>" + _PHOTO,
    "refreshes": lambda: filled("<meta http-equiv=refresh content='99; url=/x'>", 1),
    "a refresh": lambda: f"<meta http-equiv=refresh content='{'9' * (_ROOM - 50)}; url=/x'>",
    "long addresses": lambda: _numbered(f"<img class=photo src='/@{'x' * 7_000}'>", 1),
    "one address": lambda: f"<img class=photo src='/{'x' * (_ROOM - 50)}'>",
    "odd addresses": lambda: _numbered("<img class=photo src='http://[é@/..\\\\../?ü=日'>", 1),
    "far hosts": lambda: _numbered("<img class=photo src='//ｗww.exämple@.example/ü'>", 1),
    "comments": lambda: "<!-- -->" * _FEW + _PHOTO,
    "a comment": lambda: "<!--" + "-" * _ROOM,
    "quotes": lambda: "<i title=\"" * _FEW,
    "open tags": lambda: "<i " * _FEW + _PHOTO,
    "a tag of words": lambda: "<i " + "a " * MAX_ATTRIBUTES + "=" * (_ROOM - 2_000),
}  # fmt: skip
