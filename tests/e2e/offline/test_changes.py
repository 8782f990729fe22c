"""A finished campaign after a change: what depends on it runs again, and nobody is asked."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.harness import Campaign, ran

pytestmark = pytest.mark.slow


def test_a_withdrawal_leaves_every_table_and_every_place_and_asks_nobody(pulled: Campaign, tmp_path: Path) -> None:
    labels = pl.read_parquet(pulled.path / "data/rounds/r03/labels/labels.parquet")
    drawn = b"".join(path.read_bytes() for path in (pulled.path / "docs/pictures").iterdir())  # Git has these for ever
    asked_first = labels.filter((pl.col("role") == "train") & (pl.col("round") == "r01"))["image_id"]
    gone = next(image_id for image_id in asked_first if image_id.encode() not in drawn)
    before, cards = pulled.votes(), {}
    for name in ("r01", "r02", "r03"):
        cards[name] = (pulled.path / f"data/rounds/{name}/model/card.json").read_text()
        assert gone in cards[name]
    unreachable = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "x"}
    own_remote(pulled, tmp_path / "remote")
    why = ("--why", "asked by its author")
    asked = pulled.call("silverprint", "takedown", gone, *why, "--purge", "--yes", **unreachable)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "Label Studio was not reached" in asked.stderr
    assert not (pulled.path / "data/release").exists()
    assert {"release", "report"} & {name for name, outs in pulled.lock().items() if f"data/{name}" in outs} == set()
    done = pulled.call("silverprint", "repro", **unreachable)
    assert done.returncode == 0, done.stdout + done.stderr
    pulled.must("dvc", "push", "--quiet")
    pulled.commit("purged, as asked")
    proof = pulled.call("silverprint", "takedown", gone, "--prove", **unreachable)
    assert proof.returncode == 69, proof.stdout + proof.stderr  # all was looked at but the server, and nothing found
    assert "Label Studio's tasks: it was not looked at" in proof.stderr
    assert pulled.votes().equals(before)
    manifest = pl.read_parquet(pulled.path / "data/clean/manifest.parquet").filter(pl.col("image_id") == gone)
    assert manifest["reason"].to_list() == ["withdrawn"]
    for name in ("r01", "r02", "r03"):
        table = pl.read_parquet(pulled.path / f"data/rounds/{name}/labels/labels.parquet")
        assert gone not in table["image_id"]
        assert gone not in (pulled.path / f"data/rounds/{name}/model/card.json").read_text()
        figures = json.loads((pulled.path / f"data/rounds/{name}/metrics.json").read_text())
        assert figures["replaced"][0]["model_id"] == json.loads(cards[name])["model_id"]
        assert figures["labels"] == figures["replaced"][0]["labels"] - 1
    assert not list((pulled.path / "data/release").rglob(f"{gone}*"))
    assert "data/release holds 1" not in pulled.must("silverprint", "status")
    assert gone[:12] in (pulled.path / "data/report/index.html").read_text()
    assert not ran(pulled.repro().stdout)
    pulled.must("silverprint", "doctor")
    life = json.loads(pulled.must("silverprint", "trace", gone, "--json"))["events"]
    assert {event["facts"].get("outcome") for event in life if event["stage"].startswith("acquire")} == {"purged"}
    assert {"queue@r01", "annotate@r01", "takedown"} <= {event["stage"] for event in life}
    assert not {"release", "train@r03"} & {event["stage"] for event in life}
    assert "release@v1" in {event["stage"] for event in life}


def own_remote(campaign: Campaign, to: Path) -> None:
    """A copy of the remote, for this campaign alone: others pull from the one that they share."""
    shutil.copytree(campaign.must("dvc", "config", "remote.local.url").strip(), to)
    campaign.must("dvc", "remote", "modify", "local", "url", str(to))


def test_a_second_source_and_another_threshold_on_a_clone_lose_no_picture_and_no_vote(
    colleague: Campaign, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    before, lock = colleague.votes(), colleague.lock()
    colleague.must("dvc", "pull", "--quiet", "data/raw/partner")
    _some_new_pictures(drop)
    colleague.must("silverprint", "source", "add", "museum", "--archive", str(drop), "--license", "CC0-1.0")
    colleague.edit("params.yaml", "min_sharpness: 8.0", "min_sharpness: 400.0")
    done = colleague.call("bash", "scripts/repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"acquire@museum", "measure@museum", "embed", "clean"} <= ran(done.stdout)
    assert not ran(done.stdout) & {"acquire@web", "acquire@partner", "measure@web", "measure@partner"}
    manifest = pl.read_parquet(colleague.path / "data/clean/manifest.parquet")
    counts = dict(manifest["source"].value_counts().iter_rows())
    assert counts["museum"] == 5
    assert counts["web"] > 100
    assert counts["partner"] > 10
    embedded = pl.concat([pl.read_parquet(path) for path in (colleague.path / "data/embed").glob("*.parquet")])
    assert embedded["image_id"].is_unique().all()
    assert set(manifest.filter(pl.col("kept"))["image_id"]) <= set(embedded["image_id"])
    assert colleague.votes().equals(before)
    after = colleague.lock()
    assert after["clean"] != lock["clean"]
    shown = json.loads(colleague.must("dvc", "metrics", "diff", "--json"))["data/metrics/qualities.json"]
    assert shown["quality.rejected.blurred"]["diff"] > 0
    for name in ("r01", "r02"):
        assert after[f"queue@{name}"] == lock[f"queue@{name}"]
        assert after[f"train@{name}"] == lock[f"train@{name}"]


def _some_new_pictures(folder: Path) -> None:
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(5)
    for number in range(5):
        small = Image.fromarray(rng.integers(0, 255, (9, 9, 3), dtype=np.uint8))
        small.resize((160, 160)).save(folder / f"{number}.jpg", quality=90)


def test_the_truth_is_read_by_no_stage(finished: Campaign, tmp_path: Path) -> None:
    """From the same pictures and votes, with the truth nowhere, every output comes out byte for byte the same."""
    clone = finished.clone(tmp_path / "clone", media=False)
    kept = [f"data/raw/{source}" for source in ("web", "partner", "own", "list", "crowd")]  # what no stage makes anew
    kept.append("data/releases")
    clone.must("dvc", "pull", "--quiet", *kept)
    shutil.copytree(finished.path / "var/demo", clone.path / "var/demo", ignore=shutil.ignore_patterns("truth*"))
    known = clone.lock()
    (clone.path / "dvc.lock").unlink()
    clone.must("dvc", "repro", "--quiet", "check")
    for name in known:
        if name.startswith("acquire"):
            clone.must("dvc", "commit", "--force", "--quiet", name)
    done = clone.repro()
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"clean", "embed", "train@r03", "release"} <= ran(done.stdout)
    assert clone.lock() == known
