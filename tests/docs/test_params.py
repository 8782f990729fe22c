"""docs/params.md has a row for every knob, with the bounds that the code checks."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from annotated_types import Ge, Gt, Le, MinLen

from silverprint import config
from silverprint.config import Classifier, Source
from tests.contracts.digests import ROOT

ROWS = dict(re.findall(r"^\| `([^`]+)` \| (.+?) \|", (ROOT / "docs/params.md").read_text(encoding="utf-8"), re.M))


def knobs(holder: Any = config.Params, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every field below `holder`, with its type as it is written."""
    for name, hint in get_type_hints(holder, include_extras=True).items():
        inner = get_args(hint)[1] if str(hint).startswith("dict") else hint
        if inner == Source:
            yield from knobs(config.WebSource, "sources.<web>.")
            yield from knobs(config.UrlSource, "sources.<urls>.")
            yield from knobs(config.ArchiveSource, "sources.<archive>.")
            yield from knobs(config.FolderSource, "sources.<folder>.")
            yield from knobs(config.CrowdSource, "sources.<crowd>.")
        elif inner == Classifier:
            yield from knobs(config.TableClassifier, "classifiers.<table>.")
            yield from knobs(config.ImagenetClassifier, "classifiers.<imagenet>.")
            yield from knobs(config.ZeroShotClassifier, "classifiers.<zero-shot>.")
        elif is_dataclass(inner):
            yield from knobs(inner, f"{above}{name}." if inner is hint else f"{above}{name}.<name>.")
        else:
            yield f"{above}{name}", hint


KNOBS = dict(knobs())


def row(way: str) -> str | None:
    as_crawl = way.replace("<urls>", "<web>")  # a list is fetched as a crawl is
    kind = "<(web|urls|archive|folder|crowd|table|imagenet|zero-shot)>"
    return ROWS.get(way) or ROWS.get(as_crawl) or ROWS.get(re.sub(kind, "<name>", way))


def test_a_knob_has_a_row_with_its_bounds() -> None:
    assert len(KNOBS) > 100
    assert [way for way in KNOBS if row(way) is None] == [], "docs/params.md has no row for these"
    assert [f"{way}: {number}" for way in KNOBS for number in bounds_not_told(way, row(way) or "")] == []


def bounds_not_told(way: str, written: str) -> Iterator[str]:
    for bound in getattr(KNOBS[way], "__metadata__", ()):
        for kind in (Ge, Gt, Le, MinLen):
            for rule in getattr(bound, "metadata", ()):
                if isinstance(rule, kind):
                    (limit,) = (getattr(rule, field.name) for field in fields(rule))
                    number = f"{limit:,.0f}" if limit == int(limit) else str(limit)
                    if not re.search(rf"(?<![\d,.]){re.escape(number)}(?![\d,.]\d)", written):
                        yield number


def test_a_row_is_a_knob() -> None:
    kinds = ("<name>", "<web>", "<table>")
    assert [way for way in ROWS if not any(way.replace("<name>", kind) in KNOBS for kind in kinds)] == []
