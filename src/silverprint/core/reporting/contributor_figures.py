"""Figures of each contributor: what became of the pictures that one person gave, and what they propose to decide."""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import polars as pl

from silverprint.config import ReviewLimits
from silverprint.core.evaluation.intervals import wilson
from silverprint.records import INT, TEXT, Schema

Verdict: TypeAlias = Literal["accept", "reject", "look"]

GIVEN: Final[Schema] = {"contributor": TEXT, "theme": TEXT, "image_id": TEXT, "at": TEXT}
FIGURES: Final[Schema] = {
    "contributor": TEXT,
    "theme": TEXT,
    "judged": INT,  # pictures that `clean` judged; those that were withdrawn since count nowhere
    "kept": INT,
    "reasons": TEXT,  # "blurred 3, too-small 1", the commonest first; empty where all were kept
    "duplicates": INT,  # of `judged`, the same as or nearly the same as what another contributor gave before
    "copies": INT,  # of `judged`, the same as or nearly the same as a picture of another kind of source
    "labelled": INT,  # of `judged`, labelled by people, where the theme names a class
    "agreeing": INT,  # of `labelled`, labelled with that class
}
_SAME: Final = ("same-pixels", "near-duplicate")  # reasons whose evidence is the other picture


class Share(NamedTuple):
    """A share with its 95 % interval (Wilson), each 0..1."""

    value: float
    low: float
    high: float


class Proposal(NamedTuple):
    """What the figures propose, and why. `look`: they do not tell, so a person looks at the pictures."""

    verdict: Verdict
    why: str


def figures(given: pl.DataFrame, others: pl.DataFrame, manifest: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """FIGURES of each contributor, sorted by contributor.

    Args:
        given: GIVEN, once for each contributor and picture; `at` is when it arrived.
        others: image_id of each picture that a source has which is no crowd.
        manifest: image_id, kept, reason, evidence, as MANIFEST has them.
        answers: image_id, agrees, of pictures whose theme names a class and that people labelled.
    """
    judged = manifest.filter(pl.col("reason").is_null() | (pl.col("reason") != "withdrawn"))
    rows = given.join(judged.select("image_id", "kept", "reason"), on="image_id", how="inner")
    found = _found_elsewhere(given, others, manifest)
    rows = rows.join(found, on=["contributor", "image_id"], how="left")
    rows = rows.join(answers, on="image_id", how="left")
    counted = rows.group_by("contributor", "theme").agg(
        judged=pl.len(),
        kept=pl.col("kept").sum(),
        reasons=pl.col("reason").drop_nulls(),
        duplicates=pl.col("duplicate").fill_null(False).sum(),
        copies=pl.col("copy").fill_null(False).sum(),
        labelled=pl.col("agrees").count(),
        agreeing=pl.col("agrees").fill_null(False).sum(),
    )
    everybody = given.select("contributor", "theme").unique().join(counted, on=["contributor", "theme"], how="left")
    words = pl.col("reasons").map_elements(_commonest, return_dtype=pl.String).fill_null("")
    numbers = [pl.col(name).cast(pl.Int64).fill_null(0) for name, kind in FIGURES.items() if kind == INT]
    return everybody.with_columns(words, *numbers).select(list(FIGURES)).sort("contributor")


def share(row: Mapping[str, Any], part: str, of: str) -> Share | None:
    """A share of a row of FIGURES; None where there is nothing to take it of."""
    if not row[of]:
        return None
    return Share(row[part] / row[of], *wilson(row[part], row[of]))


def propose(row: Mapping[str, Any], limits: ReviewLimits) -> Proposal:
    """What a row of FIGURES proposes.

    `reject` where a limit is surely broken: it lies outside of the interval. `look` where one is broken and not surely,
    or nothing was judged yet. Else `accept`.
    """
    if not row["judged"]:
        return Proposal("look", "clean has judged none of the pictures that are left")
    told = {**row, "rejected": row["judged"] - row["kept"], "differing": row["labelled"] - row["agreeing"]}
    rules = (
        ("copies", "judged", limits.most_copied, "look like pictures of other sources"),
        ("duplicates", "judged", limits.most_copied, "look like what others gave before"),
        ("differing", "labelled", 1 - limits.least_agreement, "are labelled otherwise than the theme says"),
        ("rejected", "judged", limits.most_rejected, "were rejected by clean"),
    )
    doubt = None
    for part, of, most, words in rules:
        found = share(told, part, of)
        if found is None or found.value <= most:
            continue
        why = f"{told[part]} of {told[of]} {words} ({found.low:.0%}-{found.high:.0%}; at most {most:.0%})"
        if found.low > most:
            return Proposal("reject", why)
        doubt = doubt or f"{why}: too few to be sure"
    return Proposal("accept", f"{row['kept']} of {row['judged']} kept") if doubt is None else Proposal("look", doubt)


def _found_elsewhere(given: pl.DataFrame, others: pl.DataFrame, manifest: pl.DataFrame) -> pl.DataFrame:
    """contributor, image_id, duplicate, copy, of the given pictures that somebody else has, too.

    Two pictures are the same where their bytes are, or where `clean` let one give way to the other.
    """
    gave_way = manifest.filter(pl.col("reason").is_in(_SAME)).select("image_id", twin="evidence")
    ids = given.select("image_id").unique()
    pairs = pl.concat(
        [ids.with_columns(twin="image_id"), gave_way, gave_way.select(image_id="twin", twin="image_id")]
    ).unique()
    mine = given.join(pairs, on="image_id", how="inner")
    copied = mine.join(others.select(twin="image_id").unique(), on="twin", how="semi")
    theirs = given.select(twin="image_id", other="contributor", other_at="at")
    before = (pl.col("other_at") < pl.col("at")) | (
        (pl.col("other_at") == pl.col("at")) & (pl.col("other") < pl.col("contributor"))
    )
    shared = mine.join(theirs, on="twin", how="inner").filter((pl.col("other") != pl.col("contributor")) & before)
    keys = ["contributor", "image_id"]
    return (
        copied.select(keys).unique().with_columns(copy=True)
        .join(shared.select(keys).unique().with_columns(duplicate=True), on=keys, how="full", coalesce=True)
        .select(*keys, "duplicate", "copy")
    )  # fmt: skip


def _commonest(reasons: pl.Series) -> str:
    counted = reasons.value_counts().sort(["count", reasons.name], descending=[True, False])
    return ", ".join(f"{reason} {count}" for reason, count in counted.iter_rows())
