"""People of a round, one row each: what their answers say of the way in which they work."""

import zlib
from collections.abc import Mapping
from math import ceil
from typing import Any, Final

import polars as pl

from silverprint.config.model import Gate
from silverprint.core.evaluation.intervals import clopper_pearson
from silverprint.core.gates import answer_runs, pace
from silverprint.core.votes import imported_labels
from silverprint.core.votes.annotators import ADVERSARY, SPAMMER
from silverprint.records import INT, REAL, TEXT, Schema, conform

PEOPLE: Schema = {
    "annotator": TEXT,
    "gold_answers": INT,  # first answers about gold pictures, of all rounds
    "gold_most": REAL,  # the share that is right is surely below it, at the gate's level; null without such answers
    "run": INT,  # longest run of one answer in this round
    "run_chance": REAL,  # of one as long, times the number of people who were tested; null without an answer here
    "quick_low": REAL,  # share of answers that is surely too quick; null where nobody can be compared
    "gold_words": TEXT,  # what a message says of each of the three
    "run_words": TEXT,
    "quick_words": TEXT,
}

# The column that says in words what another one measures.
WORDS = {
    "gold_most": "gold_words",
    "run_chance": "run_words",
    "quick_low": "quick_words",
    "suspicion": "suspicion_words",
}
_SUSPECTED_OF: Final = {
    SPAMMER: "answers do not depend on the picture",
    ADVERSARY: "answers depend on the picture, and are wrong",
}


def table(votes: pl.DataFrame, guesses: pl.DataFrame, gold: Mapping[str, dict[str, Any]], gate: Gate) -> pl.DataFrame:
    """PEOPLE, sorted by annotator: everybody who answered in this round or about gold in any.

    Args:
        votes: VOTES of this round that are done, of nobody who was retired.
        guesses: image_id, predicted: what a model said of the round's pictures.
        gold: per annotator `right` and `answers`, as quality.json has them.
    """
    names = sorted({*votes["annotator"], *gold})
    runs, quick, known = _runs(votes, guesses, gate.level), _quick(votes, gate.min_pace), _gold(gold, gate.level)
    rows = [{"annotator": who} | known.get(who, {}) | runs.get(who, {}) | quick.get(who, {}) for who in names]
    return conform(pl.DataFrame(rows, schema=PEOPLE), PEOPLE)


def suspected(people: pl.DataFrame) -> pl.DataFrame:
    """annotator, `suspicion` and, in words, `suspicion_words` of the people in ANNOTATORS whose votes count, and who
    seem not to look at the pictures."""
    who = pl.col("annotator")
    count = (pl.col("state") != "retired") & ~who.str.starts_with(imported_labels.PREFIX)
    found = people.filter(pl.col("suspicion").is_not_null() & count)
    words = pl.format(
        "{} ({}; kappa {} of {} votes)",
        "suspicion",
        pl.col("suspicion").replace_strict(_SUSPECTED_OF, return_dtype=pl.String),
        pl.col("beyond_chance").round(2),
        "compared",
    )
    return found.select("annotator", "suspicion", suspicion_words=words)


def _gold(gold: Mapping[str, dict[str, Any]], level: float) -> dict[str, dict[str, Any]]:
    """Upper ends of exact intervals, so wide that all of a round's people together lie above theirs by chance in at
    most `level` of rounds (Bonferroni).
    """
    answered = {who: figures for who, figures in gold.items() if figures["answers"]}
    found = {}
    for who, figures in answered.items():
        right, answers = figures["right"], figures["answers"]
        most = clopper_pearson(right, answers, 1 - 2 * level / len(answered))[1]
        said = f"{right} of {answers} gold pictures right"
        found[who] = {"gold_answers": answers, "gold_most": most, "gold_words": said}
    return found


def _runs(votes: pl.DataFrame, guesses: pl.DataFrame, level: float) -> dict[str, dict[str, Any]]:
    """Each person's longest run. As many are tested, each chance counts as often as there are people (Bonferroni)."""
    in_order = votes.join(guesses, on="image_id", how="left").sort("created_at", "annotation_id")
    in_order = in_order.with_columns(pl.col("choice", "predicted").fill_null("").rank("dense").name.suffix("_code"))
    people = in_order["annotator"].n_unique()
    found = {}
    for (who,), own in in_order.group_by("annotator"):
        answers, strata = own["choice_code"].to_numpy(), own["predicted_code"].to_numpy()
        length, start = answer_runs.longest(answers)
        seed = zlib.crc32(str(who).encode())
        chance = answer_runs.chance(answers, strata, seed=seed, draws=ceil(2 * people / level))
        expected = min(1.0, chance * people)
        said = f"{length} times {own['choice'][start]!r} in a row of {own.height} answers, chance {expected:.4f}"
        found[str(who)] = {"run": length, "run_chance": expected, "run_words": said}
    return found


def _quick(votes: pl.DataFrame, part: float) -> dict[str, dict[str, Any]]:
    found = {}
    for who, (share, limit) in pace.quick_answers(votes, part).items():
        said = f"{share.found} of {share.among} answers in less than {limit:.2g} s, {part:g} of the others' median"
        found[who] = {"quick_low": share.surely, "quick_words": said}
    return found
