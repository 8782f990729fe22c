"""How often labels of tied votes are right, those that `core.votes.undecided` finds and the other ones.

    python -m benchmarks.tied_votes

Three classes; 40 pictures that everybody answers, then 60 that are asked about as a row says. A brought label is one
more vote about these, a model one more voice, each right as often as its column says and otherwise any other class.
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.core.consensus import consensus
from silverprint.core.votes.annotators import reliability
from silverprint.core.votes.undecided import undecided
from silverprint.records import ANNOTATORS, LABELS, conform

CLASSES: Final = ("cup", "hat", "shoe")
_FIRST, _THEN, _CAMPAIGNS = 40, 60, 10
_SURE: Final = 0.8  # probability of the class that a model names


class Case(NamedTuple):
    people: tuple[float, ...]  # how often each is right
    asked: int  # of them about each picture
    brought: float | None = None
    model: float | None = None


CASES: Final = (
    Case((0.9, 0.9), 2),
    Case((0.95, 0.8), 2),
    Case((0.9, 0.9, 0.9), 2),
    Case((0.9, 0.9), 1, brought=0.7),
    Case((0.9, 0.9), 1, brought=0.85),
    Case((0.9, 0.9), 2, model=0.7),
    Case((0.9, 0.9), 2, model=0.9),
    Case((0.9, 0.9), 1, brought=0.7, model=0.8),
)


def said(draw: np.random.Generator, truth: NDArray[np.int64], right: float) -> NDArray[np.int64]:
    """(n,) classes, `right` of them those of `truth`."""
    other = (truth + draw.integers(1, len(CLASSES), truth.size)) % len(CLASSES)
    return np.where(draw.random(truth.size) < right, truth, other)


def campaign(case: Case, seed: int) -> pl.DataFrame:
    """image_id, right, undecided of the labels whose votes are tied."""
    draw = np.random.default_rng(seed)
    truth = draw.integers(len(CLASSES), size=_FIRST + _THEN)
    names = [f"{number:03d}" for number in range(truth.size)]
    answers = [said(draw, truth, right) for right in case.people]
    later = range(_FIRST, truth.size)
    rows = [(names[at], f"s-{who}", CLASSES[answer[at]]) for who, answer in enumerate(answers) for at in range(_FIRST)]
    for at in later:
        asked = draw.choice(len(answers), case.asked, replace=False)
        rows += [(names[at], f"s-{who}", CLASSES[answers[who][at]]) for who in asked]
    if case.brought:
        word = said(draw, truth, case.brought)
        rows += [(names[at], "import:own", CLASSES[word[at]]) for at in later]
    voices = None
    if case.model:
        named = np.eye(len(CLASSES))[said(draw, truth, case.model)]
        shares = named * _SURE + (1 - named) * (1 - _SURE) / (len(CLASSES) - 1)
        voices = {names[at]: shares[at] for at in later}
    votes = pl.DataFrame(rows, ["image_id", "annotator", "choice"], orient="row")
    decided = consensus(votes, classes=CLASSES, probabilities=voices)
    labels = conform(decided.with_columns(role=pl.lit("train"), source=pl.lit("human")), LABELS)
    people = conform(reliability(votes, classes=CLASSES).with_columns(state=pl.lit("active")), ANNOTATORS)
    true = pl.DataFrame({"image_id": names, "true": [CLASSES[one] for one in truth]})
    tied = labels.filter(pl.col("image_id").is_in(names[_FIRST:])).join(true, on="image_id")
    tied = tied.filter(pl.col("distribution").str.contains_any([": 0.5,", ": 0.333333,"]))
    guesses = undecided(labels, people)["image_id"].to_list()
    return tied.select("image_id", right=pl.col("label") == pl.col("true"), undecided=pl.col("image_id").is_in(guesses))


def main() -> None:
    print("people right | asked | brought | model | tied | undecided, right | decided, right")
    for case in CASES:
        found = pl.concat([campaign(case, seed) for seed in range(_CAMPAIGNS)])
        parts = []
        for which in (True, False):
            rows = found.filter(undecided=which)
            parts.append(f"{rows.height}, {rows['right'].mean():.2f}" if rows.height else "0")
        columns = [", ".join(map(str, case.people)), str(case.asked), str(case.brought or "-"), str(case.model or "-")]
        print(" | ".join([*columns, str(found.height), *parts]))


if __name__ == "__main__":
    main()
