"""Examples on the contact sheet, for what was acquired, for each reason against some of it, and for what was kept.

An image_id is a SHA-256, so its order is a random one, and the same for ever: the first ones are a fair sample, and
pictures that are new change few of them.
"""

from dataclasses import dataclass
from typing import Final

import polars as pl

from silverprint.config import Clean
from silverprint.core.cleaning import rules

# What is shown of them is a sign, as a rule: one for each kind of evidence says more than the same sign again.
_SIGNS: Final = rules.BINDING | {"undecodable"}
COPIES: Final = ("same-pixels", "near-duplicate")


@dataclass(frozen=True)
class Example:
    image_id: str
    evidence: str  # in words
    instead: str | None = None  # the kept picture that stands for a copy


@dataclass(frozen=True)
class Row:
    reason: str
    flags: bool  # whether it only flags: the pictures are kept
    pictures: int
    share: float  # share of all acquired pictures, 0..1
    examples: list[Example]

    @property
    def evidence(self) -> str:
        """Evidence of the first example; of all, where examples stand for kinds of evidence."""
        examples = self.examples if self.reason in _SIGNS else self.examples[:1]
        return ", ".join(example.evidence for example in examples)


def example_rows(manifest: pl.DataFrame, limits: Clean, most: int) -> list[Row]:
    """A row for each reason that rejected a picture, in the order of REASONS, then for each flag that a kept one has.

    Args:
        manifest: as records.MANIFEST.
        most: pictures of a row; where a copy is beside the one that is kept, both count.
    """
    rejected = [_rejected(manifest, reason, limits, most) for reason in rules.REASONS]
    flagged = [_flagged(manifest, name, limits, most) for name in rules.FLAGS]
    return [row for row in rejected + flagged if row.pictures]


def unused_reasons(found: list[Row], limits: Clean) -> list[str]:
    """The reasons and flags that were looked for and are in none of `found`, in the order of REASONS."""
    ignored = {name for name, policy in rules.policies(limits).items() if policy == "ignore"}
    return [reason for reason in rules.REASONS if reason not in ignored | {row.reason for row in found}]


def rejected_rows(manifest: pl.DataFrame, reason: str) -> pl.DataFrame:
    """The rows of the pictures that `reason` rejected, a fair sample first."""
    return manifest.filter(~pl.col("kept") & (pl.col("reason") == reason)).sort("image_id")


def sample_rows(manifest: pl.DataFrame, most: int) -> pl.DataFrame:
    """The rows of `most` acquired pictures, drawn at random: every source and every reason has its share of them."""
    return manifest.sort("image_id").head(most)


def spread_sample(kept: pl.DataFrame, most: int) -> pl.DataFrame:
    """The rows of `most` kept pictures, in turn from each class of each source, so that rare ones are seen, too.

    Args:
        kept: image_id, source, label (null where nobody has said one, which counts as a class).
    """
    turn = pl.int_range(pl.len()).over("source", "label").alias("turn")
    return kept.sort("image_id").with_columns(turn).sort("turn", "image_id").head(most).drop("turn")


def _rejected(manifest: pl.DataFrame, reason: str, limits: Clean, most: int) -> Row:
    found = rejected_rows(manifest, reason)
    if reason in COPIES:
        examples = [_copy(row, manifest) for row in found.head(most // 2).iter_rows(named=True)]
    else:
        shown = _kinds(found) if reason in _SIGNS else found
        examples = _examples(shown.head(most), reason, limits)
    return Row(reason, False, found.height, found.height / max(1, manifest.height), examples)


def _flagged(manifest: pl.DataFrame, name: str, limits: Clean, most: int) -> Row:
    figure = pl.col("flags").str.extract(rf"(?:^| ){name}:(\S+)")
    found = manifest.filter("kept").with_columns(evidence=figure).drop_nulls("evidence").sort("image_id")
    examples = _examples(found.head(most), name, limits)
    return Row(name, True, found.height, found.height / max(1, manifest.height), examples)


def _kinds(found: pl.DataFrame) -> pl.DataFrame:
    """The first picture with each evidence, the commonest evidence first."""
    firsts = found.group_by("evidence").agg(pl.len(), pl.col("image_id").min())
    return firsts.sort("len", "evidence", descending=[True, False])


def _examples(found: pl.DataFrame, reason: str, limits: Clean) -> list[Example]:
    return [
        Example(image_id, rules.BY_REASON[reason].explain(figure, limits))
        for image_id, figure in found.select("image_id", "evidence").iter_rows()
    ]


def _copy(row: dict[str, str], manifest: pl.DataFrame) -> Example:
    """A copy beside what is kept in its place; where that is itself near to another picture, beside that one."""
    other = row
    while other["reason"] in COPIES:
        (other,) = manifest.filter(pl.col("image_id") == other["evidence"]).to_dicts()
    sizes = [f"{one['width']}×{one['height']}" for one in (row, other)]
    words = f"both {sizes[0]}" if sizes[0] == sizes[1] else f"{sizes[0]}, kept {sizes[1]}"
    return Example(row["image_id"], words, other["image_id"])
