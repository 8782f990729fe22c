"""Writes docs/benchmarks/label-efficiency.md and its picture from the runs that are finished, and says how many."""

from pathlib import Path

from benchmarks.label_efficiency.aims import against_aims
from benchmarks.label_efficiency.curves import draw
from benchmarks.label_efficiency.datasets import DATASETS
from benchmarks.label_efficiency.results import OURS, Results
from benchmarks.label_efficiency.tables import against_auto, against_fixed, against_random
from benchmarks.label_efficiency.trial import BATCHES

OUT = Path("docs/benchmarks")
TEXT = Path(__file__).with_name("label-efficiency.md.in")


def write(contestants: list[str], seeds: int) -> None:
    parts = {"results": [], "seeds": []}
    for batch in BATCHES:
        found = [Results.read(dataset, batch, contestants, seeds) for dataset in DATASETS]
        found = [results for results in found if results.seeds(OURS)]
        if not found:
            parts["seeds"].append(f"batches of {batch}: none yet")
            continue
        counts = [len(results.seeds(OURS)) for results in found]
        parts["seeds"].append(f"batches of {batch}: {min(counts)} seeds of `auto` on every dataset")
        name = f"label-efficiency-{batch}.png"
        draw(found, OUT / name)
        parts["results"] += [f"## Batches of {batch}", "", f"![Accuracy above random by labels]({name})", ""]
        parts["results"] += [*against_aims(found), "", *against_auto(found), "", *against_fixed(found), ""]
        for results in found:
            parts["results"] += [f"### {results.dataset}, batches of {batch}", "", *against_random(results), ""]
    text = TEXT.read_text().format(seeds="; ".join(parts["seeds"]), results="\n".join(parts["results"]).rstrip())
    (OUT / "label-efficiency.md").write_text(text)
