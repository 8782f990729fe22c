"""Vote ledger: all votes ever given are kept, those that still count are marked. Pure functions of tables."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from silverprint.config import CROWD
from silverprint.records import NONE_OF_THESE, TEXT, UNSURE, VOTES, conform

_NO_TIERS: Final[Mapping[str, str]] = MappingProxyType({})

LONGEST_S = 366 * 86_400  # more than a year at one picture is no measurement

# What a person's word about a picture can be; only `valid` ones count in the consensus.
ANSWERS = ("valid", "unsure", "empty", "unknown-class")

# A person with a vote of one of these kinds has answered about the picture: the others are no answer to the question.
DONE = ("valid", "unsure")

# Says that another person, or an import, gave or changed the vote in its annotator's name.
IN_ANOTHER_NAME = "in-another-name"

# An answer to a question that is for people of a tier, by somebody who is not of it.
WRONG_TIER = "wrong-tier"

# Votes that count for nothing as they are: taken off the server once they are in the ledger, so that the picture is
# asked about again.
VOID = ("empty", "unknown-class", IN_ANOTHER_NAME)

_KEY = ["annotation_id", "annotator", "image_id", "choice"]

# An answer's place on the server, whatever it says: answers about the images of one page share their annotation.
_PLACE = ["annotation_id", "image_id"]


def choice_status(choice: str, classes: tuple[str, ...]) -> str:
    """The status of a choice under the round's class list: valid, unsure, empty or unknown-class."""
    if choice == "":
        return "empty"
    if choice == UNSURE:
        return "unsure"
    return "valid" if choice in classes or choice == NONE_OF_THESE else "unknown-class"


def may_answer(annotator: str, wanted: frozenset[str], tiers: Mapping[str, str]) -> bool:
    """Whether somebody may answer what people of the tiers `wanted` are asked: the crowd is everybody.

    Args:
        tiers: annotator -> tier; who is missing is of the crowd.
    """
    return wanted <= {CROWD, tiers.get(annotator, CROWD)}


def standing_votes(votes: pl.DataFrame) -> pl.DataFrame:
    """The answers that stand; one that was not valid when it was given abstains, whatever the class list says now."""
    valid = pl.col("status") == "valid"
    answers = votes.filter(pl.col("status").is_in(ANSWERS))
    return answers.with_columns(pl.when(valid).then("choice").otherwise(pl.lit("")).alias("choice"))


def deciding_votes(votes: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Those of VOTES that make labels (LABELS): votes on gold pictures measure people."""
    return votes.join(labels.filter(source="gold"), on="image_id", how="anti", maintain_order="left")


def lead_time(said: object) -> float | None:
    """The seconds that somebody spent on a picture, 0 to a year; None where `said` is anything else.

    It comes from the person's browser, which may send what it likes.
    """
    return float(said) if isinstance(said, int | float) and 0 <= said <= LONGEST_S else None


def merge(
    kept: pl.DataFrame, pulled: pl.DataFrame, server: str, withdrawn: frozenset[str], settled: int | None = None
) -> pl.DataFrame:
    """The union of the ledger and what the server has now.

    A vote of `server` that is gone there is marked `deleted` (`withdrawn` if its picture was). Of several votes by one
    person on one picture the latest counts, the others are marked `superseded`; one of VOID supersedes no other. No row
    is ever dropped, and nobody but its annotator changes a vote: one that was pulled stays as it was where another hand
    has changed or confirmed it since.

    Args:
        kept: VOTES on disk, perhaps of several servers.
        pulled: VOTES of `server`, with the status that `choice_status` gave.
        server: the prefix of that server's annotators.
        withdrawn: image_ids taken down.
        settled: annotations of `server` up to this id are of a project that is gone: they count without it.

    Returns:
        VOTES, sorted by image_id, annotator, created_at, annotation_id, choice.
    """
    own = pulled.filter(pl.col("status") != IN_ANOTHER_NAME).select(_PLACE).unique()
    confirmed = kept.filter(pl.col("status").is_in(ANSWERS)).select(*_KEY, pl.col("status").alias("before"))
    pulled = _restored(pulled, confirmed)
    there = pulled.select(_PLACE).unique()
    gone = (
        kept.join(pulled, on=_KEY, how="anti")
        .join(there.with_columns(there=True), on=_PLACE, how="left", maintain_order="left")
        .join(own.with_columns(own=True), on=_PLACE, how="left", maintain_order="left")
    )
    is_there, is_own = pl.col("there").fill_null(False), pl.col("own").fill_null(False)
    gone = gone.with_columns(
        pl.when(_elsewhere(server, settled) | (is_there & ~is_own))
        .then(pl.col("status"))
        .when(is_there)
        .then(pl.lit("superseded"))
        .when(pl.col("image_id").is_in(list(withdrawn)))
        .then(pl.lit("withdrawn"))
        .when(pl.col("status").is_in(["superseded", WRONG_TIER, *VOID]))
        .then(pl.col("status"))
        .otherwise(pl.lit("deleted"))
        .alias("status")
    )
    union = pl.concat([conform(gone, VOTES), conform(pulled, VOTES)])
    return mark_superseded(union)


def mark_superseded(votes: pl.DataFrame) -> pl.DataFrame:
    """VOTES in which of several by one person on one picture the latest counts, and the others are marked."""
    counts = pl.col("status").is_in(ANSWERS)
    latest = (
        votes.filter(counts)
        .sort(pl.col("status").is_in(DONE), "created_at", "annotation_id")
        .group_by("image_id", "annotator", maintain_order=True)
        .agg(pl.col("annotation_id").last().alias("latest"))
    )
    return conform(
        votes.join(latest, on=["image_id", "annotator"], how="left").with_columns(
            pl.when(counts & (pl.col("annotation_id") != pl.col("latest")))
            .then(pl.lit("superseded"))
            .otherwise(pl.col("status"))
            .alias("status")
        ),
        VOTES,
    ).sort("image_id", "annotator", "created_at", "annotation_id", "choice")


def _restored(pulled: pl.DataFrame, confirmed: pl.DataFrame) -> pl.DataFrame:
    """`pulled` with the status of before, where another hand confirmed what its annotator had said."""
    joined = pulled.join(confirmed, on=_KEY, how="left", maintain_order="left")
    foreign = (pl.col("status") == IN_ANOTHER_NAME) & pl.col("before").is_not_null()
    return joined.with_columns(pl.when(foreign).then("before").otherwise("status").alias("status")).drop("before")


def void_votes(votes: pl.DataFrame, server: str) -> pl.DataFrame:
    """The votes of `server` that count for nothing as they are, and whose annotation was none that counts."""
    counting = votes.filter(pl.col("status").is_in(DONE))["annotation_id"]
    here = pl.col("annotator").str.starts_with(f"{server}-")
    return votes.filter(here & pl.col("status").is_in(VOID) & ~pl.col("annotation_id").is_in(counting.implode()))


def not_counting_by_status(votes: pl.DataFrame) -> dict[str, int]:
    """How many votes do not count, by their status: neither in the consensus nor as an abstention."""
    left_out = votes.filter(~pl.col("status").is_in(DONE))
    return dict(left_out["status"].value_counts().sort("status").iter_rows())


def of_wrong_tier(votes: pl.DataFrame) -> dict[str, int]:
    """Per annotator: how many of their votes answer what another tier was asked."""
    found = votes.filter(pl.col("status") == WRONG_TIER)
    return dict(found["annotator"].value_counts().sort("annotator").iter_rows())


def newly_deleted(kept: pl.DataFrame, votes: pl.DataFrame) -> dict[str, int]:
    """Per annotator: how many votes of `votes` are gone from their server that counted in `kept`."""
    counted = kept.filter(pl.col("status").is_in(DONE))
    gone = votes.filter(pl.col("status") == "deleted").join(counted, on=_KEY, how="semi")
    return dict(gone["annotator"].value_counts().sort("annotator").iter_rows())


def progress(
    queue: pl.DataFrame,
    asks: pl.DataFrame,
    votes: pl.DataFrame,
    withdrawn: frozenset[str],
    tiers: Mapping[str, str] = _NO_TIERS,
) -> pl.DataFrame:
    """Per picture of the queue that is not withdrawn, and tier that is asked about it: how many people to ask and how
    many answered. In rank order, of a picture its own tier first.

    Of a picture that more than one tier is asked about, whoever is of a further tier counts there as far as that wants
    people, wherever they answered; everybody else counts for the picture's own.

    Args:
        tiers: annotator -> tier; who is missing is of the crowd.

    Returns:
        image_id, tier, needed (people), answered (distinct people, any server).
    """
    places = queue.filter(~pl.col("image_id").is_in(list(withdrawn))).select("image_id", "rank", own=own_tier())
    extra = asks.join(places, on="image_id").select("image_id", tier=pl.coalesce("tier", "own"), needed="extra")
    rows = (
        pl.concat([queue.select("image_id", own_tier(), needed="overlap"), extra])
        .group_by("image_id", "tier")
        .agg(pl.col("needed").sum())
        .join(places, on="image_id")
        .with_columns(further=pl.col("tier") != pl.col("own"))
    )
    people = votes.filter(pl.col("status").is_in(DONE)).select("image_id", "annotator").unique()
    people = people.with_columns(tier=pl.col("annotator").replace_strict(dict(tiers), default=CROWD, return_dtype=TEXT))
    of_tier = people.group_by("image_id", "tier").agg(pl.len().cast(pl.Int64).alias("of_tier"))
    everybody = people.group_by("image_id").agg(pl.len().cast(pl.Int64).alias("everybody"))
    found = rows.join(of_tier, on=["image_id", "tier"], how="left").join(everybody, on="image_id", how="left")
    taken = pl.when("further").then(pl.min_horizontal(pl.col("of_tier").fill_null(0), "needed")).otherwise(0)
    found = found.with_columns(taken=taken)
    rest = pl.col("everybody").fill_null(0) - pl.col("taken").sum().over("image_id")
    answered = pl.when("further").then("taken").otherwise(rest)
    return found.sort("rank", "further", "tier").select("image_id", "tier", "needed", answered=answered)


def own_tier() -> pl.Expr:
    """The tier of a queue's row: the crowd where it names none."""
    return pl.col("tier").fill_null(CROWD)


def pictures_done(progress: pl.DataFrame) -> tuple[int, int]:
    """How many pictures of `progress` everybody who was to be asked has answered, and how many there are."""
    pictures = progress["image_id"].n_unique()
    wanting = progress.filter(pl.col("answered") < pl.col("needed"))["image_id"].n_unique()
    return pictures - wanting, pictures


def surplus(progress: pl.DataFrame) -> int:
    """How many people answered beyond those who were to be asked, over all pictures of `progress`."""
    return int((progress["answered"] - progress["needed"]).clip(lower_bound=0).sum())


def answers_elsewhere(votes: pl.DataFrame, server: str, settled: int | None = None) -> dict[str, int]:
    """Per picture: how many people have answered on servers other than `server`, or in a project of it that is gone."""
    elsewhere = votes.filter(pl.col("status").is_in(DONE) & _elsewhere(server, settled))
    counts = elsewhere.group_by("image_id").agg(pl.col("annotator").n_unique())
    return dict(counts.iter_rows())


def _elsewhere(server: str, settled: int | None) -> pl.Expr:
    return ~pl.col("annotator").str.starts_with(f"{server}-") | (pl.col("annotation_id") <= (settled or 0))


def answered_images(votes: pl.DataFrame) -> pl.Series:
    """The image_ids about which somebody has answered, each once."""
    return votes.filter(pl.col("status").is_in(DONE))["image_id"].unique()


def is_done(progress: pl.DataFrame) -> bool:
    """Whether every picture has been answered by as many people as were to be asked."""
    return bool((progress["answered"] >= progress["needed"]).all())
