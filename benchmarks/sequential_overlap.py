"""What sequential overlap saves: python -m benchmarks.sequential_overlap [--draws 20] [--only WORD] [--until .8 .9 .95]

Simulated annotators (structured confusions, spammers) play rounds of 10 classes with 2, 3 and 5 votes for each picture,
and with {min: 1, max: 5, until: ...}, where the rule of the package decides about each next vote. Every way asks the
same people in the same order and gets the same answers; what differs is how many of them it asks. As in a campaign, 60
evaluation pictures have 3 votes in each way; neither their votes nor their labels are counted. Labels are those of
`auto`. Differences are paired by draw, with the 95 % interval of their mean (Student).
"""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from scipy.stats import t

from benchmarks.consensus import WIDE, Crowd, Floats, Numbers, named
from silverprint.core.consensus import consensus
from silverprint.core.votes import sequential_overlap, vote_ledger
from silverprint.records import ASKS, QUEUE, VOTES, conform, empty

CLASSES: Final = 10
EVALUATION: Final = 60  # pictures with 3 votes beside those that are counted
MOST: Final = 5
FIXED: Final = (2, 3, 5)
UNTIL: Final = (0.8, 0.9, 0.95)
CELLS: Final = {
    "3 people, 90 % right": Crowd((0.05, 0.1, 0.15)),
    "5 people, 94 %": Crowd((0.02, 0.04, 0.06, 0.08, 0.1)),
    "5 people, 80 %": Crowd((0.1, 0.15, 0.2, 0.25, 0.3)),
    "5 people, 85 %, 1 spammer": Crowd((0.1, 0.13, 0.17, 0.2), 1),
    "10 people, 77 %, 2 spammers": Crowd(WIDE, 2),
    "20 people, 88 %": Crowd((0.05, 0.1, 0.15, 0.18) * 5),
    "20 people, 77 %, 4 spammers": Crowd(WIDE * 2, 4),
}


@dataclass(frozen=True)
class Crew:
    """A draw: who is asked about each picture in which order, and what they say if they are."""

    truth: Numbers  # (N,)
    order: Numbers  # (N, A) people
    said: Numbers  # (N, A) classes, in that order
    pictures: int  # the first of them are counted, the others are for evaluation

    @classmethod
    def drawn(cls, crowd: Crowd, pictures: int, seed: int) -> "Crew":
        rng = np.random.default_rng([seed, 18])
        confusions = np.stack(crowd.confusions(rng, CLASSES))
        truth = rng.integers(CLASSES, size=pictures + EVALUATION)
        order = np.argsort(rng.random((len(truth), len(confusions))), axis=1)
        chances = confusions[order, truth[:, None]].cumsum(axis=2)
        drawn = rng.random((*order.shape, 1)) * chances[:, :, -1:]
        return cls(truth, order, (drawn > chances).sum(axis=2), pictures)

    def votes(self, people: Numbers) -> pl.DataFrame:
        """VOTES of the first so many people (N,) of each picture; the k-th answers in minute k."""
        picture, turn = np.nonzero(np.arange(self.order.shape[1]) < people[:, None])
        rows = {
            "image_id": [f"p{one:05d}" for one in picture],
            "annotator": [f"s-{person:02d}" for person in self.order[picture, turn]],
            "choice": [f"c{choice:02d}" for choice in self.said[picture, turn]],
            "created_at": [f"2026-01-01T00:{minute:02d}:00Z" for minute in turn],
        }
        return conform(pl.DataFrame(rows).with_columns(round=pl.lit("r"), status=pl.lit("valid")), VOTES)

    def everywhere(self, overlap: int) -> Numbers:
        """(N,) people with the same number for each picture, and 3 for evaluation."""
        return np.where(np.arange(len(self.truth)) < self.pictures, overlap, 3)

    def accuracy(self, labels: pl.DataFrame) -> float:
        right, names = named(self.truth), labels.sort("image_id").head(self.pictures)
        return float(np.mean([right[name] == label for name, label in names.select("image_id", "label").iter_rows()]))


@dataclass(frozen=True)
class Outcome:
    accuracy: float
    votes: float  # a picture
    unsure: float = 0.0  # share of the pictures that nobody more may be asked about, and whose label is not sure


def fixed(crew: Crew, overlap: int) -> Outcome:
    return Outcome(crew.accuracy(consensus(crew.votes(crew.everywhere(overlap)))), overlap)


def sequential(crew: Crew, until: float) -> Outcome:
    """Plays the rule until it asks nobody more."""
    names, first = [f"p{one:05d}" for one in range(len(crew.truth))], crew.everywhere(1)
    most = min(MOST, crew.order.shape[1])
    counted = pl.int_range(pl.len()) < crew.pictures
    queue = pl.DataFrame({"image_id": names, "overlap": first}).with_columns(
        rank=pl.int_range(1, pl.len() + 1), max_overlap=pl.when(counted).then(most), until=pl.when(counted).then(until)
    )
    queue, asks = conform(queue, QUEUE), empty(ASKS)
    while True:
        people = vote_ledger.progress(queue, asks, empty(VOTES), frozenset()).sort("image_id")["needed"].to_numpy()
        votes = crew.votes(people)
        labels = consensus(votes)
        progress = vote_ledger.progress(queue, asks, votes, frozenset())
        more = sequential_overlap.next_asks(queue, progress, votes, labels)
        if more.is_empty():
            found = sequential_overlap.standing(queue, progress, labels)
            return Outcome(crew.accuracy(labels), found.answers / found.pictures, found.unsure / found.pictures)
        asks = pl.concat([asks, more])


def interval(values: list[float] | Floats) -> str:
    """Mean ± half of its 95 % interval."""
    found = np.asarray(values)
    half = t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / np.sqrt(len(found)) if len(found) > 1 else np.nan
    return f"{found.mean():+.1f} ± {half:.1f}"


def rows(name: str, crowd: Crowd, draws: int, pictures: int, bounds: Sequence[float]) -> Iterator[str]:
    """A line for each bound."""
    crews = [Crew.drawn(crowd, pictures, seed) for seed in range(draws)]
    people = crews[0].order.shape[1]
    usual = {overlap: [fixed(crew, overlap) for crew in crews] for overlap in FIXED if overlap <= people}
    before = [mean(100 * one.accuracy for one in usual[overlap]) if overlap in usual else "-" for overlap in FIXED]
    for until in bounds:
        found = [sequential(crew, until) for crew in crews]
        pairs = list(zip(found, usual[3], strict=True))
        cells = [
            name,
            *before,
            str(until),
            mean(100 * one.accuracy for one in found),
            interval([100 * (one.accuracy - three.accuracy) for one, three in pairs]),
            f"{np.mean([one.votes for one in found]):.2f}",
            interval([100 * (one.votes / three.votes - 1) for one, three in pairs]),
            mean(100 * one.unsure for one in found),
        ]
        yield "| " + " | ".join(cells) + " |"


def mean(values: Iterable[float]) -> str:
    return f"{np.mean(list(values)):.1f}"


def head() -> str:
    titles = ["people, how often right", *(f"{overlap} votes" for overlap in FIXED), "until", "right"]
    titles += ["against 3 votes, points", "votes a picture", "against 3 votes, %", "unsure at the end, %"]
    return "| " + " | ".join(titles) + " |\n|" + " --- |" * len(titles)


def main() -> None:
    parser = ArgumentParser(description="What sequential overlap saves.")
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--pictures", type=int, default=300)
    parser.add_argument("--only", default="", help="cells whose name has this word")
    parser.add_argument("--until", type=float, nargs="+", default=UNTIL)
    asked = parser.parse_args()
    print(head(), flush=True)
    for name, crowd in CELLS.items():
        if asked.only in name:
            for line in rows(name, crowd, asked.draws, asked.pictures, asked.until):
                print(line, flush=True)


if __name__ == "__main__":
    main()
