"""Costs of each stage as functions of the number of pictures, measured on one machine.

Seconds are of one core of the machine of docs/scaling.md: work on a million rows is from there. What a stage takes to
start, and memory of 2,000 and of 10,000 rows, are `python -m benchmarks.stages`. `python -m benchmarks.plan` prints
what these figures say beside what was measured; docs/planning.md has what was found, and where it does not hold.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from silverprint.core.planning.unit_costs import UnitCosts

Spread: TypeAlias = Literal["one core", "every core", "every machine"]

CLASSES, MEMBERS, COLUMNS = 10, 5, 2_288  # of the pool that the figures were measured on
BY_ROUND: Final = ("score", "queue", "labels", "train")
FIRST: Final = 20_000  # pictures: a model learns from no more that nobody labelled (core.semisupervised.MOST)
_HALF: Final = 2  # bytes of a feature and of a stored probability
_VOICE_B: Final = 10.0  # bytes of memory of a member's probability of a class: twice in single precision, once in half


@dataclass(frozen=True)
class Pool:
    """
    Attributes:
        pictures: N, acquired.
        kept: share of them that `clean` keeps, 0..1.
        classes, members: of the model. columns: of the features.
        holders: copies of a released picture that the release's formats hold.
        rounds: R, as params.yaml plans them; 0 or more.
        first_model: whether a classifier predicts before the first round.
        detector: whether one looks for persons.
    """

    pictures: int
    kept: float = 1.0
    classes: int = CLASSES
    members: int = MEMBERS
    columns: int = COLUMNS
    holders: int = 2
    rounds: int = 3
    first_model: bool = False
    detector: bool = False


@dataclass(frozen=True)
class Cost:
    """One run of a stage over N pictures: time, bytes of memory and of disk.

    Attributes:
        spread: what the work of cores is divided among.
        start_s, start_b: seconds and bytes of memory whatever N is: the program and its libraries.
        picture_s: seconds of one core for each picture.
        search_s: seconds of one core for each N^1.5, of the search for neighbours.
        first_s, first_b: seconds of one core and bytes of memory for each of the first FIRST pictures.
        gpu_s: seconds of one GPU for each picture, while the cores work on others.
        picture_b: bytes of memory for each picture that no file holds.
        library_b, mapped_b: bytes of mapped files, of libraries and for each picture, which the kernel can let go.
        received_b, written_b: bytes for each picture, from sites and to the disk.
        at_least: something that takes time is not known, and not in the seconds.
    """

    spread: Spread
    start_s: float
    picture_s: float
    start_b: float
    picture_b: float
    search_s: float = 0.0
    first_s: float = 0.0
    first_b: float = 0.0
    gpu_s: float = 0.0
    library_b: float = 0.0
    mapped_b: float = 0.0
    received_b: float = 0.0
    written_b: float = 0.0
    at_least: bool = False

    def core_seconds(self, pictures: int) -> float:
        first = self.first_s * min(pictures, FIRST)
        return self.start_s + first + self.picture_s * pictures + self.search_s * math.pow(pictures, 1.5)

    def anonymous_bytes(self, pictures: int) -> float:
        return self.start_b + self.first_b * min(pictures, FIRST) + self.picture_b * pictures

    def peak_bytes(self, pictures: int) -> float:
        return self.anonymous_bytes(pictures) + self.library_b + self.mapped_b * pictures

    def fits_up_to(self, memory: float) -> int | None:
        """Pictures whose anonymous memory is within `memory` bytes; None: any number."""
        spare = memory - self.start_b - self.first_b * FIRST
        if spare >= self.picture_b * FIRST:
            return int(spare / self.picture_b) if self.picture_b else None
        each = self.first_b + self.picture_b
        return max(0, int((memory - self.start_b) / each)) if each else 0


def runs(stage: str, pool: Pool) -> int:
    """How often the stage works through the pool in the whole campaign."""
    if stage == "score":  # without a model there is nothing to predict
        return max(0, pool.rounds - 1 + pool.first_model)
    if stage == "persons":  # without a detector it looks at nothing
        return int(pool.detector)
    return pool.rounds if stage in BY_ROUND else 1


def costs(pool: Pool, units: UnitCosts, gpus: int = 0, cores: int = 1) -> dict[str, Cost]:
    """The cost of one run of each stage, in the order of the pipeline.

    What works on features takes time and memory by their columns, on probabilities by classes and members, and all of
    it by what the machine's `table_slowness` is. `measure` has a process for each of a machine's `cores`, `persons` a
    batch.
    """
    slow, wide, kept = units.table_slowness, pool.columns / COLUMNS, pool.kept
    rows_b = _HALF * pool.columns
    voices = pool.classes * pool.members
    more_b = _VOICE_B * (voices - CLASSES * MEMBERS) * kept
    return {
        "acquire": Cost(
            "one core", 2.0 * slow, 340e-6 * slow, 0.2e9, 0.0,
            received_b=units.picture_bytes, written_b=units.picture_bytes + 130, at_least=not units.network_mb_s,
        ),
        "measure": Cost("every machine", 2.2 * slow, units.measure_s, 0.13e9 + 0.115e9 * cores, 0.0, written_b=1_600),
        "embed": _embed(units, gpus, slow, rows_b),
        "persons": Cost(
            "every core", 6.0 * slow, units.persons_s or 0.0, 0.48e9 + 0.025e9 * cores, 0.0, library_b=0.42e9,
            written_b=50, at_least=units.persons_s is None,
        ),
        "clean": Cost(
            "one core", 6.6 * slow, 830e-6 * slow, 0.27e9, 3_400.0, first_s=440e-6 * slow, first_b=6_000.0,
            search_s=47e-9 * slow, library_b=0.23e9, written_b=240,
        ),
        "score": Cost(
            "one core", 8.2 * slow, 44e-6 * slow * wide * kept, 0.56e9, 1_500.0 * kept + more_b, first_b=8_000.0,
            library_b=0.45e9, mapped_b=rows_b, written_b=(40 + _HALF * voices) * kept,
        ),
        "queue": Cost(
            "one core", 5.0 * slow, 66e-6 * slow * wide * kept, 0.24e9, 850.0 * kept + more_b,
            first_s=170e-6 * slow, first_b=8_500.0, library_b=0.17e9, mapped_b=rows_b,
        ),
        "labels": Cost("one core", 9.4 * slow, 1e-6 * slow, 0.24e9, 50.0, library_b=0.14e9),
        "train": Cost(
            "one core", 12.5 * slow, 6e-6 * slow, 0.51e9, 300.0, first_s=330e-6 * slow * wide,
            first_b=55_000.0 * wide, library_b=0.45e9, mapped_b=rows_b,
        ),
        "release": Cost(
            "one core", 5.0 * slow, 104e-6 * slow * kept, 0.5e9, 2_100.0 * kept,
            written_b=pool.holders * kept * units.picture_bytes,
        ),
    }  # fmt: skip


def _embed(units: UnitCosts, gpus: int, slow: float, rows_b: float) -> Cost:
    """Where there is a GPU, the cores only decode; one GPU is used."""
    if gpus:
        return Cost(
            "every core", 2.2 * slow, units.decode_s, 0.65e9, 100.0, library_b=0.48e9,
            gpu_s=units.gpu_s or 0.0, written_b=rows_b + 34, at_least=units.gpu_s is None,
        )  # fmt: skip
    each = units.decode_s + (units.network_s or 0.0)
    unknown = units.network_s is None
    return Cost(
        "every core", 2.2 * slow, each, 0.65e9, 100.0, library_b=0.48e9, written_b=rows_b + 34, at_least=unknown
    )
