"""The whole loop on real parts: what the issue of the first two commands promises, line by line."""

import json
import re
import time
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.conftest import git
from tests.e2e.harness import Campaign, ran

pytestmark = pytest.mark.slow

PEOPLE = ("ada", "bo", "cyn")


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


def test_repro_straight_after_runs_nothing_and_takes_little_longer_than_stages_without_work(
    finished: Campaign, tmp_path: Path
) -> None:
    """DVC itself takes some hundredths of a second to look at a stage, whatever the stage does."""
    idle = Campaign(tmp_path)
    stages = len(finished.lock())
    (tmp_path / "params.yaml").write_text((finished.path / "params.yaml").read_text())
    one = "    do: {cmd: 'touch ${item}', params: [seed], outs: ['${item}']}\n"
    (tmp_path / "dvc.yaml").write_text(f"stages:\n  s:\n    foreach: {[f'o{n}' for n in range(stages)]}\n{one}")
    for command in (("git", "init", "--quiet"), ("dvc", "init", "--quiet"), ("dvc", "repro", "--quiet")):
        idle.must(*command)
    assert len(idle.lock()) == stages
    finished.must("dvc", "repro")
    assert quickest(finished) <= 2.5 * quickest(idle)


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


def test_five_channels_feed_one_manifest_and_their_overlaps_are_found(finished: Campaign) -> None:
    rows = pl.read_parquet(finished.path / "data/raw/*/**/*.parquet").filter(pl.col("outcome") == "stored")
    by_source = {name: set(part["image_id"]) for (name,), part in rows.group_by("source")}
    assert set(by_source) == {"web", "partner", "own", "list", "crowd"}
    manifest = pl.read_parquet(finished.path / "data/clean/manifest.parquet")
    assert manifest["image_id"].is_unique().all()
    assert set(manifest["image_id"]) == set().union(*by_source.values())
    for other in ("partner", "own", "list", "crowd"):
        assert by_source["web"] & by_source[other], f"nothing that web and {other} both have"


def test_what_contributors_gave_by_the_page_is_released_with_licence_and_consent(finished: Campaign) -> None:
    said = (finished.path / "var/demo/contribute.log").read_text()
    for reason in ("too-small", "blurred", "truncated", "not-an-image", "yours-alike", "known", "1 taken back"):
        assert reason in said
    rows = pl.read_parquet(finished.path / "data/raw/crowd/*.parquet").filter(outcome="stored")
    released = pl.read_parquet(finished.path / "data/release/parquet/*.parquet", columns=["image_id", "source"])
    assert set(released.filter(source="crowd")["image_id"]) <= set(rows["image_id"])
    card = (finished.path / "data/release/README.md").read_text()
    report = (finished.path / "data/report/index.html").read_text()
    review = json.loads(finished.must("silverprint", "contribute", "review", "--json"))
    assert len(review) == 4
    assert sum(one["copies"] for one in review) >= 1
    for one in review:
        assert f'<th scope="row">{one["contributor"]}</th>' in report
    assert rows["license"].unique().to_list() == ["CC-BY-4.0"]
    assert rows["consent"].str.contains("^words [0-9a-f]{64}, agreed to ").all()
    assert "crowd" in card
    assert not list((finished.path / "data/inbox/crowd/pictures").iterdir())


def test_no_picture_was_asked_twice_and_evaluation_was_never_trained_on(finished: Campaign) -> None:
    queues = pl.concat(
        (pl.read_csv(path, infer_schema=False) for path in sorted(finished.path.glob("data/rounds/*/queue.csv"))),
        how="diagonal",  # a round of single pages has no column for pages
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
