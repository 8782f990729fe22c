"""silverprint recruit: from a study to people who are paid once, whatever gets lost on the way."""

import csv
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from silverprint import cli, config, layout
from silverprint.adapters import background_server
from silverprint.adapters.contribute import inbox
from silverprint.adapters.contribute.invites import signer
from silverprint.adapters.contribute.serve import ADDRESS
from silverprint.adapters.recruit import prolific, prolific_api
from silverprint.campaign import contributors, ledger_schemas, ledgers, payments, studies
from silverprint.contribute_page import SERVICE
from silverprint.records import MANIFEST, empty
from silverprint.store import tables
from tests.helpers import prolific_server
from tests.helpers.crowd import Crowd, Person, add_crowd, pattern, running

OPEN = ("open", "crowd", "--places", "3", "--pay", "2.50", "--minutes", "10", "--currency", "GBP")


def run(*words: str) -> int:
    return cli.main(["recruit", *words])


def steps() -> list[tuple[str, int]]:
    return payments.lines().select("step", "amount").rows()


@pytest.fixture(autouse=True)
def started(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy shows the page to others."""
    monkeypatch.setenv(ADDRESS, "https://pictures.example.org")
    add_crowd()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[prolific_server.Prolific]:
    with prolific_server.prolific() as found:
        monkeypatch.setenv(prolific_api.ADDRESS, found.url)
        monkeypatch.setenv(prolific_api.TOKEN, prolific_server.TOKEN)
        yield found


def come(crowd: Crowd, link: str, session: str) -> Person:
    """Somebody comes by a study's common link, as a platform sends them."""
    path = f"{urlsplit(link).path}?PROLIFIC_PID=p&STUDY_ID=s&SESSION_ID={session}"
    answer = crowd.person().ask("GET", path)
    assert answer.status_code == 303, answer.text
    return crowd.person(answer.headers["location"].rpartition("/")[2])


def hand_in(server: prolific_server.Prolific, *sessions: str) -> dict[str, str]:
    """Each participant gives a picture and hands in; session -> pseudonym."""
    (study,) = server.studies.values()
    code = study["completion_codes"][0]["code"]
    found = {}
    with running() as crowd:
        for number, session in enumerate(sessions):
            person = come(crowd, study["external_study_url"], session).agree()
            assert person.give(pattern(number))["state"] == "taken"
            assert code in person.get("/done").text
            key = signer().participant("crowd-1", session)
            (found[session],) = [
                one.pseudonym for one in inbox.read_standing("crowd").contributors.values() if one.invite == key
            ]
    for session in sessions:
        server.submit(session)
    return found


@pytest.mark.slow
def test_who_was_accepted_is_paid_once_and_who_was_rejected_is_not(
    server: prolific_server.Prolific, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OPEN, "--by", "prolific") == 64  # nobody is here to confirm the cost
    assert not layout.STUDIES.exists()
    assert run(*OPEN, "--by", "prolific", "--yes") == 0
    assert "3 places at 2.50 GBP: 7.50 GBP" in capsys.readouterr().err
    people = hand_in(server, "s1", "s2", "s3")
    contributors.decide([people["s1"]], "accepted", "good", "me")
    contributors.decide([people["s2"]], "rejected", "copied", "me")
    for _ in range(3):
        assert run("pay", "crowd-1") == 0
    assert {name: one["status"] for name, one in server.submissions.items()} == {
        "s1": "APPROVED", "s2": "REJECTED", "s3": "AWAITING REVIEW"
    }  # fmt: skip
    assert sum("transition" in call and "submissions" in call for call in server.calls) == 2
    assert sorted(steps()) == [("asked", 0), ("asked", 250), ("paid", 250), ("rejected", 0)]
    capsys.readouterr()
    assert run("status", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["estimated"], told["paid"], told["submitted"]) == ("7.50 GBP", "2.50 GBP", 1)
    assert told["next"] == ["1 wait for a decision: silverprint contribute review"]
    assert run("close", "crowd-1") == 0
    assert studies.find("crowd-1")["closed_at"] is not None
    assert run("status") == 0
    capsys.readouterr()
    assert cli.main(["status"]) == 0
    assert "crowd-1: 2.50 of 7.50 GBP paid" in capsys.readouterr().out


@pytest.mark.slow
def test_no_file_names_who_took_part(server: prolific_server.Prolific) -> None:
    run(*OPEN, "--by", "prolific", "--yes")
    people = hand_in(server, "session-of-ada")
    contributors.decide(list(people.values()), "accepted", "good", "me")
    run("pay", "crowd-1")
    for path in Path.cwd().rglob("*"):
        if path.is_file():
            assert b"session-of-ada" not in path.read_bytes(), path
            assert prolific_server.TOKEN.encode() not in path.read_bytes() or path.suffix == ".py", path


def test_a_run_that_died_after_the_approval_pays_nobody_twice(
    server: prolific_server.Prolific, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(*OPEN, "--by", "prolific", "--yes")
    contributors.decide(list(hand_in(server, "s1").values()), "accepted", "good", "me")
    approve = prolific.Prolific.approve

    def die(*words: object) -> None:
        approve(*words)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(prolific.Prolific, "approve", die)
        assert run("pay", "crowd-1") == 130
    assert steps() == [("asked", 250)]
    assert studies.cost(studies.find("crowd-1")).unknown == 250
    assert run("pay", "crowd-1") == 0
    assert steps() == [("asked", 250), ("paid", 250)]
    assert sum("submissions/s1/transition" in call for call in server.calls) == 1


@pytest.mark.parametrize("how", ["lose", "drop"])
def test_a_bonus_whose_answer_was_lost_waits_for_the_account_or_a_person(
    server: prolific_server.Prolific, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*OPEN, "--by", "prolific", "--yes")
    hand_in(server, "s1")
    bonus = ("bonus", "crowd-1", signer().participant("crowd-1", "s1"), "1.25", "--why", "fine pictures", "--yes")
    server.fail.append(("POST", "/pay/", how))
    assert run(*bonus) == 69
    assert "nobody knows whether the recruiter paid it" in capsys.readouterr().err
    assert steps() == [("asked", 125)]
    if how == "drop":  # it was not paid, and the account cannot say that it never will be
        assert run(*bonus) == 69
        assert run("pay", "crowd-1") == 0
        assert (server.paid, steps()) == ([], [("asked", 125)])
        assert run("settle", *bonus[1:3], "--no-paid") == 0
        assert run("settle", *bonus[1:3], "--no-paid") == 64
        assert run(*bonus) == 0
        assert server.paid == [("s1", 125)]
    else:
        assert run("pay", "crowd-1") == 0
        assert server.paid == [("s1", 125)]
        assert [step for step, _ in steps()] == ["asked", "paid"]
    assert studies.cost(studies.find("crowd-1")).paid == 125


def test_a_refused_bonus_is_paid_by_the_next_try(server: prolific_server.Prolific) -> None:
    run(*OPEN, "--by", "prolific", "--yes")
    hand_in(server, "s1")
    bonus = ("bonus", "crowd-1", signer().participant("crowd-1", "s1"), "1.25", "--why", "x", "--yes")
    server.fail.append(("POST", "/pay/", 400))
    assert run(*bonus) == 65
    assert [step for step, _ in steps()] == ["asked", "refused"]
    assert run(*bonus) == 0
    assert server.paid == [("s1", 125)]


@pytest.mark.parametrize("lost", ["/studies/$", "transition"])
def test_a_study_whose_answer_was_lost_is_gone_on_with(
    server: prolific_server.Prolific, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fail.append(("POST", lost, "lose"))
    assert run(*OPEN, "--by", "prolific", "--yes") == 69
    assert run("status", "--json") == 0  # it says that nothing is known of it
    assert "was not made at Prolific yet" in capsys.readouterr().out
    assert run(*OPEN, "--by", "prolific", "--yes") == 0
    assert [one["status"] for one in server.studies.values()] == ["ACTIVE"]
    assert studies.lines()["reference"].to_list() == ["study1"]


def test_a_dry_run_changes_nothing(server: prolific_server.Prolific, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*OPEN, "--by", "prolific", "--dry-run") == 0
    assert '"total_available_places": 3' in capsys.readouterr().out
    assert (server.studies, layout.STUDIES.exists()) == ({}, False)
    run(*OPEN, "--by", "prolific", "--yes")
    contributors.decide(list(hand_in(server, "s1").values()), "accepted", "good", "me")
    capsys.readouterr()
    assert run("pay", "crowd-1", "--dry-run") == 0
    assert "/api/v1/submissions/s1/transition/\n" in capsys.readouterr().out
    assert (server.submissions["s1"]["status"], layout.PAYMENTS.exists()) == ("AWAITING REVIEW", False)


@pytest.mark.parametrize("by", ["links", "files"])
def test_without_a_platform_there_are_links_and_a_list_of_whom_to_pay(
    by: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OPEN, "--by", by, "--yes") == 0
    shown = capsys.readouterr().out
    folder = layout.RECRUITING / "crowd-1"
    if by == "links":
        links = dict(re.findall(r"^(\d+)  (\S+)$", shown, re.MULTILINE))
    else:
        rows = list(csv.DictReader((folder / "participants.csv").read_text().splitlines()))
        links = {row["participant"]: row["link"] for row in rows}
        (folder / "submissions.csv").write_text(f"participant,code\n2,{rows[1]['code']}\n")
    assert sorted(links) == ["1", "2", "3"]
    with running() as crowd:
        person = crowd.person(links["2"].rpartition("/")[2]).agree()
        assert person.give(pattern(1))["state"] == "taken"
        code = re.search(r'id="code">([A-Z2-7]{8})<', person.get("/done").text)
    assert code is not None
    (pseudonym,) = inbox.read_standing("crowd").contributors
    run("status", "--json")
    (told,) = json.loads(capsys.readouterr().out)
    (participant,) = told["participants"]
    assert (participant["contributors"], participant["code"]) == (pseudonym, code[1])
    contributors.decide([pseudonym], "accepted", "good", "me")
    for _ in range(2):
        assert run("pay", "crowd-1") == 0
    assert run("bonus", "crowd-1", participant["participant"], "0.5", "--why", "fine", "--yes") == 0
    rows = list(csv.DictReader((folder / "decisions.csv").read_text().splitlines()))
    assert [(row["participant"], row["decision"], row["amount"]) for row in rows] == [
        ("2", "approve", "2.50"), ("2", "bonus", "0.50")
    ]  # fmt: skip
    assert studies.cost(studies.find("crowd-1")).paid == 300


def test_a_common_link_leads_one_participant_to_one_invite_and_nobody_without_a_name_in(
    server: prolific_server.Prolific,
) -> None:
    run(*OPEN, "--by", "prolific", "--yes")
    (study,) = server.studies.values()
    path = urlsplit(study["external_study_url"]).path
    with running() as crowd:
        first, again, other = (come(crowd, path, name).base for name in ("s1", "s1", "s2"))
        assert first == again != other
        for query in ("", "?SESSION_ID=", f"?SESSION_ID={'x' * 201}"):
            assert crowd.person().ask("GET", path + query).status_code == 404
        token = path.rpartition("/")[2]
        assert crowd.person(token).get().status_code == 404  # it is no invite by itself
        assert crowd.person().ask("GET", f"/s/{crowd.link()}?SESSION_ID=s1").status_code == 404


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pay", "crowd-9"), 64, "has no such study"),
        (("open", "web", "--places", "1", "--pay", "1", "--minutes", "1", "--yes"), 64, "is no crowd"),
        (("bonus", "crowd-1", "nobody", "1", "--why", "x", "--yes"), 64, "no submission of such a participant"),
    ],
)
def test_what_cannot_be_is_told(
    words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*OPEN, "--yes")
    assert run(*words) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("amount", ["0", "-1", "1.234", "1e3", "x", "100000"])
def test_an_amount_is_one(amount: str) -> None:
    assert run("open", "crowd", "--places", "1", f"--pay={amount}", "--minutes", "1") == 64


def test_two_clones_know_a_study_together() -> None:
    run(*OPEN, "--yes")
    (row,) = ledgers.read(layout.STUDIES).to_dicts()
    settle = ledger_schemas.kind_of(layout.STUDIES).settle
    closed = row | {"closed_at": "2026-12-01T00:00:00+00:00"}
    assert settle(row, closed) == settle(closed, row) == closed
    assert settle(row, row | {"reference": "another"}) is None


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8090", "http://localhost:8090", "https://192.168.1.7", "http://[::1]:1", "http://a.local"],
)
def test_nobody_is_sent_to_an_address_that_only_this_house_reaches(
    server: prolific_server.Prolific, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], address: str
) -> None:
    monkeypatch.delenv(ADDRESS)
    background_server.add_facts(SERVICE, url=address, port=8090)
    assert run(*OPEN, "--by", "prolific", "--yes") == 64
    assert f"export {ADDRESS}=https://" in capsys.readouterr().err
    assert (server.studies, layout.STUDIES.exists()) == ({}, False)
    assert run(*OPEN, "--by", "prolific", "--dry-run") == 0
    assert f"warning: only this machine or house reaches {address}" in capsys.readouterr().err
    assert run(*OPEN, "--by", "links", "--yes") == 0


def test_a_study_that_is_closed_lets_nobody_more_begin(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*OPEN, "--yes") == 0
    tokens = [link.rpartition("/")[2] for link in re.findall(r"https://\S+", capsys.readouterr().out)]
    with running() as crowd:
        began, late = crowd.person(tokens[0]).agree(), crowd.person(tokens[1])
        assert run("close", "crowd-1") == 0
        assert "nobody more begins, who began may finish" in capsys.readouterr().err
        assert late.get().status_code == late.post("/agree").status_code == 410
        assert began.give(pattern(1))["state"] == "taken"


@pytest.mark.slow
def test_who_gave_nothing_has_no_code_and_hands_in_nothing_and_is_to_be_decided_about(
    server: prolific_server.Prolific, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*OPEN, "--yes")
    run(*OPEN, "--by", "prolific", "--yes")
    links = re.findall(r"https://\S+", capsys.readouterr().out)
    (study,) = server.studies.values()
    with running() as crowd:
        person = crowd.person(links[0].rpartition("/")[2]).agree()
        other = come(crowd, study["external_study_url"], "s1").agree()
        for one in (person, other):
            assert study["completion_codes"][0]["code"] not in one.get("/done").text
            assert 'id="code"' not in one.get("/done").text
    server.submit("s1")
    assert run("status", "--json") == 0
    by_link, by_platform = json.loads(capsys.readouterr().out)
    assert (by_link["submitted"], by_platform["submitted"]) == (0, 1)
    for name in config.load().sources:
        layout.raw(name).mkdir(parents=True)
    tables.write(empty(MANIFEST), layout.MANIFEST, MANIFEST)
    assert cli.main(["contribute", "review", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["proposal"], row["because"]) for row in rows] == [("look", "no picture is given")] * 2
    assert cli.main(["contribute", "review"]) == 0
    assert "look (no picture is given)" in capsys.readouterr().out
    (who,) = by_platform["participants"]
    assert cli.main(["contribute", "review", "--reject", who["contributors"], "--why", "gave nothing"]) == 0
    server.submit("s2")  # with the code that all of Prolific's participants have
    assert run("status", "--json") == 0
    step = json.loads(capsys.readouterr().out)[1]["next"][1]
    reject = step.partition("to refuse it: silverprint ")[2]
    assert cli.main(shlex.split(reject)) == 0
    assert run("pay", "crowd-2") == 0
    assert [server.submissions[name]["status"] for name in ("s1", "s2")] == ["REJECTED"] * 2
    assert cli.main(["contribute", "review", "--accept", "crowd-9.0123456789"]) == 64


def test_contradictory_decisions_about_one_link_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    run(*OPEN, "--yes")
    token = re.findall(r"https://\S+", capsys.readouterr().out)[0].rpartition("/")[2]
    with running() as crowd:
        for number in range(2):
            crowd.person(token).agree().give(pattern(number))
    ada, bo = inbox.read_standing("crowd").contributors
    contributors.decide([ada], "accepted", "good", "me")
    contributors.decide([bo], "rejected", "copied", "me")
    assert run("status") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert f"were accepted and others rejected ({ada}, {bo}); decide alike about all" in said
    assert run("pay", "crowd-1") == 0
    assert "1 of whom some were accepted and others rejected by one link" in capsys.readouterr().err
    assert steps() == []


@pytest.mark.parametrize("currency", ["xyz", "EURO", "€"])
def test_a_currency_is_one(currency: str) -> None:
    assert run("open", "crowd", "--places", "1", "--pay", "1", "--minutes", "1", "--currency", currency, "--yes") == 64
