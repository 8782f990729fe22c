"""What `silverprint status` says of a round at each point of its life, and what to do next."""

import hashlib
from dataclasses import replace

import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers, round_state
from silverprint.campaign.round_status import advise, standings_of, status_of
from silverprint.commands import rounds, status
from silverprint.commands.status import _absence
from silverprint.dvcfiles import purged_objects
from silverprint.errors import DataError, UsageError
from silverprint.stages import gate, labels, queue
from tests.conftest import ROOT
from tests.helpers import round_campaign as campaign


def next_step(params):
    return advise([status_of(params, name) for name in params.chain])


def close(name):
    votes_sha256 = ledgers.sha256(layout.votes(name))
    round_state.load(name).moved(status="closed", votes_sha256=votes_sha256).save()


def test_a_round_from_plan_to_votes(params):
    assert status_of(params, "r01").state == "open"
    queue.run(params, "r01")
    drafted = status_of(params, "r01")
    assert (drafted.state, drafted.pictures, drafted.votes, drafted.votes_needed) == ("queued", 16, 0, 6 * 3 + 10 * 2)
    campaign.open_round(params, "r01")
    assert status_of(params, "r01").state == "pushing"
    round_state.load("r01").moved(status="waiting").save()
    assert "r01 waits for people (38 votes were missing at the last pull)" in next_step(params)
    campaign.answer(params, "r01")
    close("r01")
    assert status_of(params, "r01").people == {"s-0": 16, "s-1": 16, "s-2": 6}
    assert next_step(params) == "silverprint repro goes on with r01"


def test_votes_beyond_what_was_asked_do_not_make_up_for_those_that_lack(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    fewer = replace(params, rounds={**params.rounds})
    rows = ledgers.queue("r01").with_columns(overlap=1)
    layout.queue("r01").write_bytes(rows.write_csv().encode())
    seen = status_of(fewer, "r01")
    assert (seen.votes, seen.votes_needed, seen.votes_surplus, seen.pictures_done) == (16, 16, 22, 16)
    assert sum(seen.people.values()) == 38


def test_status_says_how_many_votes_nobody_asked_for(params, capsys):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    status.run(params)
    assert "beyond" not in capsys.readouterr().out
    layout.queue("r01").write_bytes(ledgers.queue("r01").with_columns(overlap=1).write_csv().encode())
    status.run(params)
    assert "r01: votes beyond those that were asked for: 22\n" in capsys.readouterr().out


@pytest.mark.slow
def test_a_refused_round_says_how_to_go_on(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01", campaign.mostly_unsure)
    close("r01")
    labels.run(params, "r01")
    with pytest.raises(DataError):
        gate.run(params, "r01")
    assert status_of(params, "r01").gate == "refused"
    assert "silverprint round reopen r01 --extra 1" in next_step(params)
    assert "data/waivers.csv" in next_step(params)


def test_a_gate_that_refuses_after_training_comes_before_the_next_round(params):
    stood = replace(status_of(params, "r01"), state="closed", gate="refused", trained=True)
    assert "silverprint round reopen r01 --extra 1" in advise([stood])


def test_a_lost_state_is_noticed(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    layout.state("r01").unlink()
    assert status_of(params, "r01").state == "lost"
    assert "git checkout data/rounds/r01/state.json" in next_step(params)


@pytest.mark.parametrize(("extra", "why"), [(1, ""), (1, " \n"), (0, "a third opinion"), (-1, "a third opinion")])
def test_a_round_is_reopened_for_a_reason_and_for_somebody(params, extra, why):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    close("r01")
    layout.asks("r01").write_text("image_id,extra,reason,asked_at\n")
    before = layout.asks("r01").read_bytes()
    with pytest.raises(UsageError):
        rounds.reopen(params, "r01", extra, True, why)
    assert layout.asks("r01").read_bytes() == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{asked},-9,why,", "extra -9"),
        ("{asked},0,why,", "extra 0"),
        ("{asked},,why,", "extra None"),
        ("{asked},1000,why,", "extra 1000"),
        ("deadbeef,1,why,", "no such picture"),
        (",1,why,", "no such picture"),
        ("{asked},many,why,", "line 3: extra 'many'"),
    ],
)
def test_an_ask_is_for_a_picture_of_the_queue_and_for_somebody(params, line, said):
    queue.run(params, "r01")
    asked = ledgers.queue("r01")["image_id"][0]
    layout.asks("r01").write_text(
        "image_id,extra,reason,asked_at\n" + f"{asked},2,why,\n" + line.format(asked=asked) + "\n"
    )
    with pytest.raises(DataError, match=rf"r01/asks\.csv.*{said}"):
        ledgers.asks("r01")


def test_a_reopening_that_was_taken_back_says_how_to_close_again(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    round_state.load("r01").moved(status="waiting").save()
    assert next_step(params) == "r01 has all its answers: silverprint annotate r01, then silverprint repro"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"status": 1}', "null"])
def test_a_state_that_is_none_is_told(params, text):
    layout.state("r01").write_text(text)
    with pytest.raises(DataError, match=r"r01/state\.json: not a round's state .*silverprint annotate r01"):
        round_state.load("r01")


def test_a_state_of_an_unknown_status_or_no_file_is_told(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    layout.state("r01").write_text(layout.state("r01").read_text().replace('"open"', '"banana"'))
    with pytest.raises(DataError, match="status 'banana'"):
        round_state.load("r01")
    layout.state("r01").unlink()
    layout.state("r01").mkdir()
    with pytest.raises(DataError, match="not a round's state"):
        round_state.load("r01")


@pytest.fixture
def done(params):
    """A campaign whose rounds are closed and trained, as its standings."""
    one = replace(status_of(params, "r01"), state="closed", trained=True)
    layout.REPORT.mkdir(parents=True, exist_ok=True)
    return [one]


def locked(*, deps="", outs=""):
    layout.LOCK.write_text(f"schema: '2.0'\nstages:\n  report:\n    deps: [{deps}]\n    outs: [{outs}]\n")


def test_after_the_last_round_there_is_a_report_to_look_at(done):
    go_on = "look at data/report/index.html; every opened round is closed; to go on: silverprint round open"
    assert advise(done) == f"{go_on} NAME, then silverprint repro"
    plan = replace(done[0], round="extra", state="planned", trained=False)
    assert advise([*done, plan]) == f"{go_on} extra, then silverprint repro"
    layout.REPORT.rmdir()
    assert advise(done) == "every opened round is closed: silverprint repro makes the release and the report"
    locked(outs="{path: data/report, md5: 0.dir}")
    assert advise(done) == f"dvc pull data/report, then {go_on} NAME, then silverprint repro"
    purged_objects.note(["0.dir"], "2026-01-01")  # nothing can be pulled that a purge took
    assert advise(done) == "every opened round is closed: silverprint repro makes the release and the report"


def test_before_a_round_is_opened_the_next_step_is_to_open_the_first_planned_one(params):
    shipped = config.load(ROOT / "params.yaml")
    standings = standings_of(shipped)
    assert [(one.round, one.state) for one in standings] == [("r01", "planned"), ("r02", "planned"), ("r03", "planned")]
    assert advise(standings).endswith("nobody is asked; to go on: silverprint round open r01, then silverprint repro")


@pytest.mark.parametrize("ledger", [layout.TAKEDOWNS, layout.WAIVERS])
def test_after_a_takedown_or_a_waiver_a_repro_is_due(done, ledger):
    md5 = hashlib.md5(ledger.read_bytes(), usedforsecurity=False).hexdigest()
    locked(deps=f"{{path: {ledger}, md5: {md5}}}")
    assert advise(done).startswith("look at data/report")
    with ledger.open("a") as more:
        more.write("\n")
    again = "silverprint repro replays it through every round"
    assert advise(done) == f"{ledger} changed after the last silverprint repro: {again}"


def test_what_lies_in_git_is_not_pulled():
    assert _absence(["data/embed", "data/raw/web"]).endswith("fetch one: dvc pull data/embed, or all: dvc pull")
    assert _absence(["data/embed", "data/rounds/r01/queue.csv"]).endswith("git checkout data/rounds/r01/queue.csv")
