"""How often intervals of evaluation figures hold the truth: python -m benchmarks.evaluation [--draws 2000] [--write]

20,000 pictures of ten classes, one of which has the share and the recall of the row; first guesses by another model,
which errs on partly the same pictures. From them evaluation pictures are drawn, by chance and from strata, with the
code of the queue, and all figures are estimated with the code of the train stage. One vote is one picture, and right.
`--write` puts the tables into docs/benchmarks/evaluation.md.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from benchmarks.results import publish
from silverprint.core.evaluation import weighted
from silverprint.core.evaluation.paired import Estimate
from silverprint.core.queue.evaluation_draw import allocation, by_guess

PAGE: Final = Path("docs/benchmarks/evaluation.md")
PICTURES: Final = 20_000
CLASSES: Final = 10
SIGNAL: Final = 3.0  # distance of a class from the others, in standard deviations of the noise
COMMON: Final = 0.7  # correlation of the two models' noise
SHARES: Final = (0.01, 0.05, 0.2)
RECALLS: Final = (0.5, 0.8, 0.9, 0.95, 0.99)
VOTES: Final = (150, 300)
DESIGNS: Final = ("uniform", "strata")

Ids = NDArray[np.int64]
Figure = Callable[[Ids, Ids, weighted.Weights | None], Estimate | None]  # None where nothing is to be judged


def recall(predicted: Ids, labels: Ids, weights: weighted.Weights | None) -> Estimate | None:
    return weighted.share(predicted == labels, labels == 0, weights) if (labels == 0).any() else None


def precision(predicted: Ids, labels: Ids, weights: weighted.Weights | None) -> Estimate | None:
    return weighted.share(predicted == labels, predicted == 0, weights) if (predicted == 0).any() else None


def accuracy(predicted: Ids, labels: Ids, weights: weighted.Weights | None) -> Estimate | None:
    return weighted.share(predicted == labels, np.ones(len(labels), dtype=np.bool_), weights)


FIGURES: Final[dict[str, Figure]] = {
    "recall": recall,
    "precision": precision,
    "accuracy": accuracy,
    "balanced": weighted.balanced_accuracy,
    "macro-F1": weighted.macro_f1,
}


@dataclass(frozen=True)
class World:
    labels: Ids
    guesses: NDArray[np.float64]  # (n, C) probabilities by the classifier that was there before
    predicted: Ids  # of the model that is judged

    @classmethod
    def of(cls, share: float, recall: float) -> "World":
        """Class 0 has `share` of the pictures, and `recall` by the model that is judged."""
        rng = np.random.default_rng(0)
        shares = np.array([share, *[(1 - share) / (CLASSES - 1)] * (CLASSES - 1)])
        labels = np.repeat(np.arange(CLASSES), np.round(shares * PICTURES).astype(np.int64))
        noise, other = rng.normal(size=(2, len(labels), CLASSES))
        means, prior = SIGNAL * np.eye(CLASSES)[labels], np.log(shares) / SIGNAL
        first = means + noise + prior
        later = means + COMMON * noise + np.sqrt(1 - COMMON**2) * other + prior
        mine = labels == 0
        later[:, 0] += np.quantile(later[mine, 1:].max(axis=1) - later[mine, 0], recall)
        return cls(labels, softmax(SIGNAL * first, axis=1), later.argmax(axis=1))


def drawn(world: World, design: str, votes: int, draws: int) -> Iterator[tuple[Ids, weighted.Weights | None]]:
    """Places of evaluation pictures, with their weights."""
    rng = np.random.default_rng([votes, len(design)])
    if design == "uniform":
        for _ in range(draws):
            yield rng.choice(len(world.labels), votes, replace=False), None
        return
    strata = by_guess(world.guesses, votes)
    members = [np.flatnonzero(strata == number) for number in range(strata.max() + 1)]
    sizes = np.array([len(rows) for rows in members])
    taken = allocation(sizes, votes)
    weights = np.repeat(sizes / taken, taken)
    for _ in range(draws):
        rows = [rng.choice(rows, count, replace=False) for rows, count in zip(members, taken, strict=True)]
        yield np.concatenate(rows), weights


@dataclass(frozen=True)
class Cell:
    design: str
    votes: int
    share: float
    recall: float
    pictures: float  # of the class, in a draw
    none: float  # share of draws without a picture of the class
    held: dict[str, float]  # figure -> share of its intervals that hold the truth
    half: dict[str, float]  # figure -> mean half-width of its intervals

    @classmethod
    def of(cls, design: str, votes: int, share: float, recall: float, draws: int) -> "Cell":
        world = World.of(share, recall)
        every = np.ones(len(world.labels))
        truth = {name: figure(world.predicted, world.labels, every) for name, figure in FIGURES.items()}
        found: dict[str, list[Estimate]] = {name: [] for name in FIGURES}
        counts = []
        for rows, weights in drawn(world, design, votes, draws):
            counts.append(int((world.labels[rows] == 0).sum()))
            for name, figure in FIGURES.items():
                if (one := figure(world.predicted[rows], world.labels[rows], weights)) is not None:
                    found[name].append(one)
        held, half = {}, {}
        for name, ones in found.items():
            true = truth[name]
            assert true is not None
            held[name] = float(np.mean([one.low <= true.value <= one.high for one in ones]))
            half[name] = float(np.mean([(one.high - one.low) / 2 for one in ones]))
        none = float(np.mean([count == 0 for count in counts]))
        return cls(design, votes, share, recall, float(np.mean(counts)), none, held, half)

    def row(self) -> str:
        known = (self.design, self.votes, f"{self.share:.0%}", f"{self.recall:.0%}", f"{self.pictures:.1f}")
        cells = [f"{self.held[name]:.1%} (± {100 * self.half[name]:.1f})" for name in FIGURES]
        return "| " + " | ".join(map(str, (*known, *cells))) + " |"


def summary(cells: list[Cell]) -> str:
    """How many of the cells hold the truth so often, by design and figure."""
    lines = ["| draw | figure | cells | below 93 % | 93 to 97 % | above 97 % | least |", "| --- " * 7 + "|"]
    for design in DESIGNS:
        for name in FIGURES:
            held = np.array([cell.held[name] for cell in cells if cell.design == design])
            low, high = (held < 0.93).sum(), (held > 0.97).sum()
            lines.append(
                f"| {design} | {name} | {len(held)} | {low} | {len(held) - low - high} | {high} | {held.min():.1%} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = ArgumentParser(description="How often intervals of evaluation figures hold the truth.")
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    head = f"| draw | votes | share | recall | pictures | {' | '.join(FIGURES)} |"
    lines, cells = [head, "| --- " * (5 + len(FIGURES)) + "|"], []
    print("\n".join(lines))
    for share in SHARES:
        for true in RECALLS:
            for votes in VOTES:
                for design in DESIGNS:
                    cells.append(Cell.of(design, votes, share, true, asked.draws))
                    lines.append(cells[-1].row())
                    print(lines[-1], flush=True)
    print(summary(cells))
    if asked.write:
        publish(PAGE, "cells", "\n".join(lines))
        publish(PAGE, "summary", summary(cells))


if __name__ == "__main__":
    main()
