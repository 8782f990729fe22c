"""People of a simulated campaign: what each says of a picture, and how long that takes.

Five people are right in 99, 97, 95, 93 and 91 of 100 pictures. Most of a person's errors of a class go to one other
class, and some classes are harder than others (`benchmarks.consensus.structured`). Who is asked first, second, ...
about a picture, and what each would say, is drawn once for each seed, so every contestant meets the same people.

A picture on a page of its own takes SINGLE_S. On a shared page with pre-set answers a page takes PAGE_S, a glance at
each picture GLANCE_S and each changed answer CORRECTION_S, and a wrong pre-set answer is OVERLOOKED by chance. The
times are assumptions, the same for everybody, but for what Label Studio 1.23.2 itself took in headless Chromium: .42 s
from a submission to the next picture, about 2 s until 24 pictures are painted. On single pages alone they cancel out of
every ratio: what remains is votes.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.consensus import Crowd, Floats, Numbers
from silverprint.records import VOTES, conform

ERRORS: Final = (0.01, 0.03, 0.05, 0.07, 0.09)

SINGLE_S: Final = 2.5 + 0.42  # to look, to press a key and to submit; until the next picture is there
PAGE_S: Final = 2.0  # a shared page
GLANCE_S: Final = 0.6  # a picture on it
CORRECTION_S: Final = 3.5  # to open a picture's list and to choose from it
OVERLOOKED: Final = 0.1  # of wrong answers that were pre-set

NOT_SHOWN: Final = -1


def image_ids(places: Numbers) -> list[str]:
    return [f"p{place:05d}" for place in places.tolist()]


def class_names(labels: Numbers) -> list[str]:
    return [f"c{label:02d}" for label in labels.tolist()]


@dataclass
class People:
    """Who answers, and all that was answered so far.

    Attributes:
        said: (N, A) what the first, second, ... person who is asked about a picture says of it.
        order: (N, A) who that is.
        looks: (N, A) whether that person sees that an answer was pre-set wrongly.
        asked: (N,) people who have answered.
        seconds: of all people together.
    """

    said: Numbers
    order: Numbers
    looks: NDArray[np.bool_]
    asked: Numbers
    seconds: float = 0.0
    votes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=VOTES))

    @classmethod
    def drawn(cls, truth: Numbers, classes: int, seed: int) -> "People":
        rng = np.random.default_rng([seed, 21])
        confusions: Floats = np.stack(Crowd(ERRORS).confusions(rng, classes))
        order = np.argsort(rng.random((len(truth), len(ERRORS))), axis=1)
        chances = confusions[order, truth[:, None]].cumsum(axis=2)
        said = (rng.random((*order.shape, 1)) * chances[:, :, -1:] > chances).sum(axis=2)
        return cls(said, order, rng.random(order.shape) >= OVERLOOKED, np.zeros(len(truth), dtype=np.int64))

    def answer(self, places: Numbers, round_name: str = "r01") -> Numbers:
        """(n,) what the next person says of each picture, which has a page of its own."""
        said = self.said[places, self.asked[places]]
        self.seconds += SINGLE_S * len(places)
        self._keep(places, said, np.full(len(places), NOT_SHOWN), round_name)
        return said

    def correct(self, places: Numbers, shown: Numbers, pages: Numbers, round_name: str = "r01") -> Numbers:
        """(n,) likewise, of pictures that share `pages` with the answers `shown` pre-set."""
        turn = self.asked[places]
        said = np.where(self.looks[places, turn], self.said[places, turn], shown)
        changed = int((said != shown).sum())
        self.seconds += PAGE_S * len(np.unique(pages)) + GLANCE_S * len(places) + CORRECTION_S * changed
        self._keep(places, said, shown, round_name)
        return said

    def majority(self, places: Numbers, votes: int) -> Numbers:
        """(n,) what most of the next `votes` people say; a tie goes to the first."""
        said = np.stack([self.answer(places) for _ in range(votes)], axis=1)
        counts = (said[:, :, None] == said[:, None, :]).sum(axis=2)
        return np.asarray(said[np.arange(len(places)), counts.argmax(axis=1)])

    def _keep(self, places: Numbers, said: Numbers, shown: Numbers, round_name: str) -> None:
        turns = self.asked[places]
        rows = {
            "image_id": image_ids(places),
            "annotator": [f"s-{person}" for person in self.order[places, turns]],
            "choice": class_names(said),
            "shown_prediction": [None if one == NOT_SHOWN else f"c{one:02d}" for one in shown.tolist()],
            "created_at": [f"2026-01-01T00:{turn:02d}:00Z" for turn in turns],
        }
        frame = pl.DataFrame(rows, schema_overrides={"shown_prediction": pl.String})
        frame = frame.with_columns(round=pl.lit(round_name), status=pl.lit("valid"))
        self.votes = pl.concat([self.votes, conform(frame, VOTES)])
        self.asked[places] += 1


@dataclass(frozen=True)
class Delivered:
    """What a campaign came to.

    Attributes:
        labels: (N,) class ids, -1 where a picture has none.
        by_people: (N,) whether people were asked.
    """

    labels: Numbers
    by_people: NDArray[np.bool_]

    def figures(self, truth: Numbers, people: People) -> dict[str, float]:
        """Shares are 0..1; those of nothing are 1."""
        covered, right = self.labels >= 0, self.labels == truth
        machine = covered & ~self.by_people
        return {
            "pictures": len(truth),
            "votes": int(people.asked.sum()),
            "minutes": people.seconds / 60,
            "covered": float(covered.mean()),
            "precision": float(right[covered].mean()) if covered.any() else 1.0,
            "machine": float(machine.mean()),
            "machine_precision": float(right[machine].mean()) if machine.any() else 1.0,
            "correct": int(right.sum()),
        }
