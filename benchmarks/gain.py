"""How often the interval of a strategy's gain holds the true gain: python -m benchmarks.gain [--trials 400] [--write]

Whole rounds are played on scikit-learn's 1,797 digits (their pixels): 150 evaluation pictures, earlier labels, 4 k
chosen ones and a control of k, with the code of the train stage. In the first rows the chosen ones are drawn by chance,
too, so the true gain is 0. In the others they are drawn in another way, and the true gain is the mean of all rounds of
the row. Models are ridge regressions on the classes, solved in one step, so that there can be many rounds; in the rows
"head" they are what the train stage trains, with a fifth of the rounds. `--write` puts the table into
docs/benchmarks/gain.md.
"""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from silverprint.core.evaluation.intervals import wilson
from silverprint.core.evaluation.strategy_gain import Gain, Weights, gain, trials
from silverprint.model.learning import train_members

PAGE: Final = Path("docs/benchmarks/gain.md")
EVALUATED: Final = 150
ROUNDS: Final = ((0, 10), (0, 20), (0, 50), (100, 10), (100, 20), (200, 50))  # earlier labels, k
PENALTY: Final = 0.02  # of the ridge regression, on features of mean squared norm 1

Rows = NDArray[np.int64]
Predicted = NDArray[np.int64]
Choice = Callable[[np.random.Generator, Rows, NDArray[np.int64], int], Rows]


def by_chance(rng: np.random.Generator, free: Rows, labels: NDArray[np.int64], count: int) -> Rows:
    return rng.choice(free, count, replace=False)


def evenly(rng: np.random.Generator, free: Rows, labels: NDArray[np.int64], count: int) -> Rows:
    """As many of each class: better than chance, and less often by luck."""
    classes = np.unique(labels)
    each = -(-count // len(classes))
    drawn = np.concatenate([rng.choice(free[labels[free] == name], each, replace=False) for name in classes])
    return rng.permutation(drawn)[:count]


def half_of_the_classes(rng: np.random.Generator, free: Rows, labels: NDArray[np.int64], count: int) -> Rows:
    """Ten times rather from one half of the classes: worse than chance."""
    weight = np.where(labels[free] < 5, 1.0, 0.1)
    return rng.choice(free, count, replace=False, p=weight / weight.sum())


CHOICES: Final[dict[str, Choice]] = {
    "by chance": by_chance,
    "evenly from the classes": evenly,
    "mostly from half of the classes": half_of_the_classes,
}


def by_ridge(x: NDArray[np.float32], y: NDArray[np.int64], weights: Weights, judged: NDArray[np.float32]) -> Predicted:
    """(models, pictures): for each row of weights the class of the largest output of a ridge regression."""
    rows = np.column_stack([x, np.ones(len(x))]).astype(np.float64)
    squares = (weights[:, :, None] * rows).transpose(0, 2, 1) @ rows + PENALTY * np.eye(rows.shape[1])
    products = (weights[:, :, None] * rows).transpose(0, 2, 1) @ np.eye(10)[y]
    outputs = np.column_stack([judged, np.ones(len(judged))]) @ np.linalg.solve(squares, products)
    return np.asarray(outputs.argmax(axis=2))


def by_head(x: NDArray[np.float32], y: NDArray[np.int64], weights: Weights, judged: NDArray[np.float32]) -> Predicted:
    """The same by the train stage's head."""
    head = train_members(x, y, weights, classes=10)
    return np.asarray(head.predict(judged).argmax(axis=2))


MODELS: Final = {"ridge": by_ridge, "head": by_head}


def played(model: str, choice: Choice, earlier: int, k: int, count: int) -> Iterator[Gain]:
    """The gain that each of `count` rounds would report."""
    digits = load_digits()
    x, y = digits.data.astype(np.float32), digits.target.astype(np.int64)
    x = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0).sum())
    for trial in range(count):
        rng = np.random.default_rng([trial, earlier, k])
        judged, before, rest = np.split(rng.permutation(len(x)), [EVALUATED, EVALUATED + earlier])
        control, free = rest[:k], rest[k:]
        rows = np.concatenate([before, choice(rng, free, y, 4 * k), control])
        names = [f"{row:064x}" for row in rows]
        training = pl.DataFrame(
            {
                "image_id": names,
                "round": ["r01"] * earlier + ["r02"] * 5 * k,
                "role": ["train"] * (earlier + 4 * k) + ["control"] * k,
            }
        )
        found = trials(training, "r02", names[earlier : earlier + 4 * k], seed=trial)
        assert found is not None
        yield gain(found, MODELS[model](x[rows], y[rows], found.weights, x[judged]) == y[judged])


def row(model: str, name: str, earlier: int, k: int, count: int) -> str:
    found = list(played(model, CHOICES[name], earlier, k, count))
    true = 0.0 if name == "by chance" else float(np.mean([one.gain for one in found]))
    held = sum(one.low <= true <= one.high for one in found)
    low, high = wilson(held, count)
    wide = 50 * np.mean([one.high - one.low for one in found])
    least = 100 * np.mean([one.detectable for one in found])
    cells = (
        name, model, earlier, k, count, f"{100 * true:+.1f}", f"{held / count:.1%} ({low:.1%} to {high:.1%})",
        f"± {wide:.1f}", f"{least:.1f}",
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


HEAD: Final = """\
| chosen | model | earlier labels | k | rounds | true gain | intervals that hold it | mean width | detectable |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


def main() -> None:
    parser = ArgumentParser(description="How often the interval of a strategy's gain holds the true gain.")
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    rows = []
    asked_rows = [("ridge", name, *sizes, asked.trials) for name in CHOICES for sizes in ROUNDS]
    asked_rows += [("head", "by chance", *sizes, asked.trials // 5) for sizes in ((0, 20), (100, 20))]
    for one in asked_rows:
        rows.append(row(*one))
        print(rows[-1], flush=True)
    if asked.write:
        text = PAGE.read_text(encoding="utf-8")
        start, end = text.index(HEAD), text.index("\n\n", text.index(HEAD))
        PAGE.write_text(text[:start] + HEAD + "\n".join(rows) + text[end:], encoding="utf-8")


if __name__ == "__main__":
    main()
