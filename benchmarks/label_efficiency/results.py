"""The finished runs of one dataset and batch size, as paired curves."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.label_efficiency.measures import Curves
from benchmarks.label_efficiency.trial import Run, whole_pool

BASE, OURS, BOUND = "random", "auto", "oracle"
TARGETS = (100, 200, 400)  # labels whose accuracy under random is the target
CEILING_SEEDS = 3


@dataclass(frozen=True)
class Results:
    """What is finished; a contestant counts for the seeds that it and random have both finished."""

    dataset: str
    batch: int
    runs: dict[str, dict[int, dict[str, Any]]]  # contestant -> seed -> result

    @classmethod
    def read(cls, dataset: str, batch: int, contestants: list[str], seeds: int) -> "Results":
        runs: dict[str, dict[int, dict[str, Any]]] = {}
        for name in contestants:
            found = {seed: Run(dataset, name, seed, batch).result() for seed in range(seeds)}
            if done := {seed: result for seed, result in found.items() if result is not None}:
                runs[name] = done
        return cls(dataset, batch, runs)

    @cached_property
    def budgets(self) -> NDArray[np.int64]:
        return np.array(Run(self.dataset, BASE, 0, self.batch).budgets)

    def names(self) -> list[str]:
        """Everybody but random, by mean gain over it, the best first."""
        others = [name for name in self.runs if name != BASE and self.seeds(name)]
        return sorted(others, key=lambda name: -float(np.subtract(*self.pair(name, BASE)).mean()))

    def seeds(self, *names: str) -> list[int]:
        """Those that all of them and random have finished."""
        return sorted(set.intersection(*(set(self.runs.get(name, ())) for name in (*names, BASE))))

    def pair(self, one: str, other: str) -> tuple[Curves, Curves]:
        """Their curves over the seeds that both have, (seeds, budgets) each."""
        seeds = self.seeds(one, other)
        return self.curves(one, seeds), self.curves(other, seeds)

    def curves(self, name: str, seeds: list[int]) -> Curves:
        return np.array([self.runs[name][seed]["accuracy"] for seed in seeds])

    def seconds(self, name: str) -> float:
        """Median CPU seconds of a selection after the first."""
        return float(np.median([result["seconds"][1:] for result in self.runs[name].values()]))

    def ceiling(self) -> float:
        """Mean accuracy with the whole pool labelled, over the first seeds: such a fit takes a while."""
        return float(np.mean([whole_pool(self.dataset, seed) for seed in self.seeds(BASE)[:CEILING_SEEDS]]))
