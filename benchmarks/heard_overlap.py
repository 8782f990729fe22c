"""Sequential overlap with models' voices and without: votes asked for, and labels that are wrong at the end.

python -m benchmarks.heard_overlap [--seeds 5] [--rounds 2]      # the table of docs/benchmarks/sequential-overlap.md

Campaigns of the digits that scikit-learn ships (`benchmarks.campaign`), whose pictures `auto` chooses. Each is played
twice: labels that are sure enough are those without any voice, or those that `labels` makes. Final labels hear all.
"""

from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from benchmarks.campaign import people as crowd
from benchmarks.campaign.command import pool
from benchmarks.campaign.ours import Campaign, Way
from benchmarks.campaign.people import People
from silverprint.core.splits import TRAINABLE
from silverprint.core.votes import labelling

CROWDS = {"80 % right": (0.1, 0.15, 0.2, 0.25, 0.3), "95 % right": (0.01, 0.03, 0.05, 0.07, 0.09)}


@dataclass
class Unheard(Campaign):
    """Asks as if no model were heard."""

    def _labels_to_ask_by(self) -> pl.DataFrame:
        return labelling.without_models(self._evidence(), self.classes, "auto").all


def play(kind: type[Campaign], seed: int, rounds: int) -> dict[str, Any]:
    given = pool("digits", seed)
    people = People.drawn(given.truth, given.classes, seed)
    campaign = kind(given, people, Way(), seed)
    for number in range(1, rounds + 1):
        campaign._round(f"r{number:02d}")
        campaign.steps.append({})
    taught = campaign.labels.filter(pl.col("role").is_in(TRAINABLE))
    chosen = taught.filter(role="train")
    return {
        "votes": int(people.asked[campaign.at(taught)].sum()),
        "pictures": taught.height,
        "wrong": int((campaign.ids(taught) != given.truth[campaign.at(taught)]).sum()),
        "chosen": chosen.height,
        "chosen wrong": int((campaign.ids(chosen) != given.truth[campaign.at(chosen)]).sum()),
    }


def main() -> None:
    parser = ArgumentParser(description="What models' voices save in sequential overlap.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--crowd", choices=list(CROWDS), nargs="+", default=list(CROWDS))
    asked = parser.parse_args()
    titles = ("people", "seeds", "asked by", "votes a picture", "wrong labels", "of those that `auto` chose")
    print("| " + " | ".join(titles) + " |\n|" + "---|" * len(titles))
    for name in asked.crowd:
        crowd.ERRORS = CROWDS[name]  # type: ignore[misc]
        for said, kind in (("without voices", Unheard), ("with voices", Campaign)):
            runs = [play(kind, seed, asked.rounds) for seed in range(asked.seeds)]
            total = {key: int(np.sum([run[key] for run in runs])) for key in runs[0]}
            votes = f"{total['votes'] / total['pictures']:.2f}"
            wrong = (f"{total['wrong']} of {total['pictures']}", f"{total['chosen wrong']} of {total['chosen']}")
            print("| " + " | ".join((name, str(asked.seeds), said, votes, *wrong)) + " |", flush=True)


if __name__ == "__main__":
    main()
