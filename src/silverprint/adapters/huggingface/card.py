"""Dataset card, README.md of a release: written from its tables alone."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

# Of Hugging Face's licence identifiers, those that are an SPDX identifier in lower case and that pictures carry.
_KNOWN: Final = {
    "cc0-1.0", "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "mit", "apache-2.0", "unlicense", "pddl", "odbl",
}  # fmt: skip
_SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True)
class Card:
    name: str
    question: str
    classes: tuple[str, ...]
    splits: dict[str, dict[str, int]]  # split -> class -> pictures; only splits that have any
    licenses: list[dict[str, Any]]  # license, source, pictures
    sources: list[dict[str, Any]]  # source, pictures (acquired), kept, released
    rounds: list[dict[str, Any]]  # round, pictures, votes, abstained, people, alpha
    evaluation: dict[str, float] | None  # n, accuracy, low, high
    model_id: str | None
    automatic: dict[str, Any]  # core.automatic_labels.figures
    imported: dict[str, Any]  # the same of labels that sources brought; empty where none was listened to
    core_classes: tuple[str, ...]  # classes that no automatic label gives
    test_sources: tuple[str, ...]  # sources that only `test` has
    augment: int  # augmented copies of each picture of `train`, which `splits` does not count
    blurred: int  # pictures of persons, in which faces are blurred
    drawn_later: int  # pictures of `test` that models of earlier rounds may have learnt from
    undecided: int  # pictures for training whose label would be a guess
    formats: tuple[str, ...]  # names of `release.formats`
    version: dict[str, Any]  # row of records.RELEASES
    compared: bool  # whether the version before is known
    relabelled: list[dict[str, Any]]  # label_before, label, pictures: since the version before


def render(card: Card) -> str:
    total = sum(sum(counts.values()) for counts in card.splits.values())
    return _template().render(
        card=card,
        total=total,
        size=size_category(total + card.augment * sum(card.splits.get("train", {}).values())),
        license_ids=license_ids([r["license"] for r in card.licenses]),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("silverprint.adapters.huggingface", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Markdown; what could break its tables goes through `cell`
    )
    environment.filters |= {"percent": lambda share: f"{100 * share:.1f} %", "cell": _cell, "count": "{:,}".format}
    return environment.get_template("card.md")


def license_ids(found: list[str | None]) -> list[str]:
    """Hugging Face's identifiers of the licences, sorted; `other` stands for those it has no name for."""
    return sorted({name.lower() if name and name.lower() in _KNOWN else "other" for name in found})


def size_category(pictures: int) -> str:
    return next((name for limit, name in _SIZES if pictures < limit), "n>1M")


def _cell(value: object) -> str:
    return "-" if value is None else " ".join(str(value).split()).replace("|", "\\|")
