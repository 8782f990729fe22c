"""How often a promise is broken where one answer may settle an audit picture, by people who err and confirm.

python -m benchmarks.confirmed_audits [--campaigns 400]      # the second table of docs/learning.md

As `benchmarks.promise`, with people: they are asked about 150 evaluation pictures until an answer leads by two, or five
have answered; of an audit picture one answer is enough where it is the model's. The precision that is tested is the
package's (`core.votes.judging_overlap.hidden_share`), by how often people agree with the evaluation pictures' labels.
"""

import argparse
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.promise import MODELS, POOL, hoped_for, share
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.promise import threshold, to_show
from silverprint.core.votes import judging_overlap
from silverprint.records import ANNOTATORS, VOTES, conform

EVALUATION: Final = 150
ERRORS: Final = np.array([0.01, 0.03, 0.05, 0.07, 0.09])  # how often each person errs
ALIKE: Final = 0.8  # of errors about what the model has right, those that are one and the same mistake
TRUE, SHARED, OTHER = 0, 1, 2  # answers: right; the model's mistake, or the one that people make most; another
LEAD: Final = 2  # answers by which one leads, and nobody more is asked


class Mistakes(NamedTuple):
    same: float  # share of errors that are the model's mistake
    wrong: float  # how often people err about what it mistakes, as a multiple of ERRORS
    rest: float  # likewise about the rest
    alike: bool = False  # whether a picture that misleads one person misleads all who err as often


MISTAKES: Final = {
    "their own": Mistakes(0.25, 1, 1),
    "the model's": Mistakes(1.0, 1, 1),
    "the model's, and no others": Mistakes(1.0, 1, 0),
    "the model's, and all people make them together": Mistakes(1.0, 1, 0, alike=True),
    "the model's, twice as often, and no others": Mistakes(1.0, 2, 0),
}


def play(model: str, mistakes: str, audit: int, campaigns: int) -> str:
    rng = np.random.default_rng([audit, len(mistakes)])
    broken, released, hiding = np.zeros(2, dtype=np.int64), [], []
    for _ in range(campaigns):
        scores = rng.beta(6, 0.35, POOL)
        right = rng.random(POOL) < MODELS[model](scores)
        count = EVALUATION + audit
        who = np.argsort(rng.random((count, len(ERRORS))), axis=1)
        answers = answered(rng, right[:count], who, MISTAKES[mistakes])
        guess = np.where(right[:count], TRUE, SHARED)
        label = led(answers)
        once = (np.arange(count) >= EVALUATION) & (answers[:, 0] == guess)
        said = np.where(once, guess, label) == guess
        hidden, expected = hidden_share(who, answers, label), hoped_for(rng, model, scores[count:])
        for place, aim in enumerate((to_show(0.97, hidden), 0.97)):
            found = threshold(scores[:count], said, precision=aim, confidence=0.95, expected=expected)
            kept = scores >= (np.inf if found is None else found)
            broken[place] += bool(kept.any() and right[kept].mean() < 0.97)
            released += [kept.mean()] if place == 0 else []
        hiding.append(hidden)
    shares = [share(one, campaigns) for one in broken.tolist()]
    cells = (model, mistakes, audit, campaigns, *shares, f"{np.mean(released):.0%}", f"{np.mean(hiding):.3f}")
    return "| " + " | ".join(map(str, cells)) + " |"


def answered(
    rng: np.random.Generator, right: NDArray[np.bool_], who: NDArray[np.int64], of: Mistakes
) -> NDArray[np.int64]:
    """(n, 5) what people would say, in the order in which they are asked."""
    chances = rng.random((len(right), 1 if of.alike else len(ERRORS)))
    errs = chances < ERRORS[who] * np.where(right, of.rest, of.wrong)[:, None]
    shared = rng.random(who.shape) < np.where(right, ALIKE, of.same)[:, None]
    return np.where(errs, np.where(shared, SHARED, OTHER), TRUE)


def led(answers: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) what most have said once it leads by LEAD; of a tie in the end, the truth where it is among them."""
    label, is_open = answers[:, 0].copy(), np.ones(len(answers), dtype=np.bool_)
    for count in range(LEAD, answers.shape[1] + 1):
        tally = (answers[:, :count, None] == np.array([TRUE, SHARED, OTHER])).sum(axis=1)
        ranked = np.sort(tally, axis=1)
        label = np.where(is_open, tally.argmax(axis=1), label)
        is_open &= ranked[:, -1] - ranked[:, -2] < LEAD
    return label


def hidden_share(who: NDArray[np.int64], answers: NDArray[np.int64], label: NDArray[np.int64]) -> float:
    agrees = answers[:EVALUATION, :2] == label[:EVALUATION, None]
    asked = who[:EVALUATION, :2]
    low = [wilson(int(agrees[asked == one].sum()), int((asked == one).sum()))[0] for one in range(len(ERRORS))]
    names = [f"p{place}" for place in range(len(label))]
    people = pl.DataFrame({"annotator": [f"s-{one}" for one in range(len(ERRORS))], "low": low})
    first = pl.DataFrame({"image_id": names, "annotator": [f"s-{one}" for one in who[:, 0]]})
    votes = conform(first.with_columns(status=pl.lit("valid"), created_at=pl.lit("2026-01-01T00:00:00Z")), VOTES)
    return judging_overlap.hidden_share(pl.Series(names), names[EVALUATION:], votes, conform(people, ANNOTATORS))


def main() -> None:
    parser = argparse.ArgumentParser(description="A promise tested by people who err and confirm.")
    parser.add_argument("--campaigns", type=int, default=400)
    asked = parser.parse_args()
    titles = (
        "model",
        "people's mistakes are",
        "audit",
        "campaigns",
        "promise broken",
        "if .97 were tested",
        "released",
    )
    print("| " + " | ".join((*titles, "hidden, at most")) + " |\n|" + "---|" * (len(titles) + 1))
    for model in ("overconfident", "surest pictures a little worse", "just below the promise everywhere"):
        for mistakes in MISTAKES:
            for audit in (100, 1_000):
                print(play(model, mistakes, audit, asked.campaigns), flush=True)


if __name__ == "__main__":
    main()
