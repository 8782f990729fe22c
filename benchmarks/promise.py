"""How often a promise of precision is broken, and what is released under it: simulated campaigns.

python -m benchmarks.promise      # the table of docs/learning.md
"""

import argparse

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from silverprint.core.evaluation import sureness
from silverprint.core.evaluation.intervals import wilson
from silverprint.core.promise import threshold

POOL = 4_000
TAUGHT = 150  # other labels, by which it is said how likely each label of the pool is right
MODELS = {  # name -> the chance that a label of that score is right
    "calibrated": lambda scores: scores,
    "overconfident": lambda scores: scores**3,
    "in two steps": lambda scores: np.where(scores > 0.7, 0.99, 0.85),
    "surest pictures a little worse": lambda scores: np.where(scores > 0.99, 0.97, scores),
    "right in 99.4 of 100 everywhere": lambda scores: np.full_like(scores, 0.994),
    "just below the promise everywhere": lambda scores: np.full_like(scores, 0.969),
    "overconfident, and people err": lambda scores: scores**2,
}
ERRING = 0.007  # share of the audited pictures that the model names rightly and people wrongly


def play(model: str, audit: int, campaigns: int) -> str:
    rng = np.random.default_rng(audit)
    broken, released, best = 0, [], []
    for _ in range(campaigns):
        scores = rng.beta(6, 0.35, POOL)
        right = rng.random(POOL) < MODELS[model](scores)
        said = right[:audit] & (rng.random(audit) >= (ERRING if model.endswith("people err") else 0))
        expected = hoped_for(rng, model, scores[audit:])
        found = threshold(scores[:audit], said, precision=0.97, confidence=0.95, expected=expected)
        kept = scores >= (np.inf if found is None else found)
        broken += bool(kept.any() and right[kept].mean() < 0.97)
        released.append(kept.mean())
        best.append(most(scores, right))
    cells = (model, audit, campaigns, share(broken, campaigns), f"{np.mean(released):.0%}", f"{np.mean(best):.0%}")
    return "| " + " | ".join(map(str, cells)) + " |"


def share(broken: int, campaigns: int) -> str:
    """How many of the campaigns broke the promise, with the 95 % interval."""
    low, high = wilson(broken, campaigns)
    return f"{broken / campaigns:.1%} ({low:.1%} to {high:.1%})"


def hoped_for(rng: np.random.Generator, model: str, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) how likely labels of these scores are right, as it is learnt from TAUGHT other ones."""
    known, names = rng.beta(6, 0.35, TAUGHT), np.full(max(TAUGHT, len(scores)), "a")
    how = sureness.fit(names[:TAUGHT], known, rng.random(TAUGHT) < MODELS[model](known))
    return np.asarray(expit(how.scores(names[: len(scores)], scores)))


def most(scores: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The share that could be released at .97 by who knows every label."""
    hits = np.cumsum(right[np.argsort(-scores)]) / np.arange(1, len(scores) + 1)
    kept = np.flatnonzero(hits >= 0.97)
    return float((kept[-1] + 1) / len(scores)) if len(kept) else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--campaigns", type=int, default=400)
    asked = parser.parse_args()
    print("| model | audited | campaigns | promise broken | released | could be released |")
    print("|---|---|---|---|---|---|")
    for model in MODELS:
        for audit in (150, 300, 1_000):
            print(play(model, audit, asked.campaigns), flush=True)


if __name__ == "__main__":
    main()
