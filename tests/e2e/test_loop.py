"""The whole loop on real parts: what the issue of the first two commands promises, line by line."""

import json
import re
import shutil
import time
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.conftest import git
from tests.e2e.harness import Campaign

pytestmark = pytest.mark.slow

PEOPLE = ("ada", "bo", "cyn")


def ran(output: str) -> set[str]:
    """The stages that a repro ran."""
    return set(re.findall(r"Running stage '([^']+)'", output))


def test_the_demo_ends_with_its_table_and_addresses(finished: Campaign) -> None:
    said = (finished.path / "var/demo/run.log").read_text()
    for heading in ("round", "labels", "votes", "agreement", "consensus", "random"):
        assert heading in said
    for place in (finished.studio()["url"], "MLflow", "data/report/index.html", "make down"):
        assert place in said


def quickest(campaign: Campaign) -> float:
    """Seconds of a repro that has nothing to do: the fastest of five, for the machine may have other work."""
    times = []
    for _ in range(5):
        started = time.monotonic()
        done = campaign.repro()
        times.append(time.monotonic() - started)
        assert done.returncode == 0
        assert not ran(done.stdout)
    return min(times)


def test_repro_straight_after_runs_nothing_and_takes_little_longer_than_with_one_stage(
    finished: Campaign, tmp_path: Path
) -> None:
    smallest = Campaign(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages:\n  one:\n    cmd: touch one\n    outs: [one]\n")
    for command in (("git", "init", "--quiet"), ("dvc", "init", "--quiet"), ("dvc", "repro", "--quiet")):
        smallest.must(*command)
    finished.must("dvc", "repro")
    assert quickest(finished) <= max(2.0, 2.5 * quickest(smallest))


def test_git_holds_what_a_team_commits_and_nothing_large(finished: Campaign) -> None:
    added = git(finished, "show", "--name-only", "--format=", "HEAD").split()
    allowed = re.compile(
        r"dvc\.lock|\.dvc/config|data/metrics/(clean|qualities)\.json|data/withdrawn\.csv|data/imports\.csv|data/gold\.csv|data/classes\.csv"
        r"|params\.yaml|data/(rounds|releases)\.csv"
        r"|data/rounds/r0\d/(queue\.csv|asks\.csv|votes\.csv|state\.json|gate\.(json|csv)|metrics\.json)"
    )
    assert [path for path in added if not allowed.fullmatch(path)] == []
    expected = {
        "dvc.lock",
        "data/rounds.csv",
        "data/metrics/qualities.json",
        "data/rounds/r01/votes.csv",
        "data/rounds/r03/state.json",
    }
    assert expected <= set(added)
    assert sum((finished.path / path).stat().st_size for path in added) < 2_000_000
    assert git(finished, "status", "--short") == ""


def test_four_channels_feed_one_manifest_and_their_overlaps_are_found(finished: Campaign) -> None:
    rows = pl.read_parquet(finished.path / "data/raw/*/**/*.parquet").filter(pl.col("outcome") == "stored")
    by_source = {name: set(part["image_id"]) for (name,), part in rows.group_by("source")}
    assert set(by_source) == {"web", "partner", "own", "list"}
    manifest = pl.read_parquet(finished.path / "data/clean/manifest.parquet")
    assert manifest["image_id"].is_unique().all()
    assert set(manifest["image_id"]) == set().union(*by_source.values())
    for other in ("partner", "own", "list"):
        assert by_source["web"] & by_source[other], f"nothing that web and {other} both have"


def test_no_picture_was_asked_twice_and_evaluation_was_never_trained_on(finished: Campaign) -> None:
    queues = pl.concat(
        pl.read_csv(path, infer_schema=False) for path in sorted(finished.path.glob("data/rounds/*/queue.csv"))
    )
    assert queues["image_id"].is_unique().all()
    assert queues.filter(pl.col("role") == "evaluation").height == 24
    trained = set()
    for path in finished.path.glob("data/rounds/r0*/model/card.json"):
        trained |= set(re.findall(r'"([0-9a-f]{64})"', path.read_text()))
    evaluation = set(queues.filter(pl.col("role") == "evaluation")["image_id"])
    assert trained
    assert not trained & evaluation


def test_every_round_asks_of_gold_how_well_people_answer(finished: Campaign) -> None:
    known = pl.read_csv(finished.path / "data/gold.csv")
    assert known.height == 12
    asked = []
    for name in ("r01", "r02", "r03"):
        queue = pl.read_csv(finished.path / f"data/rounds/{name}/queue.csv", infer_schema=False)
        asked.append(queue.filter(pl.col("role") == "gold")["image_id"].to_list())
        figures = json.loads((finished.path / f"data/rounds/{name}/labels/quality.json").read_text())["gold"]["round"]
        assert figures["answers"] + figures["abstained"] >= 4 * 2
        findings = json.loads((finished.path / f"data/rounds/{name}/gate.json").read_text())["findings"]
        assert "gold_round_high" in {finding["column"] for finding in findings if finding["success"]}
    assert [len(of_round) for of_round in asked] == [4, 4, 4]
    assert set().union(*asked) == set(known["image_id"])
    assert "Where the answer is known" in (finished.path / "data/report/index.html").read_text()


@pytest.mark.parametrize("studio", [True, False], ids=["with-label-studio", "without"])
def test_make_repro_on_a_clean_clone_runs_nothing(finished: Campaign, tmp_path: Path, studio: bool) -> None:
    clone = finished.clone(tmp_path / "clone")
    if studio:
        server = finished.studio()
        clone.environment |= {"LABEL_STUDIO_URL": server["url"], "LABEL_STUDIO_API_KEY": server["token"]}
    done = clone.call("bash", "scripts/repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not ran(done.stdout)
    assert git(clone, "status", "--short") == ""
    assert (clone.path / "data/embed").is_dir()
    assert "Not on this disk: data/" in done.stdout
    assert "every opened round is closed" in done.stdout


def test_a_clone_that_did_not_pull_refuses_with_the_command(colleague: Campaign) -> None:
    done = colleague.call("silverprint", "embed")
    assert done.returncode == 69
    assert "dvc pull data/embed" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_fourth_round_runs_its_own_stages_and_another_machine_closes_it_alike(
    finished: Campaign, colleague: Campaign, pulled: Campaign
) -> None:
    """One machine asks and waits; another finds the same queue there, answered, and closes it with the same bytes."""
    for machine in (colleague, pulled):
        machine.must("silverprint", "round", "open", "r04", "--budget", "8")
    first = colleague.call("bash", "scripts/repro")
    assert first.returncode != 0
    asking = {f"{stage}@r04" for stage in ("score", "queue", "preview", "annotate")}
    assert ran(first.stdout) == {"check"} | asking, first.stdout + first.stderr
    assert "people are needed" in first.stdout + first.stderr
    with finished.people(*PEOPLE):
        colleague.must("silverprint", "wait")
    second = colleague.call("bash", "scripts/repro")
    assert second.returncode == 0, second.stdout + second.stderr
    closing = {"annotate@r04", "labels@r04", "gate@r04", "train@r04", "release", "report"}
    assert ran(second.stdout) == closing
    again = colleague.call("bash", "scripts/repro")
    assert again.returncode == 0, again.stdout + again.stderr
    assert not ran(again.stdout)
    other = pulled.repro()
    assert other.returncode == 0, other.stdout + other.stderr
    assert ran(other.stdout) == {"check"} | asking | closing
    for name in ("queue.csv", "votes.csv", "metrics.json"):
        ours, theirs = (machine.path / "data/rounds/r04" / name for machine in (colleague, pulled))
        assert ours.read_bytes() == theirs.read_bytes(), name


def test_a_reopened_round_asks_more_people_and_keeps_every_vote(finished: Campaign, pulled: Campaign) -> None:
    before = pulled.votes()
    pulled.must("silverprint", "round", "reopen", "r03", "--extra", "1", "--all", "--why", "a third opinion")
    first = pulled.repro()
    assert first.returncode != 0
    assert ran(first.stdout) == {"annotate@r03"}, first.stdout + first.stderr
    assert pulled.standing("r03")["state"] == "waiting"
    with finished.people(*PEOPLE):
        pulled.must("silverprint", "wait")
    second = pulled.repro()
    assert second.returncode == 0, second.stdout + second.stderr
    assert pulled.standing("r03")["state"] == "closed"
    after = pulled.votes()
    assert set(before["annotation_id"]) < set(after["annotation_id"])
    asked = pl.read_csv(pulled.path / "data/rounds/r03/queue.csv")["image_id"].len()
    assert after.filter(pl.col("round") == "r03").height >= 3 * asked


def test_a_threshold_changed_afterwards_loses_no_vote_and_asks_nobody(pulled: Campaign) -> None:
    before, lock = pulled.votes(), pulled.lock()
    pulled.edit("params.yaml", "min_sharpness: 8.0", "min_sharpness: 400.0")
    unreachable = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "x"}
    done = pulled.call("dvc", "repro", **unreachable)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "clean" in ran(done.stdout)
    assert pulled.votes().equals(before)
    after = pulled.lock()
    assert after["clean"] != lock["clean"]
    shown = json.loads(pulled.must("dvc", "metrics", "diff", "--json"))["data/metrics/qualities.json"]
    assert shown["quality.rejected.blurred"]["diff"] > 0
    for name in ("r01", "r02"):
        assert after[f"queue@{name}"] == lock[f"queue@{name}"]
        assert after[f"train@{name}"] == lock[f"train@{name}"]


def test_a_withdrawal_leaves_every_table_and_asks_nobody(pulled: Campaign) -> None:
    labels = pl.read_parquet(pulled.path / "data/rounds/r03/labels/labels.parquet")
    gone = labels.filter((pl.col("role") == "train") & (pl.col("round") == "r01"))["image_id"][0]
    before, cards = pulled.votes(), {}
    for name in ("r01", "r02", "r03"):
        cards[name] = (pulled.path / f"data/rounds/{name}/model/card.json").read_text()
        assert gone in cards[name]
    pulled.must("silverprint", "takedown", gone, "--why", "asked by its author", "--purge")
    assert "data/release holds 1 withdrawn" in pulled.must("silverprint", "status")
    unreachable = {"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "x"}
    done = pulled.call("dvc", "repro", **unreachable)
    assert done.returncode == 0, done.stdout + done.stderr
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


def test_a_second_source_added_on_a_clone_loses_no_picture(colleague: Campaign, tmp_path: Path) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    colleague.must("dvc", "pull", "--quiet", "data/raw/partner")
    _some_new_pictures(drop)
    colleague.must("silverprint", "source", "add", "museum", "--archive", str(drop), "--license", "CC0-1.0")
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
    kept = [f"data/raw/{source}" for source in ("web", "partner", "own", "list")]  # what no stage makes anew
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
