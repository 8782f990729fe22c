"""Classes that are younger than a round: its answers "not one of these" may mean one of them."""

from collections.abc import Iterator

import polars as pl

from silverprint.campaign import ledgers, round_state
from silverprint.config import Params
from silverprint.records import NONE_OF_THESE


def newer_classes(params: Params, round_name: str) -> list[str]:
    """The classes that nobody was asked with in this round; none of a round that is not open."""
    seen = round_state.load(round_name)
    return [] if seen is None else [name for name in params.dataset.classes if name not in seen.classes]


def doubtful_images(round_name: str) -> pl.DataFrame:
    """image_id, answers: how many people said "not one of these" of a picture that may still be asked about."""
    votes = ledgers.votes_so_far(round_name).filter(choice=NONE_OF_THESE, status="valid")
    there = votes.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))
    return (
        there.group_by("image_id").agg(pl.col("annotator").n_unique().cast(pl.Int64).alias("answers")).sort("image_id")
    )


def sentences(params: Params) -> Iterator[str]:
    """One for each open round with such answers, with the command that asks those again."""
    for name in params.chain:
        young = newer_classes(params, name)
        found = doubtful_images(name) if young else pl.DataFrame()
        if found.is_empty():
            continue
        seen = round_state.load(name)
        quoted = ", ".join(map(repr, young))
        waits = "" if seen is not None and seen.status == "closed" else f"once {name} is closed: "
        yield (
            f"{name} was asked without {quoted}: {found['answers'].sum()} answers {NONE_OF_THESE!r} about "
            f"{found.height} pictures may mean it; ask about those again: {waits}"
            f'silverprint round reopen {name} --not-one-of-these --why "{young[0]} is a class now"'
        )
