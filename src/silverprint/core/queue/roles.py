"""Roles in a queue: how many images of each, which are drawn at random, in which order people see them."""

from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.records import NOBODY

UNPROMPTED = ("evaluation", "audit", "relabel")  # roles in which people never see a prediction


def may_be_prompted() -> pl.Expr:
    """Whether the page of a queue's row may show its prediction."""
    return pl.col("predicted").is_not_null() & ~pl.col("role").is_in(UNPROMPTED)


def is_drawn(queue: pl.DataFrame, share: float, seed: int, what: str) -> pl.Series:
    """Whether each row is one of a `share`, 0..1, by a lot that depends on its image_id, the seed and `what` alone."""
    lots = [round_seed(seed, what, image_id) / 2**32 for image_id in queue["image_id"]]
    return pl.Series(lots, dtype=pl.Float64) < share


@dataclass(frozen=True)
class Shares:
    """Pictures per role."""

    evaluation: int
    control: int
    train: int
    audit: int = 0

    @property
    def total(self) -> int:
        return self.evaluation + self.control + self.train + self.audit


def least(*, first: bool) -> int:
    """How many pictures a queue needs: the first one to train on and one to judge by, a later one any."""
    return 2 if first else 1


def shares(
    available: int, *, evaluation: int, budget: int, control: float, relabel: int = 0, audit: float = 0.0
) -> Shares:
    """How many pictures each role gets of `available`.

    Where they do not suffice, evaluation keeps what it wants up to half of them, and the budget gets the rest: without
    evaluation no figure of any round would mean anything, without labels nothing is trained.

    Args:
        evaluation: pictures wanted for it; after the first round, those that join (`evaluation_growth`).
        budget: train, control, relabel and audit together.
        control: share of the budget that is drawn at random, 0..1.
        relabel: pictures of the budget that were asked about before, and so take none of the available.
        audit: share of the budget that is drawn at random to test automatic labels, 0..1.
    """
    new = budget - relabel
    evaluation = min(evaluation, max(available // 2, available - new))
    new = min(new, available - evaluation)
    random = min(round((new + relabel) * control), new)
    audited = min(round((new + relabel) * audit), new - random)
    return Shares(evaluation, random, new - random - audited, audited)


def round_seed(seed: int, *names: object) -> int:
    """A seed of its own for each sequence of names, 0..2^32 - 1, the same on every machine."""
    return int.from_bytes(_digest(seed, *names)[:4], "big")


def askable(
    pool: pl.DataFrame, manifest: pl.DataFrame, barred: Collection[str], withdrawn: Collection[str]
) -> pl.DataFrame:
    """The rows of `pool` that people may be asked about: kept, not withdrawn, not `barred`, shown to somebody, and
    near-duplicates of nothing that is barred or shown to nobody.

    Args:
        pool: image_id, kept, group, and what the rows bring along.
        manifest: image_id, group, shown_to of every picture.
        barred: image_ids: asked before, excluded, or gold.
        withdrawn: image_ids.
    """
    free = pool.filter(pl.col("kept") & ~pl.col("image_id").is_in([*barred, *withdrawn]))
    is_barred = pl.col("image_id").is_in(list(barred)) | ~may_be_seen()
    return drop_groups(free, manifest.filter(is_barred))


def may_be_seen() -> pl.Expr:
    """Whether anybody may be asked about a picture, for the persons in it."""
    return pl.col("shown_to").fill_null("") != NOBODY


def draw(pool: pl.DataFrame, count: int, seed: int, what: str) -> pl.DataFrame:
    """`count` rows of `pool` by chance, at most one per near-duplicate group, in the order they were drawn.

    It is as if pictures were drawn one by one, and one whose group has been drawn already were put back. A picture's
    lot depends on its image_id, the seed and `what` alone: a pool that grows hardly changes the draw.

    Args:
        pool: at least image_id and group.
    """
    drawn = pool.with_columns(_lots(pool, seed, what)).sort("lot").unique("group", keep="first", maintain_order=True)
    return drawn.head(count).drop("lot")


def draw_least_asked(pool: pl.DataFrame, count: int, seed: int, what: str) -> pl.DataFrame:
    """Draws like `draw`, but rows asked in fewer rounds (`asked`, 0 where in none) always go first."""
    ordered = pool.with_columns(_lots(pool, seed, what)).sort("asked", "lot")
    return ordered.unique("group", keep="first", maintain_order=True).head(count).drop("lot")


def _lots(pool: pl.DataFrame, seed: int, what: str) -> pl.Series:
    return pl.Series("lot", [lot(seed, what, image_id) for image_id in pool["image_id"]], dtype=pl.Binary)


def lot(seed: int, what: str, image_id: str) -> bytes:
    """An image's lot in a draw, 16 bytes: images with the least lots are drawn."""
    return _digest(seed, what, image_id)


def drop_groups(pool: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """The rows of `pool` whose group holds none of `taken`."""
    return pool.join(taken.select("group").unique(), on="group", how="anti", maintain_order="left")


def mix_ranks(random: int, chosen: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ranks 1..n for rows drawn at random, (random,), and rows chosen by a strategy, (chosen,), mixed by chance.

    The chosen keep their order, best first. The drawn are shuffled among themselves too, so that nobody can tell from
    the order which role a picture has.
    """
    shuffled = np.random.default_rng(seed).permutation(random + chosen) + 1
    return shuffled[:random], np.sort(shuffled[random:])


def _digest(*parts: object) -> bytes:
    return blake2b("\n".join(map(str, parts)).encode(), digest_size=16).digest()
