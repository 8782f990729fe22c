"""Which consensus is right how often: python -m benchmarks.consensus [--crowd FOLDER] [--draws 20] [--only WORD]

Simulated annotators (structured confusions, spammers, adversaries, fatigue, anchoring on a shown prediction; 2 to 5
votes, 3 to 20 people; classes evenly and unevenly frequent), with a model's probabilities and without; and real crowds,
subsampled to 2, 3, 5 votes and whole: FOLDER has NAME.votes.csv (image_id, annotator, choice) beside NAME.truth.csv
(image_id, truth). Every method works on the same draws. With `--write` the tables go to docs/benchmarks/consensus.md.
"""

import os
import time
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from tests.helpers.memory import high_water

from benchmarks.results import publish
from silverprint.core.consensus import consensus
from silverprint.core.evaluation.calibration import expected_calibration_error
from silverprint.core.votes.annotators import reliability
from silverprint.demo import fashion

PAGE: Final = Path("docs/benchmarks/consensus.md")
VOTES_ALONE: Final = ("majority", "dawid-skene", "glad", "auto")
WITH_MODEL: Final = ("majority", "dawid-skene", "glad", "crowdlab", "auto")

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Draw:
    votes: pl.DataFrame  # image_id, annotator, choice
    truth: dict[str, str]
    probabilities: dict[str, Floats] | None = None


# simulated annotators


def structured(rng: np.random.Generator, classes: int, error: float) -> Floats:
    """(true, said): most errors go to one other class, and some classes are harder than others."""
    misses = np.clip(error * rng.uniform(0.5, 1.5, classes), 0, 0.9)
    partner = (np.arange(classes) + 1) % classes
    confusion = np.full((classes, classes), 0.2 / max(classes - 1, 1)) * misses[:, None]
    confusion[np.arange(classes), partner] += 0.8 * misses
    confusion[np.arange(classes), np.arange(classes)] = 0
    confusion[np.arange(classes), np.arange(classes)] = 1 - confusion.sum(axis=1)
    return confusion


def spammer(rng: np.random.Generator, classes: int) -> Floats:
    """Half of them always say the same, half say anything."""
    same = np.eye(classes)[int(rng.integers(classes))]
    shares = 0.95 * same + 0.05 / classes if rng.random() < 0.5 else rng.dirichlet(np.full(classes, 3.0))
    return np.tile(shares, (classes, 1))


def adversary(rng: np.random.Generator, classes: int) -> Floats:
    """Says another class, mostly the same one for each."""
    turned = np.roll(np.eye(classes), 1 + int(rng.integers(max(classes - 1, 1))), axis=1)
    return 0.85 * turned + 0.15 / classes


@dataclass(frozen=True)
class Crowd:
    """How people answer, and whom."""

    errors: tuple[float, ...]  # of each honest person
    spammers: int = 0
    adversaries: int = 0
    fatigue: float = 0.0  # share of answers at random at the end of a person's work; none at its beginning
    anchoring: float = 0.0  # share of answers that only accept the prediction shown

    def confusions(self, rng: np.random.Generator, classes: int) -> list[Floats]:
        honest = [structured(rng, classes, error) for error in self.errors]
        blind = [spammer(rng, classes) for _ in range(self.spammers)]
        return honest + blind + [adversary(rng, classes) for _ in range(self.adversaries)]


def answers(
    rng: np.random.Generator, truth: Numbers, crowd: Crowd, classes: int, votes: int, shown: Numbers | None = None
) -> pl.DataFrame:
    """The votes of people who are drawn evenly for each picture."""
    confusions = crowd.confusions(rng, classes)
    people = len(confusions)
    asked = np.argsort(rng.random((len(truth), people)), axis=1)[:, :votes]
    rows = []
    for picture, true in enumerate(truth.tolist()):
        for person in asked[picture].tolist():
            tired = crowd.fatigue * picture / len(truth)
            said = int(rng.choice(classes, p=confusions[person][true]))
            if rng.random() < tired:
                said = int(rng.integers(classes))
            if shown is not None and rng.random() < crowd.anchoring:
                said = int(shown[picture])
            rows.append((f"p{picture:05d}", f"person-{person:02d}", f"c{said:02d}"))
    return pl.DataFrame(rows, schema=["image_id", "annotator", "choice"], orient="row")


EVEN_ERRORS: Final = (0.1, 0.15, 0.3)
WIDE: Final = (0.08, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
# name -> (crowd, pictures, classes, votes, uneven)
CELLS: Final[dict[str, tuple[Crowd, int, int, int, bool]]] = {
    "3 people, 2 votes, 10 classes": (Crowd(EVEN_ERRORS), 600, 10, 2, False),
    "5 people, 2 votes, 10 classes, uneven": (Crowd(WIDE[:5]), 600, 10, 2, True),
    "8 people, 3 votes, 4 classes": (Crowd(WIDE), 600, 4, 3, False),
    "8 people, 2 votes, 2 classes, uneven": (Crowd(WIDE), 600, 2, 2, True),
    "10 people with 2 spammers, 3 votes, 5 classes": (Crowd(WIDE, 2), 600, 5, 3, False),
    "10 people with 2 adversaries, 3 votes, 5 classes": (Crowd(WIDE, 0, 2), 600, 5, 3, False),
    "20 people with 3 spammers, 1 adversary, 5 votes, 10 classes": (Crowd(WIDE * 2, 3, 1), 600, 10, 5, False),
    "20 people with 6 spammers, 2 votes, 5 classes": (Crowd((*WIDE, *WIDE[:6]), 6), 600, 5, 2, False),
    "8 people who tire, 3 votes, 5 classes": (Crowd(WIDE, fatigue=0.5), 600, 5, 3, False),
}
ANCHORED: Final = {
    "3 people, 2 votes": Crowd(EVEN_ERRORS),
    "3 people who accept 30 %, 2 votes": Crowd(EVEN_ERRORS, anchoring=0.3),
}


def simulated(name: str, seed: int) -> Draw:
    crowd, pictures, classes, votes, uneven = CELLS[name]
    rng = np.random.default_rng([seed, 15])
    shares = np.arange(1, classes + 1) ** -1.5 if uneven else np.ones(classes)
    truth = rng.choice(classes, pictures, p=shares / shares.sum())
    return Draw(answers(rng, truth, crowd, classes, votes), named(truth))


def named(truth: Numbers) -> dict[str, str]:
    return {f"p{picture:05d}": f"c{true:02d}" for picture, true in enumerate(truth.tolist())}


@cache
def garments() -> tuple[Floats, Numbers]:
    """Features (5000, 64) and classes of the Fashion-MNIST pictures in the package."""
    pixels = fashion.tiles().reshape(fashion.IMAGES, -1) / 255.0
    names = sorted(set(fashion.labels()))
    return PCA(64, random_state=0).fit_transform(pixels), np.array([names.index(x) for x in fashion.labels()])


def pictured(name: str, seed: int) -> Draw:
    """400 real pictures, and a model that was trained on the majority of the votes on the other folds."""
    rng = np.random.default_rng([seed, 16])
    features, classes = garments()
    rows = rng.permutation(len(classes))[:400]
    crowd = ANCHORED[name]
    first = features[rows], classes[rows]
    shown = None
    if crowd.anchoring:  # the model of an earlier round, trained on 300 other pictures
        other = rng.permutation(np.setdiff1d(np.arange(len(classes)), rows))[:300]
        shown = LogisticRegression(C=0.1, max_iter=300).fit(features[other], classes[other]).predict(first[0])
    votes = answers(rng, first[1], crowd, 10, 2, shown)
    given = consensus(votes, "majority")["label"].str.slice(1).cast(pl.Int64).to_numpy()
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    told = cross_val_predict(LogisticRegression(C=0.1, max_iter=300), first[0], given, cv=folds, method="predict_proba")
    truth = named(first[1])
    return Draw(votes, truth, dict(zip(sorted(truth), told, strict=True)))


# real crowds


def real(folder: Path) -> dict[str, Draw]:
    found = {}
    for path in sorted(folder.glob("*.votes.csv")):
        name = path.name.removesuffix(".votes.csv")
        votes = pl.read_csv(path, infer_schema=False).select("image_id", "annotator", "choice")
        truth = pl.read_csv(folder / f"{name}.truth.csv", infer_schema=False)
        known = votes.join(truth, on="image_id", how="semi").unique(["image_id", "annotator"], keep="last")
        found[name] = Draw(known, dict(truth.select("image_id", "truth").iter_rows()))
    return found


def thinned(whole: Draw, votes: int | None, seed: int) -> Draw:
    """At most `votes` votes of each picture, drawn by chance; None: all."""
    if votes is None:
        return whole
    mixed = whole.votes.sort("image_id", "annotator").sample(fraction=1, shuffle=True, seed=seed)
    return Draw(mixed.group_by("image_id", maintain_order=True).head(votes), whole.truth)


# figures


@dataclass
class Figures:
    accuracy: list[float]
    confidence: list[Floats]
    right: list[NDArray[np.bool_]]
    seconds: float = 0.0


def judged(draws: Callable[[int], Draw], count: int, methods: tuple[str, ...]) -> dict[str, Figures]:
    found = {method: Figures([], [], []) for method in methods}
    for seed in range(count):
        draw = draws(seed)
        for method, figures in found.items():
            since = time.thread_time()
            result = consensus(draw.votes, method, probabilities=draw.probabilities)
            figures.seconds += time.thread_time() - since
            right = np.array(
                [draw.truth[name] == label for name, label in result.select("image_id", "label").iter_rows()]
            )
            figures.accuracy.append(float(right.mean()))
            figures.confidence.append(result["confidence"].to_numpy())
            figures.right.append(right)
    return found


def row(name: str, draws: Callable[[int], Draw], count: int, methods: tuple[str, ...]) -> tuple[str, dict[str, float]]:
    found = judged(draws, count, methods)
    cells = [name]
    cells += [f"{100 * np.mean(one.accuracy):.1f}" for one in found.values()]
    others = [method for method in methods if method != "auto"]
    best = max(others, key=lambda method: np.mean(found[method].accuracy))
    gain = 100 * (np.array(found["auto"].accuracy) - np.array(found[best].accuracy))
    noise = f" ± {1.96 * gain.std(ddof=1) / np.sqrt(count):.1f}" if count > 1 else ""
    cells.append(f"{gain.mean():+.1f}{noise} ({best})")
    errors = {}
    for method in ("majority", "dawid-skene", "auto"):
        one = found[method]
        errors[method] = float(
            np.mean([expected_calibration_error(c, r) for c, r in zip(one.confidence, one.right, strict=True)])
        )
    pooled = expected_calibration_error(np.concatenate(found["auto"].confidence), np.concatenate(found["auto"].right))
    cells += [f"{error:.3f}" for error in (*errors.values(), pooled)] + [f"{found['auto'].seconds / count:.1f}"]
    text = "| " + " | ".join(cells) + " |"
    print(text, flush=True)
    return text, {method: float(np.mean(one.accuracy)) for method, one in found.items()}


def head(methods: tuple[str, ...]) -> str:
    titles = [
        "cell",
        *methods,
        "auto against the best other",
        "ECE majority",
        "ECE Dawid-Skene",
        "ECE auto",
        "ECE auto, pooled",
        "s",
    ]
    return "| " + " | ".join(titles) + " |\n|" + " --- |" * len(titles)


def table(rows: list[tuple[str, Callable[[int], Draw], int]], methods: tuple[str, ...]) -> str:
    print(head(methods), flush=True)
    lines, means = [], []
    for name, draws, count in rows:
        text, mean = row(name, draws, count, methods)
        lines.append(text)
        means.append(mean)
    if means:
        average = [f"{100 * np.mean([mean[method] for mean in means]):.1f}" for method in methods]
        lines.append("| **mean** | " + " | ".join(average) + " | | | | | | |")
        print(lines[-1], flush=True)
    return "\n".join([head(methods), *lines])


# name -> (crowd, votes, classes): who does not look is to be found in them, in rounds of 100 pictures
SUSPECTS: Final = {
    "12 people, 2 spammers, 1 adversary; 3 votes, 5 classes": (Crowd((*WIDE, 0.45), 2, 1), 3, 5),
    "12 people, 2 spammers, 1 adversary; 2 votes, 10 classes": (Crowd((*WIDE, 0.45), 2, 1), 2, 10),
    "4 people, 1 spammer; 2 votes, 10 classes": (Crowd(EVEN_ERRORS, 1), 2, 10),
    "3 people, 1 spammer; 2 votes, 10 classes": (Crowd(EVEN_ERRORS[:2], 1), 2, 10),
}


def found_out(count: int) -> str:
    """Spammers and adversaries found after one, two and three rounds of 100 pictures."""
    lines = [
        "| people | rounds | votes a person | found | falsely suspected | accuracy within its 95 % interval |",
        "|" + " --- |" * 6,
    ]
    print("\n".join(lines), flush=True)
    for name, (crowd, votes, classes) in SUSPECTS.items():
        for rounds in (1, 2, 3):
            people = pl.concat([_judged(crowd, votes, classes, 100 * rounds, seed) for seed in range(count)])
            bad, good = people.filter("is_bad"), people.filter(~pl.col("is_bad"))
            lines.append(
                f"| {name} | {rounds} | {people['votes'].mean():.0f} | {bad['suspected'].mean():.1%} of {bad.height} "
                f"| {good['suspected'].mean():.1%} of {good.height} | {people['held'].mean():.1%} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def _judged(crowd: Crowd, votes: int, classes: int, pictures: int, seed: int) -> pl.DataFrame:
    """votes, is_bad, suspected, held (whether the interval has their accuracy) of each of the people."""
    rng = np.random.default_rng([seed, 17])
    truth = rng.integers(classes, size=pictures)
    given = answers(rng, truth, crowd, classes, votes)
    known = named(truth)
    rows = []
    for one in reliability(given).to_dicts():
        own = given.filter(annotator=one["annotator"]).select("image_id", "choice")
        share = np.mean([known[name] == said for name, said in own.iter_rows()])
        is_bad = int(one["annotator"][-2:]) >= len(crowd.errors)
        rows.append((one["votes"], is_bad, one["suspicion"] is not None, bool(one["low"] <= share <= one["high"])))
    return pl.DataFrame(rows, schema=["votes", "is_bad", "suspected", "held"], orient="row")


def scale(pictures: int) -> str:
    """Seconds and memory of `auto` with 100 people, 3 votes, 10 classes; the process has done nothing before."""
    rng = np.random.default_rng(0)
    truth = rng.integers(10, size=pictures)
    picture, person = np.repeat(np.arange(pictures), 3), (np.arange(3 * pictures) * 37 + 5) % 100
    said = np.where(rng.random(3 * pictures) < 0.5 + person / 220, truth[picture], rng.integers(10, size=3 * pictures))
    numbers = pl.DataFrame({"image_id": picture, "annotator": person, "choice": said})
    votes = numbers.select(pl.col(name).cast(pl.String) for name in numbers.columns)
    consensus(votes.head(30))  # compiled
    since = time.thread_time()
    result = consensus(votes)
    seconds = time.thread_time() - since
    right = (result["label"].cast(pl.Int64) == pl.Series(truth).gather(result["image_id"].cast(pl.Int64))).mean()
    return f"| {pictures:,} | {seconds:.1f} | {high_water(os.getpid()) / 1000:.2f} | {100 * right:.1f} |"  # type: ignore[operator]


def main() -> None:
    parser = ArgumentParser(description="Which consensus is right how often.")
    parser.add_argument("--crowd", type=Path, help="folder of NAME.votes.csv and NAME.truth.csv")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--only", choices=["simulated", "model", "real", "annotators", "scale"])
    parser.add_argument("--pictures", type=int, default=100_000, help="of --only scale")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    texts = {}
    if asked.only == "scale":
        print(scale(asked.pictures))
        return
    if asked.only in (None, "simulated"):
        rows = [(name, lambda seed, name=name: simulated(name, seed), asked.draws) for name in CELLS]
        texts["simulated"] = table(rows, VOTES_ALONE)
    if asked.only in (None, "model"):
        rows = [(name, lambda seed, name=name: pictured(name, seed), asked.draws) for name in ANCHORED]
        texts["model"] = table(rows, WITH_MODEL)
    if asked.crowd and asked.only in (None, "real"):
        rows = []
        for name, whole in real(asked.crowd).items():
            for votes in (2, 3, 5, None):
                draws = lambda seed, whole=whole, votes=votes: thinned(whole, votes, seed)  # noqa: E731
                rows.append((f"{name}, {'all' if votes is None else votes} votes", draws, asked.draws if votes else 1))
        texts["real"] = table(rows, VOTES_ALONE)
    if asked.only in (None, "annotators"):
        texts["annotators"] = found_out(asked.draws)
    if asked.write:
        for name, text in texts.items():
            publish(PAGE, name, text)


if __name__ == "__main__":
    main()
