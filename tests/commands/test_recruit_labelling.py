"""silverprint recruit open --label: people come by a link, answer a round's pictures, and are paid for it once."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import polars as pl
import pytest

from silverprint import annotation_registry, cli, layout
from silverprint.adapters import background_server
from silverprint.adapters.contribute.invites import Labelling, signer
from silverprint.adapters.contribute.serve import ADDRESS
from silverprint.adapters.recruit import prolific_api
from silverprint.annotation_backend import PARTICIPANTS, Project
from silverprint.campaign import account_names, contributors, ledgers, payments, studies
from silverprint.contribute_page import SERVICE
from silverprint.records import GOLD, QUEUE
from silverprint.recruiting import desk, entrance
from silverprint.recruiting.desk import Desk
from silverprint.store import tables
from tests.adapters.labelstudio.conftest import find
from tests.helpers import prolific_server, studio_machine
from tests.helpers.crowd import Crowd, Person, running
from tests.helpers.memory_backend import MemoryBackend, MemoryPerson
from tests.helpers.studio_machine import ROUND

STUDY = f"label-{ROUND}-1"
OPEN = ("open", "--label", ROUND, "--places", "2", "--answers", "3", "--pay", "2.50", "--minutes", "10", "--yes")


def run(*words: str) -> int:
    return cli.main(["recruit", *words])


@pytest.fixture
def backend(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MemoryBackend:
    """A server on which a round of four pictures is asked, two people about each; its checkout is here.

    With the parameter `gold` all four are gold, and bags.
    """
    found = MemoryBackend()
    monkeypatch.setattr(annotation_registry, "connect", lambda wanted="": found)
    for name in ("checkout", "serving"):
        (tmp_path / name).mkdir()
    machine = studio_machine.make(tmp_path / "checkout", found, tmp_path / "serving", "a token", "garments", [2] * 4)
    monkeypatch.chdir(tmp_path / "checkout")
    background_server.add_facts(SERVICE, url="http://127.0.0.1:8090", port=8090)
    if getattr(request, "param", None) == "gold":
        queue = ledgers.queue(ROUND).with_columns(role=pl.lit("gold"))
        tables.write_ledger(queue, layout.queue(ROUND), QUEUE, ["rank"])
        lines = [f"{image_id},bag,known,2026-11-25T07:19:16Z\n" for image_id in queue["image_id"]]
        layout.GOLD.write_text(",".join(GOLD) + "\n" + "".join(lines))
    machine.expect(75)
    monkeypatch.setattr(desk, "_FRESH_S", -1.0)
    return found


def project(backend: MemoryBackend) -> Project:
    found = find(backend, "garments", ROUND)
    assert found is not None
    return found


@pytest.fixture
def links(backend: MemoryBackend, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """participant -> link's token, of a study that is open."""
    assert run(*OPEN) == 0
    shown = capsys.readouterr()
    assert "2 places at 2.50 EUR: 5.00 EUR" in shown.err
    return {one: urlsplit(link).path for one, link in re.findall(r"^(\d+)  (\S+)$", shown.out, re.MULTILINE)}


def page(crowd: Crowd, path: str) -> httpx.Response:
    return crowd.person().ask("GET", path)


def begin(crowd: Crowd, backend: MemoryBackend, path: str) -> MemoryPerson:
    """The person as whom the link signs in."""
    answer = page(crowd, f"{path}/begin")
    assert answer.status_code == 303, answer.text
    email = answer.headers["location"].removeprefix(f"{backend.url}/sign-in/").partition("?")[0]
    assert email.endswith(PARTICIPANTS)
    return backend.person(email)


def answer(person: MemoryPerson, asked: Project, count: int, choice: str = "bag") -> None:
    for _ in range(count):
        served = person.next(asked)
        assert served is not None
        person.answer(served["id"], choice)


def code_in(shown: httpx.Response) -> str | None:
    found = re.search(r'id="code">([A-Z2-7]{8})<', shown.text)
    return None if found is None else found[1]


@pytest.mark.slow
def test_who_answered_is_paid_once_whatever_they_say(
    backend: MemoryBackend, links: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with running(desk=Desk()) as crowd:
        shown = page(crowd, links["1"])
        assert (shown.status_code, code_in(shown)) == (200, None)
        assert backend.annotators() == 0  # nobody has an account before they begin
        ada = begin(crowd, backend, links["1"])
        assert begin(crowd, backend, links["1"]) == ada
        account_names.remember(backend.people())
        assert account_names.invited() == ["admin@here"]  # nobody waits for participants
        answer(ada, project(backend), 2)
        shown = page(crowd, links["1"])
        assert (code_in(shown), "that you have given: 2" in shown.text) == (None, True)
        answer(ada, project(backend), 1)
        code = code_in(page(crowd, links["1"]))
        key = signer().participant(STUDY, "1")
        assert code == signer().completion(key)
        assert code_in(page(crowd, links["2"])) is None
    assert run("pay", STUDY) == 0
    assert payments.lines().is_empty()  # nobody has decided
    assert run("review", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["annotator"], row["answers"], row["asked"], row["proposal"]) == (ada.pseudonym, 3, 3, "look")
    assert run("review", "--accept", ada.pseudonym) == 0
    for _ in range(2):
        assert run("pay", STUDY) == 0
    assert payments.lines().select("participant", "step", "amount").rows() == [(key, "asked", 250), (key, "paid", 250)]
    capsys.readouterr()
    assert run("status", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["estimated"], told["paid"]) == ("5.00 EUR", "2.50 EUR")
    assert [one["answers"] for one in told["participants"]] == ["3 of 3"]


@pytest.mark.slow
def test_what_the_server_has_is_counted_and_nothing_else(backend: MemoryBackend, links: dict[str, str]) -> None:
    with running(desk=Desk()) as crowd:
        ada, asked = begin(crowd, backend, links["1"]), project(backend)
        bo = begin(crowd, backend, links["2"])
        for stored in backend.tasks(asked):
            bo.answer(stored.task_id, "bag", in_name_of=ada.pseudonym)  # in another's name
            ada.answer(stored.task_id)  # nothing chosen
            ada.answer(stored.task_id, "bag", "coat")
        assert (code_in(page(crowd, links["1"])), code_in(page(crowd, links["2"]))) == (None, None)


@pytest.mark.slow
def test_answers_that_were_pulled_count_when_the_server_has_lost_them_and_the_link_is_over(
    backend: MemoryBackend, links: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(desk=Desk()) as crowd:
        ada, asked = begin(crowd, backend, links["1"]), project(backend)
        answer(ada, asked, 3)
        assert cli.main(["annotate", ROUND]) == 75
        votes = ledgers.votes_so_far(ROUND)
        assert votes.filter(annotator=ada.pseudonym, status="valid").height == 3  # of the crowd's tier: they count
        backend.delete_annotations([one.annotation_id for one in backend.annotations(asked)])
        monkeypatch.setattr(Labelling, "is_over", lambda _: True)
        assert code_in(page(crowd, links["1"])) is not None
        assert page(crowd, f"{links['1']}/begin").status_code == page(crowd, links["2"]).status_code == 410


@pytest.mark.slow
def test_whoever_comes_when_the_others_have_answered_has_nothing_to_do(
    backend: MemoryBackend, links: dict[str, str]
) -> None:
    with running(desk=Desk()) as crowd:
        ada, asked = begin(crowd, backend, links["1"]), project(backend)
        answer(ada, asked, 1)
        for name in ("bo@here", "cy@here"):
            backend.invite(name, "a password")
            while (served := backend.person(name).next(asked)) is not None:
                backend.person(name).answer(served["id"], "coat")
        shown = page(crowd, links["1"])
        assert code_in(shown) is not None  # one answer, and there were no more
        assert "nothing left to be answered" in page(crowd, links["2"]).text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--places", "3"), "wants 8 answers of the crowd"),  # 9 would be asked, and 4 pictures want 2 people each
        (("--answers", "5"), "a person answers about each once"),
        (("--label", "r09"), "nobody is asked about it yet"),
        (("web",), "name either SOURCE or --label"),
    ],
)
def test_no_more_is_asked_than_the_round_wants(
    backend: MemoryBackend, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OPEN, *words) == 64
    assert said in capsys.readouterr().err
    assert not layout.STUDIES.exists()


def test_two_studies_together_ask_no_more_either(
    backend: MemoryBackend, links: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*OPEN) == 64
    assert "wants 2 answers of the crowd, beside those that open studies ask" in capsys.readouterr().err
    assert run("close", STUDY) == 0
    assert run(*OPEN) == 0


@pytest.mark.slow
def test_links_that_are_none_or_closed_and_people_who_were_shut_out(
    backend: MemoryBackend, links: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with running(desk=Desk()) as crowd:
        ada = begin(crowd, backend, links["1"])
        backend.set_open(ada.pseudonym, False)
        assert page(crowd, f"{links['1']}/begin").status_code == 503
        assert page(crowd, f"{links['1'][:-1]}_/begin").status_code == 404
        assert page(crowd, links["2"].replace("/l/", "/i/")).status_code == 404
        assert Person(crowd, crowd.link(), "203.0.113.9").ask("GET", f"/l/{crowd.link()}").status_code == 404
        backend.set_open(ada.pseudonym, True)
        run("close", STUDY)
        assert page(crowd, f"{links['2']}/begin").status_code == 410
        assert page(crowd, f"{links['1']}/begin").status_code == 303  # who began may finish
        backend.local = False
    with running(desk=Desk()) as crowd:
        assert page(crowd, f"{links['2']}/begin").status_code == 410


@pytest.mark.slow
def test_a_common_link_makes_no_more_accounts_than_the_study_can_need(backend: MemoryBackend) -> None:
    run(*OPEN)
    row = studies.find(STUDY)
    common = urlsplit(desk_entrance(row)).path
    with running(desk=Desk()) as crowd:
        first, again = (page(crowd, f"{common}?SESSION_ID=s1").headers["location"] for _ in range(2))
        assert first == again
        codes = [
            page(crowd, page(crowd, f"{common}?SESSION_ID=s{number}").headers["location"] + "/begin").status_code
            for number in range(12)
        ]
        assert codes == [303] * 10 + [410] * 2
        assert page(crowd, common).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["gold"], indirect=True)
def test_prolific_s_participants_label_and_gold_decides_who_is_paid(
    backend: MemoryBackend, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with prolific_server.prolific() as server, running(desk=Desk()) as crowd:
        monkeypatch.setenv(prolific_api.ADDRESS, server.url)
        monkeypatch.setenv(prolific_api.TOKEN, prolific_server.TOKEN)
        monkeypatch.setenv(ADDRESS, "https://pictures.example.org")
        assert run(*OPEN, "--answers", "4", "--currency", "GBP", "--by", "prolific") == 0
        (study,) = server.studies.values()
        assert study["status"] == "ACTIVE"
        common = urlsplit(study["external_study_url"])
        assert {"PROLIFIC_PID", "STUDY_ID", "SESSION_ID"} <= parse_qs(common.query).keys()
        people = {}
        for session, choice in (("s1", "bag"), ("s2", "coat")):
            query = f"PROLIFIC_PID=p&STUDY_ID={study['id']}&SESSION_ID={session}"
            link = page(crowd, f"{common.path}?{query}").headers["location"]
            people[session] = person = begin(crowd, backend, link)
            answer(person, project(backend), 3, choice)
            assert code_in(page(crowd, link)) is None
            answer(person, project(backend), 1, choice)
            assert code_in(page(crowd, link)) == study["completion_codes"][0]["code"]
            server.submit(session)
        server.submit("invented")  # nobody came by a link of that name
        assert cli.main(["annotate", ROUND]) == 0
        capsys.readouterr()
        assert run("review", "--json") == 0
        found = {row["annotator"]: row for row in json.loads(capsys.readouterr().out)}
        ada, bo = (found[people[session].pseudonym] for session in ("s1", "s2"))
        assert (ada["proposal"], ada["gold_right"], bo["proposal"], bo["gold_right"]) == ("accept", 4, "reject", 0)
        assert run("review", "--accept", ada["annotator"], "--reject", bo["annotator"], "--why", bo["because"]) == 0
        for _ in range(2):
            assert run("pay", f"label-{ROUND}-1") == 0
        assert {name: one["status"] for name, one in server.submissions.items()} == {
            "s1": "APPROVED", "s2": "REJECTED", "invented": "AWAITING REVIEW"
        }  # fmt: skip
        assert sum("submissions" in call and "transition" in call for call in server.calls) == 2
    assert sorted(payments.lines()["step"]) == ["asked", "asked", "paid", "rejected"]


def desk_entrance(row: dict[str, object]) -> str:
    return entrance(row).common


@pytest.mark.slow
def test_who_was_rejected_gets_nothing_and_files_name_nobody_but_by_a_key(
    backend: MemoryBackend, links: dict[str, str]
) -> None:
    with running(desk=Desk()) as crowd:
        answer(begin(crowd, backend, links["1"]), project(backend), 3)
    (who,) = [one for one in backend.people() if one not in (f"{backend.server}-1",)]
    contributors.decide([who], "rejected", "always bag", "me")
    assert run("pay", STUDY) == 0
    assert payments.lines()["step"].to_list() == ["asked", "rejected"]
    assert signer().participant(STUDY, "1") in layout.PAYMENTS.read_text()
