"""Judgement of acquired images: which are kept, why the others are rejected, which belong together."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.config import Clean
from silverprint.core import duplicates
from silverprint.core.cleaning.rules import RULES
from silverprint.core.duplicates import groups, look_alikes
from silverprint.core.duplicates.near_duplicates import Sameness, representatives
from silverprint.core.jobs import Run

HASH = ["phash256_0", "phash256_1", "phash256_2", "phash256_3"]


def license_rank(limits: Clean) -> pl.Expr:
    """0 allowed, 1 unknown, 2 not allowed."""
    allowed = pl.col("license").is_in(list(limits.licenses))
    rank = pl.when(pl.col("license").is_null()).then(1).when(allowed).then(0).otherwise(2)
    return rank.alias("license_rank")


def judge(
    pictures: pl.DataFrame, withdrawn: pl.DataFrame, same: Sameness, pairs: NDArray[np.int64], limits: Clean
) -> pl.DataFrame:
    """The pictures with `kept`, `reason`, `evidence`, `flags` and `group`.

    Each rule, in the order of RULES, sees what the rules before it left.

    Args:
        pictures: one row each, sorted by image_id: the columns of MEASURED, `license`, `fetched_at`,
            `license_rank`, `pixel_sha256` (null where a picture has no copy), and what else `Rule.rejects` looks at.
        withdrawn: image_id, and the `target` of the takedown that reaches it.
        same: which of the N rows of `pictures` are nearly the same.
        pairs: (P, 2) rows of `pictures` that belong together: they are grouped, and nothing is dropped for it.
    """
    judged = pictures.with_columns(reason=pl.lit(None, pl.String), evidence=pl.lit(None, pl.String))
    judged = _withdraw(judged, withdrawn)
    for rule in RULES:
        if rule.rejects and rule.evidence is not None and (not rule.policy or rule.policy(limits) == "reject"):
            judged = _reject(judged, rule.reason, rule.rejects(limits).fill_null(False), rule.evidence)
    judged = _same_pixels(judged)
    judged = _near_duplicates(judged, same)
    return judged.with_columns(_group(judged, pairs), _flags(limits), kept=pl.col("reason").is_null())


def _reject(judged: pl.DataFrame, reason: str, rejects: pl.Expr, evidence: pl.Expr) -> pl.DataFrame:
    now = pl.col("reason").is_null() & rejects
    return judged.with_columns(
        reason=pl.when(now).then(pl.lit(reason)).otherwise("reason"),
        evidence=pl.when(now).then(evidence).otherwise("evidence"),
    )


def _flags(limits: Clean) -> pl.Expr:
    """`flags`, as MANIFEST has them."""
    parts = [
        pl.when(rule.rejects(limits).fill_null(False)).then(pl.format("{}:{}", pl.lit(rule.reason), rule.evidence))
        for rule in RULES
        if rule.rejects and rule.policy and rule.policy(limits) == "flag"
    ]
    joined = pl.concat_str(parts, separator=" ", ignore_nulls=True) if parts else pl.lit("")
    return joined.replace("", None).alias("flags")


def _withdraw(judged: pl.DataFrame, withdrawn: pl.DataFrame) -> pl.DataFrame:
    joined = judged.join(withdrawn.select("image_id", "target"), on="image_id", how="left", maintain_order="left")
    return _reject(joined, "withdrawn", pl.col("target").is_not_null(), pl.col("target")).drop("target")


def _by_worth(judged: pl.DataFrame) -> pl.DataFrame:
    """What is still kept, the picture most worth keeping first: larger, better licensed, earlier, image_id."""
    kept = judged.filter(pl.col("reason").is_null()).with_columns(area=pl.col("width") * pl.col("height"))
    return kept.sort("area", "license_rank", "fetched_at", "image_id", descending=[True, False, False, False])


def _same_pixels(judged: pl.DataFrame) -> pl.DataFrame:
    ranked = _by_worth(judged)
    pixels = pl.coalesce("pixel_sha256", "image_id")  # without a hash there is no copy
    best = ranked.select("image_id", by=pl.col("image_id").first().over(pixels))
    return _give_way(judged, "same-pixels", best)


def _near_duplicates(judged: pl.DataFrame, same: Sameness) -> pl.DataFrame:
    ranked = _by_worth(judged.with_row_index("row"))
    by = representatives(same, ranked["row"].to_numpy().astype(np.int64))
    best = ranked.select("image_id", by=judged["image_id"].gather(by))
    return _give_way(judged, "near-duplicate", best)


def _give_way(judged: pl.DataFrame, reason: str, best: pl.DataFrame) -> pl.DataFrame:
    """Rejects each picture for which another one (`by`) stands."""
    others = best.filter(pl.col("by") != pl.col("image_id"))
    joined = judged.join(others, on="image_id", how="left", maintain_order="left")
    return _reject(joined, reason, pl.col("by").is_not_null(), pl.col("by")).drop("by")


def comparable_rows(pictures: pl.DataFrame, limits: Clean) -> NDArray[np.int64]:
    """Rows of the pictures that can be compared. Blank ones cannot: a hash of nothing would make them all alike."""
    shown = pl.col("decodable") & (pl.col("contrast") >= limits.min_contrast)
    return pictures.select(shown.fill_null(False).arg_true()).to_series().to_numpy().astype(np.int64)


def _group(judged: pl.DataFrame, pairs: NDArray[np.int64]) -> pl.Series:
    """Near-duplicate groups: of what was dropped with what stands for it, and of what `pairs` link."""
    dropped = judged.with_row_index("row").filter(pl.col("reason").is_in(["same-pixels", "near-duplicate"]))
    by = judged["image_id"].search_sorted(dropped["evidence"])
    links = np.stack([dropped["row"].to_numpy(), by.to_numpy()], axis=1).astype(np.int64)
    return groups.group_names(
        judged["image_id"], look_alikes.join_components(np.arange(len(judged)), np.concatenate([links, pairs]))
    )


def radii(pictures: pl.DataFrame, limits: Clean) -> NDArray[np.int64]:
    """(N,) bits within which each picture is grouped; of two pictures the smaller counts."""
    return np.array([limits.group_radii.get(name, limits.group_radius) for name in pictures["source"]], dtype=np.int64)


def hash_links(pictures: pl.DataFrame, rows: NDArray[np.int64], limits: Clean, run: Run = map) -> NDArray[np.int64]:
    """(P, 2) of `rows` that link what lies within the radius of both; as few as that takes."""
    hashes, within = pictures[rows].select(HASH).to_numpy(), radii(pictures[rows], limits)
    links = [np.empty((0, 2), dtype=np.int64)]
    for radius in np.unique(within):  # two that are near by the smaller of their radii meet where that is tried
        wide = np.flatnonzero(within >= radius)
        heads = wide[duplicates.near_duplicate_groups(hashes[wide], int(radius), run)]
        links.append(np.stack([rows[wide], rows[heads]], axis=1)[wide != heads])
    return np.concatenate(links)
