"""Whole campaigns in memory: minutes of people's time for 1,000 correct labels, beside peers.

python -m benchmarks.campaign run --datasets digits mnist --seeds 3      # resumes; a JSON file for each campaign
python -m benchmarks.campaign report [--write]                           # the tables of docs/benchmarks/campaign.md

Features lie where `benchmarks.label_efficiency` keeps them. Every contestant has the same pool and meets the same
people (`benchmarks.campaign.people`), and stops when nine tenths of the pool have a label.
"""

import argparse
import os
import time
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.campaign.ours import Campaign, Way
from benchmarks.campaign.peers import PEERS
from benchmarks.campaign.people import People
from benchmarks.consensus import Numbers
from benchmarks.label_efficiency.datasets import DATASETS, FOLDER, Task, folder, load
from benchmarks.label_errors import structured
from benchmarks.results import keep

FIRST_SEED: Final = 30  # choices were made on others
ERRORS: Final = 0.06  # of brought labels
POOLS: Final = {"digits": 1_797, "mnist": 5_000, "fashion": 5_000, "fashion-raw": 5_000, "fashion-tail": 12_000}
OURS: Final = {
    "silverprint": Way(),
    "silverprint, grid": Way(page="grid"),
}
CONTESTANTS: Final = (*PEERS, *OURS)
UNTAUGHT: Final = ("one vote", "three votes", "0.1.0")  # make nothing of brought labels: their figures are the same


@cache
def pool(dataset: str, seed: int) -> Task:
    """Everything is pool: truth is known for each picture, so that no test set is needed."""
    return replace(load(dataset), pool=POOLS[dataset]).task(seed)


def play(dataset: str, contestant: str, has_labels: bool, seed: int) -> dict[str, Any]:
    given = pool(dataset, seed)
    people = People.drawn(given.truth, given.classes, seed)
    brought = source(given, seed) if has_labels else None
    if contestant in PEERS:
        delivered = PEERS[contestant](given, people, seed, brought)
        return delivered.figures(given.truth, people)
    campaign = Campaign(given, people, OURS[contestant], seed, brought)
    figures = campaign.play().figures(given.truth, people)
    return figures | {"rounds": len(campaign.steps), "steps": campaign.steps}


def source(given: Task, seed: int) -> Numbers:
    """Brought labels, whose errors follow the classes."""
    return structured(given.truth, ERRORS, given.classes, np.random.default_rng([seed, 25]))


def kept(dataset: str, contestant: str, has_labels: bool, seed: int) -> Path:
    name = contestant.replace(", ", "-").replace(" ", "-")
    return folder() / "campaign" / dataset / f"{name}-{'brought' if has_labels else 'none'}-s{seed:02d}.json"


def run(dataset: str, contestant: str, has_labels: bool, seed: int) -> None:
    path = kept(dataset, contestant, has_labels, seed)
    if path.exists():
        return
    found = play(dataset, contestant, has_labels, seed)
    keep(path, found)
    print(
        f"{dataset} seed {seed} {'brought' if has_labels else 'none'} {contestant}: {found['minutes']:.0f} min",
        flush=True,
    )


def main() -> None:
    from benchmarks.campaign.report import report

    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign", description=__doc__)
    parser.add_argument("verb", choices=("run", "report"))
    parser.add_argument("--runs", default=str(folder()), help="folder of features and finished runs")
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=list(DATASETS))
    parser.add_argument("--contestants", nargs="+", default=list(CONTESTANTS), choices=CONTESTANTS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--minutes", type=float, default=np.inf, help="after so many no campaign is begun")
    parser.add_argument("--write", action="store_true", help="the tables into docs/benchmarks/campaign.md")
    asked = parser.parse_args()
    os.environ[FOLDER] = asked.runs
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    if asked.verb == "report":
        report(asked.datasets, seeds, write=asked.write)
        return
    since = time.monotonic()
    for seed, dataset, has_labels, contestant in product(seeds, asked.datasets, (False, True), asked.contestants):
        in_time = time.monotonic() - since < 60 * asked.minutes
        if in_time and not (has_labels and contestant in UNTAUGHT):
            run(dataset, contestant, has_labels, seed)
