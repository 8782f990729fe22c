"""How often a promise is broken by who releases after each round, and stops at the first release that passes.

python -m benchmarks.promise_looks      # the table of docs/learning.md

The worst case: the labels of each round's model are right in just less than the promised share, at every score, however
much it learns. The audit grows from round to round; whether a picture is right goes from one model to the next
(`ALIKE`: the correlation of the normal variables behind it).
"""

import argparse

import numpy as np
from scipy.stats import norm

from benchmarks.promise import POOL, share
from silverprint.core.promise import threshold

PROMISED, TRUE = 0.97, 0.9665
FIRST, MORE = 150, 60  # audited pictures in the first round, and more in each later one
ALIKE = (0.0, 0.5, 0.9)
CONFIDENCES = (0.95, 0.99)
ROUNDS = 6


def passes(rng: np.random.Generator, alike: float) -> dict[float, list[bool]]:
    """Confidence -> for each round whether something is released that breaks the promise."""
    often = rng.normal(size=POOL)
    found: dict[float, list[bool]] = {confidence: [] for confidence in CONFIDENCES}
    for place in range(ROUNDS):
        chances = norm.cdf(np.sqrt(alike) * often + np.sqrt(1 - alike) * rng.normal(size=POOL))
        scores, right, audit = rng.beta(6, 0.35, POOL), chances < TRUE, FIRST + place * MORE
        for confidence, broken in found.items():
            least = threshold(scores[:audit], right[:audit], precision=PROMISED, confidence=confidence)
            kept = scores >= (np.inf if least is None else least)
            broken.append(bool(kept.any() and right[kept].mean() < PROMISED))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="A promise that is tested after each round.")
    parser.add_argument("--campaigns", type=int, default=1_000)
    asked = parser.parse_args()
    titles = ("confidence", "models alike", "campaigns", "broken by one release, on average", "by the first of three")
    print("| " + " | ".join((*titles, "of six")) + " |\n|" + "---|" * (len(titles) + 1))
    for alike in ALIKE:
        rng = np.random.default_rng(int(10 * alike))
        campaigns = [passes(rng, alike) for _ in range(asked.campaigns)]
        for confidence in CONFIDENCES:
            broken = np.array([one[confidence] for one in campaigns])
            cells = [share(int(broken[:, :looks].any(axis=1).sum()), len(broken)) for looks in (3, ROUNDS)]
            row = (confidence, alike, len(broken), f"{broken.mean():.1%}", *cells)
            print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main()
