import json

import numpy as np
import pytest
from benchmarks.label_efficiency.aims import against_aims
from benchmarks.label_efficiency.datasets import FOLDER
from benchmarks.label_efficiency.results import Results
from benchmarks.label_efficiency.tables import against_auto, against_fixed
from benchmarks.label_efficiency.trial import Run

SEEDS = 6


@pytest.fixture
def curve(tmp_path, monkeypatch):
    """Writes finished runs of a dataset, (SEEDS, 20) accuracies above random's, and of the head with all labels."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    budgets = Run("mnist", "random", 0, 20).budgets
    base = 0.5 + 0.3 * (1 - np.exp(-np.array(budgets) / 100))

    def write(contestant, above):
        for seed in range(SEEDS):
            run = Run("mnist", contestant, seed, 20)
            run.path.parent.mkdir(parents=True, exist_ok=True)
            noise = np.random.default_rng([seed, *contestant.encode()]).normal(0, 0.002, len(budgets))
            seen = ["final:0.5 middle:1"] * 15 + ["final:1 middle:1"] * 5
            found = {"accuracy": (base + above / 100 + noise).tolist(), "seconds": [0.1] * 20, "seen": seen}
            run.path.write_text(json.dumps(found))
            (run.path.parent / f"all-s{seed:02d}.json").write_text("0.9")

    return write


def read(*names):
    return [Results.read("mnist", 20, list(names), SEEDS)]


def test_what_falls_short_is_bold_and_what_holds_is_not(curve):
    for name, above in {"random": 0, "auto": 5, "margin": 8, "peer:Badge": 2, "auto@final": 3, "oracle": 6}.items():
        curve(name, above)
    table = read("random", "auto", "margin", "peer:Badge", "auto@final", "oracle")
    rows = {line.split(" | ")[0].strip("| "): line.split(" | ")[2].strip(" |") for line in against_aims(table)[2:]}
    short = {name for name, cell in rows.items() if cell.startswith("**")}
    assert short == {"budgets below margin beyond noise", "fewer labels, geometric mean (at 100, 200, 400)"}
    assert rows["budgets below margin beyond noise"] == "**20 of 20**"
    assert rows["budgets below a peer beyond noise"] == "0 of 20"
    assert rows["cells won"] == "100.0%"
    assert rows["oracle's gap closed"].startswith("8")


def test_a_strategy_like_random_falls_short_of_nearly_everything(curve):
    for name in ("random", "auto"):
        curve(name, 0)
    rows = against_aims(read("random", "auto"))
    assert sum("| **" in row for row in rows) == 5


def test_the_tables_against_others_and_against_fixed_features_share_no_row(curve):
    for name, above in {"random": 0, "auto": 5, "margin": 3, "auto@final": 4}.items():
        curve(name, above)
    results = read("random", "auto", "margin", "auto@final")
    assert not any("@" in row for row in against_auto(results))
    fixed = against_fixed(results)
    assert fixed[2].startswith("| auto@final | +1.")
    assert fixed[3] == "| in front, share of rounds | middle 75%, none 25% |"
