"""Command line of the trial: `run` plays what is not cached yet, `report` writes the document and its pictures."""

import argparse
import os
from itertools import product

from benchmarks.label_efficiency.datasets import DATASETS, FOLDER, folder, load
from benchmarks.label_efficiency.trial import BATCHES, BOTH, Run, play

OURS = ("random", "auto", "uherding", "margin", "typiclust", "badge", "maxherding", "coreset", "entropy")
PEERS = ("Badge", "CoreSet", "DropQuery", "Falcun", "MaxHerding", "ProbCover", "TypiClust")
PAPERS = ("BAIT", "ClusterMargin", "DCoM")
VIEWS = ("final", "middle", BOTH)  # fixed ones, where the features have these blocks
VIEWED = tuple(f"auto@{view}" for view in VIEWS)
CONTESTANTS = [*OURS, *(f"peer:{name}" for name in PEERS), *(f"paper:{name}" for name in PAPERS), *VIEWED, "oracle"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.label_efficiency", description=__doc__)
    parser.add_argument("--runs", default=str(folder()), help="folder of features and finished runs")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run")
    run.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=list(DATASETS))
    run.add_argument("--contestants", nargs="+", default=CONTESTANTS)
    run.add_argument("--batches", nargs="+", type=int, default=list(BATCHES), choices=list(BATCHES))
    run.add_argument("--seeds", type=int, default=20)
    run.add_argument("--first-seed", type=int, default=0)
    verbs.add_parser("report").add_argument("--seeds", type=int, default=20)
    asked = parser.parse_args()
    os.environ[FOLDER] = asked.runs
    if asked.verb == "report":
        from benchmarks.label_efficiency.report import write

        write(CONTESTANTS, asked.seeds)
        return
    # Seeds outermost: whatever is finished when the time is up is a paired trial over fewer seeds.
    for seed in range(asked.first_seed, asked.seeds):
        for batch, name, dataset in product(asked.batches, asked.contestants, asked.datasets):
            if name not in VIEWED or len(load(dataset).blocks) > 1:
                play(Run(dataset, name, seed, batch))
        print(f"seed {seed} is whole", flush=True)


if __name__ == "__main__":
    main()
