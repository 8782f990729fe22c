"""Vote ledger: all votes ever given are kept, those that still count are marked. Pure functions of tables."""

import polars as pl

from silverprint.records import NONE_OF_THESE, UNSURE, VOTES, conform

LONGEST_S = 366 * 86_400  # more than a year at one picture is no measurement

# What a person's word about a picture can be; only `valid` ones count in the consensus.
ANSWERS = ("valid", "unsure", "empty", "unknown-class")

# A person with a vote of one of these kinds has answered about the picture: the others are no answer to the question.
DONE = ("valid", "unsure")

# Says that another person, or an import, gave or changed the vote in its annotator's name.
IN_ANOTHER_NAME = "in-another-name"

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


def standing_votes(votes: pl.DataFrame) -> pl.DataFrame:
    """The answers that stand; one that was not valid when it was given abstains, whatever the class list says now."""
    valid = pl.col("status") == "valid"
    answers = votes.filter(pl.col("status").is_in(ANSWERS))
    return answers.with_columns(pl.when(valid).then("choice").otherwise(pl.lit("")).alias("choice"))


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
        .when(pl.col("status").is_in(["superseded", *VOID]))
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


def newly_deleted(kept: pl.DataFrame, votes: pl.DataFrame) -> dict[str, int]:
    """Per annotator: how many votes of `votes` are gone from their server that counted in `kept`."""
    counted = kept.filter(pl.col("status").is_in(DONE))
    gone = votes.filter(pl.col("status") == "deleted").join(counted, on=_KEY, how="semi")
    return dict(gone["annotator"].value_counts().sort("annotator").iter_rows())


def progress(queue: pl.DataFrame, asks: pl.DataFrame, votes: pl.DataFrame, withdrawn: frozenset[str]) -> pl.DataFrame:
    """Per picture of the queue that is not withdrawn, in rank order: how many people to ask and how many answered.

    Returns:
        image_id, needed (people), answered (distinct people, any server).
    """
    extra = asks.group_by("image_id").agg(pl.col("extra").sum())
    answered = (
        votes.filter(pl.col("status").is_in(DONE))
        .group_by("image_id")
        .agg(pl.col("annotator").n_unique().cast(pl.Int64).alias("answered"))
    )
    return (
        queue.sort("rank")
        .filter(~pl.col("image_id").is_in(list(withdrawn)))
        .join(extra, on="image_id", how="left")
        .join(answered, on="image_id", how="left", maintain_order="left")
        .select(
            "image_id",
            (pl.col("overlap") + pl.col("extra").fill_null(0)).alias("needed"),
            pl.col("answered").fill_null(0),
        )
    )


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
