"""data/metrics/qualities.json: written with each release, small, and what `dvc metrics diff` compares."""

import json
import subprocess
from typing import Any

import polars as pl
import pytest

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.errors import UnavailableError
from silverprint.records import LABELS, MANIFEST
from silverprint.stages import release
from silverprint.store import tables
from tests.helpers.release_campaign import split


def written() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(layout.QUALITIES.read_text(encoding="utf-8"))
    return found


def leaves(figures: dict[str, Any], path: str = "") -> dict[str, Any]:
    """As DVC names them: path.to.figure -> value."""
    found = {}
    for name, value in figures.items():
        here = f"{path}.{name}".lstrip(".")
        found |= leaves(value, here) if isinstance(value, dict) else {here: value}
    return found


def test_it_is_scalars_without_holes_and_few(released: Params) -> None:
    figures = written()
    assert set(figures) == {"scale", "diversity", "quality", "consistency", "automatic"}
    assert figures["automatic"].pop("round") == "r03"
    found = leaves(figures)
    assert all(type(value) in (int, float) for value in found.values())
    assert len(found) < 110
    assert layout.QUALITIES.stat().st_size < 6_000


def test_the_figures_are_those_of_the_tables(released: Params) -> None:
    figures = written()
    kept = tables.read(layout.MANIFEST, MANIFEST).filter("kept")
    assert figures["scale"]["sources"] == dict(kept["source"].value_counts().iter_rows())
    assert figures["scale"]["kept"] == kept.height
    splits = [split(name) for name in ("train", "test", "silver")]
    assert sum(figures["scale"]["classes"].values()) == figures["scale"]["released"] == sum(map(len, splits))
    assert figures["scale"]["labelled"] == sum(map(len, splits[:2]))
    assert figures["consistency"]["alpha_round"] == 0.7
    assert figures["consistency"]["agreement"] == 0.8
    assert "gold_accuracy" not in figures["consistency"]


def test_the_promise_and_what_was_measured(released: Params) -> None:
    found, silver = written()["automatic"], split("silver")
    assert (found["promised"], found["confidence"], found["audited"]) == (0.8, 0.9, 40)
    assert found["released"] == found["classes"]["coat"]["released"] == silver.height
    assert found["above"] == found["right"] == found["classes"]["coat"]["above"] > 11
    assert (found["precision"], found["high"]) == (1, 1)
    assert 0.8 < found["low"] < 1
    assert found["coverage"] == round(silver.height / found["pool"], 6) == found["coverage_at"]["0.8"]
    assert found["coverage_at"]["0.99"] == 0
    assert found["classes"]["coat"]["threshold"] == 1
    assert "threshold" in found["classes"]["t-shirt"]  # one group: nothing of the class is so sure
    assert found["classes"]["t-shirt"]["released"] == 0


def test_diversity_is_of_everything_of_sources_and_of_classes(released: Params) -> None:
    """The features of the fixture point one way, or have no length."""
    found = written()["diversity"]
    assert set(found) == {"effective", "coverage", "sources", "classes"}
    assert set(found["sources"]) == {"web", "partner"}
    assert set(found["classes"]) == {name for name, n in written()["scale"]["classes"].items() if n}
    for one in (found, *found["sources"].values(), *found["classes"].values()):
        assert one["effective"] in (0, 1)
        assert one["coverage"] == 1
    assert found["effective"] == 1


@pytest.mark.slow
def test_too_few_labels_tell_no_coverage(params: Params) -> None:
    path = layout.labels(params.last) / "labels.parquet"
    tables.write(tables.read(path, LABELS).filter(pl.col("label") == "coat").head(4), path, LABELS)
    release.run(params)
    found = written()
    assert 0 < found["scale"]["labelled"] < 5
    assert "coverage" not in leaves(found["diversity"])


@pytest.mark.slow
def test_without_the_rounds_figures_nothing_is_written(params: Params) -> None:
    (layout.labels(params.last) / "quality.json").unlink()
    with pytest.raises(UnavailableError, match=r"quality\.json.*dvc checkout"):
        release.run(params)
    assert not layout.RELEASE.exists()


@pytest.mark.slow
def test_dvc_shows_what_changed_between_two_versions(params: Params) -> None:
    """A version is a commit; the diff is by name, and only of what changed."""

    def run(*command: str) -> str:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout

    release.run(params)
    before = written()
    for command in (
        ["git", "init", "-q"],
        ["dvc", "init", "-q"],
        ["git", "add", "dvc.yaml", "params.yaml", "data/metrics"],
    ):
        run(*command)
    run("git", "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "-qm", "a version")
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    out = (pl.col("image_id") == manifest.filter("kept")["image_id"][0]).alias("out")
    changed = manifest.with_columns(
        kept=pl.col("kept") & ~out, reason=pl.when(out).then(pl.lit("blurred")).otherwise("reason")
    )
    tables.write(changed, layout.MANIFEST, MANIFEST)
    release.run(params)
    said = json.loads(run("dvc", "metrics", "diff", "--json", "--targets", str(layout.QUALITIES)))[
        str(layout.QUALITIES)
    ]
    assert said["scale.kept"] == {"old": before["scale"]["kept"], "new": before["scale"]["kept"] - 1, "diff": -1}
    assert said["quality.rejected.blurred"]["old"] == 0
    assert "scale.acquired" not in said


@pytest.mark.slow
def test_audit_pictures_that_one_answer_settles_raise_what_is_tested_and_the_card_says_so(params: Params) -> None:
    release.run(params)
    assert "tested" not in written()["automatic"]
    first = params.chain[0]
    told = ledgers.queue(first).with_columns(
        role=pl.col("role").replace("evaluation", "audit"), max_overlap=pl.lit(3, pl.Int64)
    )
    layout.queue(first).write_bytes(ledgers.queue_bytes(told))
    release.run(params)
    figures = written()["automatic"]
    promised = figures["promised"]
    assert 0 < figures["hidden"] <= 1
    assert figures["tested"] == pytest.approx(promised + (1 - promised) * min(figures["hidden"], 0.99), abs=1e-6)
    assert "asked about once" in (layout.RELEASE / "README.md").read_text()
