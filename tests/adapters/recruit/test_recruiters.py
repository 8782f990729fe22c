"""What every recruiter keeps to, and Prolific's answers, refusals and lost answers, against a server on loopback."""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from silverprint import layout
from silverprint.adapters.recruit import RECRUITERS, decisions
from silverprint.adapters.recruit.files import Files, folder
from silverprint.adapters.recruit.links import Links
from silverprint.adapters.recruit.prolific import Prolific
from silverprint.adapters.recruit.prolific_api import ADDRESS, TOKEN, Api
from silverprint.errors import DataError, NotAllowedError, UnavailableError
from silverprint.recruiter import Entrance, OutcomeUnknown, Recruiter, Study
from tests.helpers import prolific_server

STUDY = Study("garden-1", "Birds", "One bird.", 5, 250, "GBP", 10, None, "2026-11-30T00:00:00+00:00")


@dataclass
class Case:
    """A recruiter, and participants who hand in at it."""

    recruiter: Recruiter
    entrance: Entrance
    submit: Callable[[str], None]

    def open(self) -> Study:
        return replace(STUDY, reference=self.recruiter.open(STUDY, self.entrance)[0])

    def states(self, study: Study) -> dict[str, str]:
        return {one.participant: one.state for one in self.recruiter.submissions(study, self.entrance)}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[prolific_server.Prolific]:
    with prolific_server.prolific() as found:
        monkeypatch.setenv(ADDRESS, found.url)
        monkeypatch.setenv(TOKEN, prolific_server.TOKEN)
        yield found


@pytest.fixture(params=sorted(RECRUITERS))
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.chdir(tmp_path)
    came: list[str] = []
    entrance = Entrance(
        personal=lambda name: f"https://example.org/i/{name}",
        code=lambda name: f"CODE{name}",
        common="https://example.org/s/all",
        common_code="CODE",
        came=lambda names: [name for name in names if name in came],
    )
    if request.param == "prolific":
        found = request.getfixturevalue("server")
        return Case(Prolific(api=_api()), entrance, found.submit)
    if request.param == "files":
        return Case(Files(), entrance, lambda name: _hand_in(name, f"code{name}"))
    return Case(Links(), entrance, came.append)


def _api(rests: list[float] | None = None) -> Api:
    return Api(rest=(rests if rests is not None else []).append)


def _hand_in(name: str, code: str) -> None:
    path = folder(STUDY) / "submissions.csv"
    rows = list(csv.reader(path.read_text().splitlines())) if path.exists() else [["participant", "code", "minutes"]]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([*rows, [name, code, "7"]])


def test_a_study_is_opened_once_however_often(case: Case) -> None:
    study = case.open()
    assert case.recruiter.open(study, case.entrance)[0] == study.reference
    assert case.open().reference == study.reference  # as after a crash before anybody wrote the reference down
    assert case.states(study) == {}


def test_what_is_handed_in_waits_and_is_decided_once(case: Case) -> None:
    study = case.open()
    for name in ("1", "2", "3"):
        case.submit(name)
    assert case.states(study) == {"1": "submitted", "2": "submitted", "3": "submitted"}
    for _ in range(2):
        case.recruiter.approve(study, "1")
        case.recruiter.reject(study, "2", "copied")
    assert case.states(study) == {"1": "approved", "2": "rejected", "3": "submitted"}


def test_a_bonus_is_paid_when_it_is_paid_and_not_when_it_is_prepared(case: Case) -> None:
    study = case.open()
    case.submit("1")
    reference = case.recruiter.prepare_bonus(study, "1", 125)
    assert case.recruiter.bonuses(study, "1") == []
    case.recruiter.pay_bonus(study, reference)
    case.recruiter.pay_bonus(study, case.recruiter.prepare_bonus(study, "1", 125))
    assert case.recruiter.bonuses(study, "1") == [125, 125]


def test_a_closed_study_may_be_closed_again_and_is_still_decided(case: Case) -> None:
    study = case.open()
    case.submit("1")
    for _ in range(2):
        case.recruiter.close(study)
    case.recruiter.approve(study, "1")
    assert case.states(study) == {"1": "approved"}


def opened(recruiter: Recruiter) -> Study:
    entrance = Entrance(str, str, "https://example.org/s/all", "CODE", list)
    return replace(STUDY, reference=recruiter.open(STUDY, entrance)[0])


def test_prolific_is_asked_for_a_study_with_its_link_its_code_and_review_by_hand(
    server: prolific_server.Prolific,
) -> None:
    opened(Prolific(api=_api()))
    (study,) = server.studies.values()
    assert study["status"] == "ACTIVE"
    assert study["external_study_url"] == (
        "https://example.org/s/all?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
    )
    (code,) = study["completion_codes"]
    assert code == {"code": "CODE", "code_type": "COMPLETED", "actions": [{"action": "MANUALLY_REVIEW"}]}
    facts = (study["reward"], study["total_available_places"], study["estimated_completion_time"])
    assert facts == (250, 5, 10)


@pytest.mark.parametrize("lost", ["/studies/$", "transition"])
@pytest.mark.parametrize("how", ["lose", "drop", 500])
def test_a_lost_answer_makes_no_second_study(server: prolific_server.Prolific, lost: str, how: int | str) -> None:
    server.fail.append(("POST", lost, how))
    with pytest.raises(UnavailableError, match="run the same again"):
        opened(Prolific(api=_api()))
    opened(Prolific(api=_api()))
    assert [one["status"] for one in server.studies.values()] == ["ACTIVE"]


@pytest.mark.parametrize("how", ["lose", "drop", 500, 503])
def test_a_decision_is_asked_again_where_its_answer_was_lost(server: prolific_server.Prolific, how: int | str) -> None:
    recruiter = Prolific(api=_api())
    study = opened(recruiter)
    server.submit("1")
    server.fail += [("POST", "transition", how)] * 2
    recruiter.approve(study, "1")
    assert server.submissions["1"]["status"] == "APPROVED"


@pytest.mark.parametrize("how", ["lose", "drop", 500])
def test_a_bonus_whose_answer_was_lost_is_never_asked_for_again(
    server: prolific_server.Prolific, how: int | str
) -> None:
    recruiter = Prolific(api=_api())
    study = opened(recruiter)
    reference = recruiter.prepare_bonus(study, server.submit("1"), 125)
    server.fail.append(("POST", "/pay/", how))
    with pytest.raises(OutcomeUnknown):
        recruiter.pay_bonus(study, reference)
    assert sum(call.endswith("/pay/") for call in server.calls) == 1
    assert server.paid == ([("1", 125)] if how == "lose" else [])


@pytest.mark.slow
def test_a_server_that_has_too_much_to_do_is_left_alone_for_as_long_as_it_says(
    server: prolific_server.Prolific,
) -> None:
    rests: list[float] = []
    recruiter = Prolific(api=_api(rests))
    study = opened(recruiter)
    reference = recruiter.prepare_bonus(study, server.submit("1"), 125)
    server.fail += [("POST", "/pay/", 429)] * 2
    server.retry_after = "7"
    recruiter.pay_bonus(study, reference)
    assert (server.paid, rests) == ([("1", 125)], [7, 7])
    server.retry_after = None
    rests.clear()
    server.fail += [("POST", "transition", 429)] * 9
    with pytest.raises(UnavailableError, match="429"):
        recruiter.approve(study, "1")
    assert rests == [1, 2, 4, 8, 16]


def test_refusals_say_what_prolific_says(server: prolific_server.Prolific, monkeypatch: pytest.MonkeyPatch) -> None:
    recruiter = Prolific(api=_api())
    with pytest.raises(DataError, match="below the minimum of £6 an hour"):
        recruiter.open(replace(STUDY, pay=1), Entrance(str, str, "https://example.org", "C", list))
    study = opened(recruiter)
    with pytest.raises(DataError, match=r"404.*does not exist"):
        recruiter.approve(study, "nobody")
    with pytest.raises(DataError, match="Unknown: nobody"):
        recruiter.prepare_bonus(study, "nobody", 100)
    monkeypatch.setenv(TOKEN, "another")
    with pytest.raises(NotAllowedError, match="401"):
        Prolific(api=_api()).close(study)
    monkeypatch.delenv(TOKEN)
    with pytest.raises(NotAllowedError, match=TOKEN):
        Prolific(api=_api()).close(study)


def test_a_server_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, "http://127.0.0.1:9")
    monkeypatch.setenv(TOKEN, prolific_server.TOKEN)
    recruiter = Prolific(api=_api())
    with pytest.raises(UnavailableError, match="not reached"):
        recruiter.pay_bonus(replace(STUDY, reference="s"), "bulk1")


def test_all_pages_are_read_and_the_token_goes_to_no_other_server(server: prolific_server.Prolific) -> None:
    recruiter = Prolific(api=_api())
    study = opened(recruiter)
    for number in range(7):
        server.submit(str(number), "RETURNED" if number == 3 else "AWAITING REVIEW")
    found = recruiter.submissions(study, Entrance(str, str, "", "", list))
    assert [one.participant for one in found] == [str(number) for number in range(7)]
    assert found[3].state == "gone"


def test_a_dry_run_prints_every_change_and_sends_none(
    server: prolific_server.Prolific, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(TOKEN)
    recruiter = Prolific(dry_run=True)
    opened(recruiter)
    shown = capsys.readouterr().out
    assert f"POST {server.url}/api/v1/studies/\n" in shown
    assert '"reward": 250' in shown
    assert (
        f"POST {server.url}/api/v1/studies/{{id}}/transition/\n{json.dumps({'action': 'PUBLISH'}, indent=2)}\n" in shown
    )
    study = replace(STUDY, reference="s")
    recruiter.approve(study, "1")
    recruiter.reject(study, "2", "copied")
    recruiter.pay_bonus(study, recruiter.prepare_bonus(study, "1", 125))
    recruiter.close(study)
    assert server.calls == []
    assert '"csv_bonuses": "1,1.25"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("participant,code\n9,CODE9\n", "is no participant"),
        ("participant,code\n1,CODE1\n1,CODE1\n", "is there twice"),
        ("participant\n1\n", "has no code"),
        ("participant,code\n1\n", "has no code"),
    ],
)
def test_a_list_of_submissions_that_cannot_be_is_told(
    rows: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder(STUDY).mkdir(parents=True)
    (folder(STUDY) / "submissions.csv").write_text(rows)
    with pytest.raises(DataError, match=said):
        Files().submissions(STUDY, Entrance(str, lambda name: f"CODE{name}", "", "", list))


def test_another_code_counts_as_not_handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    entrance = Entrance(lambda name: f"link{name}", lambda name: f"CODE{name}", "", "", list)
    Files().open(STUDY, entrance)
    assert (folder(STUDY) / "participants.csv").read_text().splitlines()[:2] == [
        "participant,link,code",
        "1,link1,CODE1",
    ]
    assert (folder(STUDY) / "participants.csv").stat().st_mode & 0o77 == 0
    _hand_in("1", "CODE2")
    _hand_in("2", " code2 ")
    assert [one.participant for one in Files().submissions(STUDY, entrance)] == ["2"]
    assert "participant 1 has another code" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [Links, Files])
def test_a_dry_run_without_a_platform_writes_no_file(
    kind: type[Links], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    recruiter = kind(dry_run=True)
    recruiter.open(STUDY, Entrance(str, str, "", "", list))
    recruiter.approve(STUDY, "1")
    assert "decisions.csv: 1, approve, 2.50" in capsys.readouterr().out
    assert not layout.RECRUITING.exists()


def test_decisions_are_a_list_for_whoever_pays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Links().approve(STUDY, "1")
    Links().reject(STUDY, "2", "copied, from the web")
    assert decisions.path_of(STUDY) == layout.RECRUITING / "garden-1" / "decisions.csv"
    assert decisions.path_of(STUDY).read_text().splitlines()[1:] == [
        "1,approve,2.50,GBP,,",
        '2,reject,0.00,GBP,"copied, from the web",',
    ]
