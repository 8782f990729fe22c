"""What few votes teach: a model of the consensus, of the consensus as far as it is believed, and with a held-out voice.

python -m benchmarks.held_out_voice run [--seeds 10]      # resumes; minutes for each dataset on one core
python -m benchmarks.held_out_voice report [--write]

300 pictures of each dataset, drawn at random, are answered by people with errors of their own (`benchmarks.consensus`:
most errors go to one other class). Labels are those of `auto`. Four models learn from the same pictures: of the labels
alone; of how likely each class is; of the same once the labels have heard heads that learnt from the labels of the
other pictures; and of the truth. Each is judged on the dataset's test set.
"""

import argparse
import json
import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.consensus import Crowd, answers
from benchmarks.label_efficiency.datasets import DATASETS, FOLDER, folder, task
from benchmarks.label_efficiency.measures import interval
from benchmarks.results import keep, publish
from silverprint.core.consensus import consensus
from silverprint.core.evaluation.calibration import expected_calibration_error
from silverprint.core.evaluation.targets import believed
from silverprint.core.features import block_weights
from silverprint.core.semisupervised import fit
from silverprint.core.votes.held_out_voice import held_out_voice

PAGE: Final = Path("docs/benchmarks/held-out-voice.md")
PICTURES: Final = 300
CROWDS: Final = {
    "3 people of 70 to 90 %, 1 vote": (Crowd((0.1, 0.15, 0.3)), 1),
    "3 people of 70 to 90 %, 2 votes": (Crowd((0.1, 0.15, 0.3)), 2),
    "5 people of 65 to 85 %, 2 votes": (Crowd((0.15, 0.2, 0.25, 0.3, 0.35)), 2),
}
FIGURES: Final = ("labels", "labels, heard", "ECE", "ECE, heard", "label alone", "believed", "heard", "truth")


def play(dataset: str, seed: int) -> None:
    """Keeps FIGURES of each crowd, unless they are kept."""
    path = kept(dataset, seed)
    if path.exists():
        return
    given = task(dataset, seed)
    rng = np.random.default_rng([seed, 18])
    rows = rng.permutation(len(given.truth))[:PICTURES]
    truth, names = given.truth[rows], tuple(f"c{number:02d}" for number in range(given.classes))
    found = {}
    for crowd, (people, votes) in CROWDS.items():
        said = answers(rng, truth, people, given.classes, votes)
        alone = consensus(said, classes=names).sort("image_id")
        labels, targets = numbers(alone, names)
        weights = block_weights.choose_weights(given.pool[rows], labels, given.blocks)
        scales = block_weights.column_scales(weights, given.blocks)
        seen, tested = given.pool[rows] * scales, given.test * scales
        told = held_out_voice(seen, labels, targets, seed=seed)
        voices = dict(zip(alone["image_id"], told, strict=True))
        heard = consensus(said, classes=names, probabilities=voices).sort("image_id")
        again, surer = numbers(heard, names)

        error = [
            expected_calibration_error(table["confidence"].to_numpy(), ids == truth)
            for table, ids in ((alone, labels), (heard, again))
        ]
        lessons = ((labels, None), (labels, targets), (again, surer), (truth, None))
        heads = [
            fit(seen, ids, seen[:0], classes=given.classes, omega="none", seed=seed, targets=aims)
            for ids, aims in lessons
        ]
        models = [float((head.probabilities(tested).argmax(axis=1) == given.test_truth).mean()) for head in heads]
        found[crowd] = [float((labels == truth).mean()), float((again == truth).mean()), *error, *models]
    keep(path, found)


def numbers(labels: pl.DataFrame, names: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Class ids, and targets; a picture found to be none of the classes gets the first."""
    known = labels.with_columns(pl.when(pl.col("label").is_in(names)).then("label").otherwise(pl.lit(names[0])))
    return np.array([names.index(label) for label in known["label"]]), believed(known, names)


def kept(dataset: str, seed: int) -> Path:
    return folder() / "held-out-voice" / dataset / f"s{seed:02d}.json"


def table(seeds: range) -> Iterator[str]:
    titles = ("dataset, seeds", "votes", "labels right", "heard", "ECE", "heard", "model of the label alone")
    titles = (*titles, "believed", "heard", "heard against alone", "truth")
    yield "| " + " | ".join(titles) + " |"
    yield "|---" * len(titles) + "|"
    for dataset in DATASETS:
        whole = [json.loads(kept(dataset, seed).read_text()) for seed in seeds if kept(dataset, seed).exists()]
        if not whole:
            continue
        for crowd in CROWDS:
            runs = np.array([run[crowd] for run in whole])
            at = dict(zip(FIGURES, runs.mean(axis=0), strict=True))
            gain = 100 * (runs[:, FIGURES.index("heard")] - runs[:, FIGURES.index("label alone")])
            middle, low, high = interval(gain)
            cells = [f"{dataset}, {len(whole)}", crowd]
            cells += [f"{100 * at['labels']:.1f}", f"{100 * at['labels, heard']:.1f}"]
            cells += [f"{at['ECE']:.3f}", f"{at['ECE, heard']:.3f}"]
            cells += [f"{100 * at[name]:.1f}" for name in ("label alone", "believed", "heard")]
            cells += [f"{middle:+.1f} [{low:+.1f}, {high:+.1f}]", f"{100 * at['truth']:.1f}"]
            yield "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.held_out_voice", description=__doc__)
    parser.add_argument("verb", choices=("run", "report"))
    parser.add_argument("--runs", default=str(folder()), help="folder of features and finished runs")
    parser.add_argument("--datasets", nargs="+", default=list(DATASETS), choices=list(DATASETS))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=30)
    parser.add_argument("--write", action="store_true", help="the table goes to the page, too")
    asked = parser.parse_args()
    os.environ[FOLDER] = asked.runs
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    if asked.verb == "run":
        for seed, dataset in product(seeds, asked.datasets):
            play(dataset, seed)
            print(f"{dataset} seed {seed}", flush=True)
        return
    lines = "\n".join(table(seeds))
    print(lines)
    if asked.write:
        publish(PAGE, "table", lines)


if __name__ == "__main__":
    main()
