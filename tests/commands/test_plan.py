"""silverprint plan: a table within 80 columns and as JSON, people as `round open` counts them, hostile flags."""

import json
from dataclasses import replace

import pytest

from silverprint import config, layout
from silverprint.campaign import forecast
from silverprint.commands.plan import calibration, sample
from silverprint.core.planning.unit_costs import NAMES
from silverprint.errors import ConfigError
from silverprint.store import files

UNITS = {
    "measure_s": 0.0008, "decode_s": 0.0005, "network_s": 0.01, "table_slowness": 1.0, "picture_bytes": 57_000,
    "disk_mb_s": 200,
}  # fmt: skip


@pytest.fixture
def costs(project):
    """A file with all unit costs, so that nothing is tried; and with more of them."""

    def write(**more):
        path = project / "costs.yaml"
        path.write_text("".join(f"{name}: {value}\n" for name, value in (UNITS | more).items()))
        return str(path)

    return write


def said(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_table_fits_eighty_columns(typed, costs):
    path = costs(machine_hour=12.5, gpu_hour=3, gb_month=0.02, gb_egress=0.09, vote_s=3)
    for pictures in ("1", "5000", "1e8", "1e12"):
        done = typed("plan", "--pictures", pictures, "--machines", "10000", "--gpus", "10000", "--costs", path)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert max(map(len, lines)) <= 80
        for stage in (
            "acquire",
            "measure",
            "embed",
            "persons",
            "clean",
            "score",
            "queue",
            "labels",
            "train",
            "release",
        ):
            assert sum(line.startswith(f"{stage} ") for line in lines) == 1
        assert any(line.startswith("Bottleneck: ") for line in lines)


def test_a_size_that_fits_and_one_that_does_not_say_so(typed, costs):
    path = costs()
    assert "Memory:     fits: " in typed("plan", "--pictures", "1000", "--costs", path).stdout
    large = typed("plan", "--pictures", "1e12", "--costs", path).stdout
    assert "Memory:     does not fit: " in large
    assert "split the campaign by source" in " ".join(large.split())


def test_people_are_counted_as_round_open_counts_them(typed, costs):
    params = config.load()
    found = said(typed("plan", "--pictures", "1e6", "--json", "--costs", costs(vote_s=36)))
    assert [one["round"] for one in found["rounds"]] == list(params.round_names)
    for one in found["rounds"]:
        effort = forecast.cost(params, one["round"], 1_000_000)
        assert one["votes"] == effort.votes
        assert one["hours"] == pytest.approx(effort.votes / 100)
        assert one["money"] == pytest.approx(one["hours"] * params.people.cost_per_hour)
    unknown = said(typed("plan", "--pictures", "1e6", "--json", "--costs", costs()))
    assert unknown["totals"]["people_hours"] is None


def test_rounds_ask_about_no_more_pictures_than_there_are(typed, costs):
    params = config.load()
    few = said(typed("plan", "--pictures", "200", "--json", "--costs", costs()))
    first, *later = few["rounds"]
    entry = params.rounds["r01"]
    assert params.evaluation.size + entry.budget > 200
    assert first["votes"] == forecast.cost(params, "r01", 200).votes
    assert [one["votes"] for one in later] == [forecast.cost(params, name, 0).votes for name in params.chain[1:]]


def test_what_this_campaign_kept_is_what_the_plan_keeps(typed, costs):
    files.write_text(layout.CLEAN_METRICS, json.dumps({"acquired": 400, "kept": 300, "groups": 200}))
    found = said(typed("plan", "--pictures", "1000", "--json", "--costs", costs()))
    assert found["pool"]["kept"] == 0.75
    assert found["totals"]["sent_bytes"] == 57_000 * (found["totals"]["votes"] + 750 * found["pool"]["holders"])


def test_without_a_number_it_is_about_the_pictures_that_are_here(typed, costs):
    done = typed("plan", "--costs", costs())
    assert (done.returncode, "silverprint plan --pictures 5000" in done.stderr) == (64, True)
    files.write_text(layout.CLEAN_METRICS, json.dumps({"acquired": 400, "kept": 300, "groups": 200}))
    assert said(typed("plan", "--json", "--costs", costs()))["pool"]["pictures"] == 400


@pytest.mark.slow
def test_an_earlier_trial_is_kept_and_another_backbone_size_is_tried_anew(project, monkeypatch):
    tried, found = [], {"decode_s": 1e-3, "network_s": None, "gpu_s": None}
    monkeypatch.setattr(calibration, "_embedding", lambda params, _: tried.append(params.embed.size) or found)
    monkeypatch.setattr(calibration, "_BLOCKS", 1)
    monkeypatch.setattr(sample, "_MADE", 1)
    monkeypatch.setattr(calibration, "table_work", lambda: sum(range(10_000)))
    params = config.load()
    first = calibration.measured(params)
    assert 0 < first["measure_s"] < 10
    assert first["picture_bytes"] > 1000
    assert "made-up" in first["on"]
    assert calibration.measured(params) == first
    whole = layout.UNIT_COSTS.read_text()
    for damaged in ("{ cut sho", "[]", whole.replace("decode_s", "decode_t"), whole.replace("0.001", '"soon"')):
        layout.UNIT_COSTS.write_text(damaged)
        assert set(calibration.measured(params)) == set(first)
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("size: 128", "size: 64"))
    calibration.measured(config.load())
    assert tried == [128] * 5 + [64]


@pytest.mark.parametrize("flag", ["--pictures", "--machines", "--gpus"])
@pytest.mark.parametrize("value", ["-1", "1e30", "many", "nan", "1.5", "", "1e999999999", "٣", "0x10", "9" * 500])
def test_a_hostile_number_is_one_line(typed, flag, value):
    given = {"--pictures": "10"} | {flag: value}
    done = typed("plan", *(f"{name}={text}" for name, text in given.items()))
    assert done.returncode == 64
    assert done.stderr.count("\n") == 1
    assert "is no whole number from" in done.stderr
    assert len(done.stderr) < 300


def test_no_picture_and_no_machine_are_no_plan(typed):
    assert typed("plan", "--pictures", "0").returncode == 64
    assert typed("plan", "--pictures", "1", "--machines", "0").returncode == 64


def test_a_file_of_costs_that_breaks_a_rule_is_one_line(typed, project):
    mistakes = {
        "mesure_s: 1\n": "did you mean measure_s?",
        "gb_month: -1\n": "must be 0 or more",
        "measure_s: 0\n": "must be above 0",
        "measure_s: soon\n": "must be a number above 0",
        "measure_s: .inf\n": "must be above 0",
        "- 1\n": "must be a mapping",
        "measure_s: [1\n": "line",
    }
    for text, says in mistakes.items():
        (project / "costs.yaml").write_text(text)
        done = typed("plan", "--pictures", "10", "--costs", str(project / "costs.yaml"))
        assert (done.returncode, done.stderr.count("\n")) == (78, 1)
        assert says in done.stderr
    done = typed("plan", "--pictures", "10", "--costs", str(project / "none.yaml"))
    assert (done.returncode, done.stderr.count("\n")) == (78, 1)


def test_the_page_names_every_unit_cost():
    from tests.contracts.digests import ROOT

    page = (ROOT / "docs/planning.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in page] == []


def test_persons_costs_what_a_detector_costs_where_one_is_named(typed, costs, project):
    def stage(path):
        found = said(typed("plan", "--pictures", "1e6", "--json", "--costs", path))
        return next(one for one in found["stages"] if one["stage"] == "persons"), found["notes"]["persons"]

    none, note = stage(costs(persons_s=0.05))
    assert (none["runs"], none["seconds"], "no detector is named" in note) == (0, 0.0, True)
    path = project / "params.yaml"
    path.write_text(path.read_text().replace("detector: none", "detector: mtcnn"))
    found, note = stage(costs(persons_s=0.05))
    assert found["core_seconds"] == pytest.approx(50_000, rel=0.01)
    assert (found["at_least"], "50,000 microseconds" in note) == (False, True)
    unknown, note = stage(costs())
    assert (unknown["at_least"], "not known (persons_s)" in note) == (True, True)


def test_a_detector_is_tried_as_the_stage_runs_it(project, monkeypatch):
    monkeypatch.setattr(sample, "_MADE", 1)
    assert calibration._detecting(config.load(), sample.made_up()) is None
    looked = []

    class Detector:
        def __call__(self, pixels):
            looked.append(pixels.shape)

    monkeypatch.setattr("silverprint.model.faces.FaceDetector", Detector)
    params = replace(config.load(), persons=replace(config.load().persons, detector="mtcnn"))
    broken = [("a", b"no picture")]
    assert calibration._detecting(params, [*sample.made_up(), *broken]) >= 0
    assert set(looked) == {(480, 640, 3)}

    def lacking():
        raise ConfigError("persons.detector = 'mtcnn'", "its package is not installed", "pip")

    monkeypatch.setattr("silverprint.model.faces.FaceDetector", lacking)
    assert calibration._detecting(params, sample.made_up()) is None
