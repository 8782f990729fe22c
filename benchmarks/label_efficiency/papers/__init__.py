"""Strategies that no package of the trial ships, written from their papers: contestants, not strategies of ours."""

from collections.abc import Callable

from benchmarks.label_efficiency.papers.bait import Bait
from benchmarks.label_efficiency.papers.cluster_margin import ClusterMargin
from benchmarks.label_efficiency.papers.dcom import DCoM
from benchmarks.label_efficiency.request import Contestant

PAPERS: dict[str, Callable[[int, int], Contestant]] = {  # of the number of classes and the seed
    "BAIT": lambda classes, seed: Bait(),
    "ClusterMargin": lambda classes, seed: ClusterMargin(seed),
    "DCoM": DCoM,
}
