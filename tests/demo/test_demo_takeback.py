"""`make clean-demo` takes back what the demo made, and nothing that a person did."""

import json
import sqlite3
import subprocess
from pathlib import Path

import pytest

from silverprint import config, contribute_page, layout
from silverprint.adapters.contribute import invites
from silverprint.adapters.contribute.inbox import Inbox
from silverprint.adapters.contribute.standing import Contributor
from silverprint.demo import contributors, expert, studio_answers
from silverprint.demo.clean_up import clean
from silverprint.errors import DataError, NotAllowedError
from tests.helpers.opened_rounds import ROOT, all_opened

VOTES = "image_id,round,annotator,choice,status,shown_prediction,lead_time_s,created_at,annotation_id\n"
ACCOUNTS = {2: "ada@silverprint.local", 3: "bo@silverprint.local", 9: "dora@silverprint.local"}


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def at(number: int) -> str:
    return f"2026-11-25 07:19:{number:02d}.334808"


def answer(*numbers: int) -> None:
    """An answer of each of these people in Label Studio."""
    with sqlite3.connect(studio_answers.DATABASE) as database:
        for number in numbers:
            database.execute("INSERT INTO task_completion VALUES (?, ?)", (number, at(number)))
    database.close()


def pull(round_name: str, *annotators: str) -> None:
    rows = [f"{'0' * 64},{round_name},{who},bag,valid,,1.0,{_told(who)},1\n" for who in annotators]
    layout.votes(round_name).write_text(VOTES + "".join(rows))


def _told(who: str) -> str:
    return at(int(who.rpartition("-")[2])).replace(" ", "T") + "Z"


@pytest.fixture
def demo(project: Path) -> Path:
    """A clone in which the demo ran, ada and bo having answered."""
    (project / ".gitignore").write_text("/var/\n/data/clean/\n/data/rounds/*/model/\n")
    for words in (["init", "-q"], ["config", "user.name", "t"], ["config", "user.email", "t@localhost"], ["add", "-A"]):
        git(*words)
    git("commit", "-q", "-m", "as it ships")
    studio_answers.DATABASE.parent.mkdir(parents=True)
    with sqlite3.connect(studio_answers.DATABASE) as database:
        database.execute("CREATE TABLE htx_user (id INTEGER, email TEXT)")
        database.execute("CREATE TABLE task_completion (completed_by_id INTEGER, created_at TEXT)")
        database.executemany("INSERT INTO htx_user VALUES (?, ?)", ACCOUNTS.items())
    database.close()
    layout.PEOPLE.mkdir()
    for email in (ACCOUNTS[2], ACCOUNTS[3]):
        (layout.PEOPLE / f"{email.partition('@')[0]}.json").write_text(json.dumps({"email": email}))
    answer(2, 3)
    pull("r01", "abcd1234-2", "abcd1234-3")
    for path in (
        layout.WITHDRAWN,
        layout.CLASSES,
        layout.LOCK,
        layout.queue("r01"),
        layout.state("r01"),
        layout.CLEAN / "a",
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}\n")
    return project


@pytest.mark.slow
def test_everything_that_the_demo_made_goes(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean()
    assert git("status", "--short", "--ignored") == ""
    assert "kept" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda: answer(9), "dora@silverprint.local"),
        (lambda: pull("r02", "abcd1234-2", "abcd1234-9"), "abcd1234-9"),
        (lambda: pull("r02", "another1-4"), "another1-4"),
        (lambda: layout.PARAMS.write_text(layout.PARAMS.read_text().replace("fashion-demo", "birds")), "birds"),
        (lambda: git("add", "data/rounds/r01/votes.csv"), r"data/rounds/r01/votes\.csv: it is committed"),
        (lambda: studio_answers.DATABASE.unlink(), "abcd1234-2, abcd1234-3"),
    ],
    ids=["answered", "pulled", "another-server", "another-campaign", "committed", "nobody-knows"],
)
def test_work_of_people_is_refused(demo: Path, harm, said: str) -> None:
    harm()
    before = git("status", "--short", "--ignored")
    with pytest.raises(NotAllowedError, match=said) as caught:
        clean()
    assert caught.value.exit_code == 77
    assert git("status", "--short", "--ignored") == before


@pytest.mark.slow
def test_pictures_of_a_contributor_whom_nobody_knows_are_refused(demo: Path) -> None:
    person = Contributor("a" * 10, "0123456789", "garments", "en", "CC-BY-4.0", "f" * 64, "2026-11-25", "phone", 5)
    with Inbox("crowd", contribute_page.crowd(config.load(), "crowd"), 20) as inbox:
        inbox.agree(person, "what was agreed to")
    with pytest.raises(NotAllowedError, match="aaaaaaaaaa: they gave pictures"):
        clean()
    invite = invites.Invite("0123456789", "crowd", "garments", 60, 2**33)
    layout.DEMO.mkdir()
    contributors.INVITES.write_text(json.dumps({"links": {"dot": invites.signer().invite(invite)}, "done": True}))
    clean()
    assert not layout.INBOX.exists()


@pytest.mark.slow
def test_what_a_person_wrote_stays_and_is_named(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with layout.TAKEDOWNS.open("a") as ledger:
        ledger.write("a line that a person wrote\n")
    layout.PARAMS.write_text(layout.PARAMS.read_text() + "# mine\n")
    clean()
    assert "a line that a person wrote" in layout.TAKEDOWNS.read_text()
    assert layout.PARAMS.read_text().endswith("# mine\n")
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("kept")]
    assert "data/takedowns.csv" in line
    assert "params.yaml" in line


@pytest.mark.slow
def test_labels_that_the_demo_imported_go_and_others_stay(demo: Path) -> None:
    header = layout.IMPORTS.read_text()
    row = "{},import:{},bag,bag,valid,1,2026-11-25T07:19:16Z\n"
    layout.IMPORTS.write_text(header + row.format("a" * 64, "own") + row.format("b" * 64, "partner"))
    clean()
    assert layout.IMPORTS.read_text() == header
    layout.IMPORTS.write_text(header + row.format("a" * 64, "own") + row.format("b" * 64, "museum"))
    clean()
    assert layout.IMPORTS.read_text() == header + row.format("b" * 64, "museum")


@pytest.mark.slow
def test_what_the_expert_knew_goes_and_gold_of_people_stays(demo: Path) -> None:
    header = layout.GOLD.read_text()
    row = "{},bag,{},2026-11-25T07:19:16Z\n"
    layout.GOLD.write_text(header + row.format("a" * 64, expert.WHY))
    clean()
    assert layout.GOLD.read_text() == header
    layout.GOLD.write_text(header + row.format("a" * 64, expert.WHY) + row.format("b" * 64, "two experts agree"))
    clean()
    assert layout.GOLD.read_text() == header + row.format("b" * 64, "two experts agree")


@pytest.mark.slow
def test_a_round_opened_here_goes_with_its_line_in_params(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = layout.PARAMS.read_text()
    fourth = text.replace(
        "last: r03", "  r04: {prev: r03, strategy: margin, budget: 9, control: 0, overlap: 2}\nlast: r04"
    )
    layout.PARAMS.write_text(fourth)
    layout.asks("r04").parent.mkdir()
    layout.asks("r04").write_text("image_id,extra,reason,asked_at\n")
    clean()
    assert "data/rounds/r04" in capsys.readouterr().err
    assert layout.asks("r04").exists()
    git("checkout", "params.yaml")
    clean()
    assert git("status", "--short", "--ignored") == ""


@pytest.mark.slow
def test_rounds_that_the_demo_opened_are_planned_again(demo: Path) -> None:
    layout.PARAMS.write_text((ROOT / "params.yaml").read_text())
    git("rm", "-q", "-r", "--cached", "data/rounds")
    git("commit", "-q", "-a", "-m", "nothing is opened")
    layout.PARAMS.write_text(all_opened())
    layout.ROUND_DECISIONS.write_text("round,decision,why,by,at\nr01,opened,,t,2026-11-25\n")
    clean()
    assert git("status", "--short", "--ignored") == ""
    assert not list(layout.ROUNDS.iterdir())


def test_a_database_that_cannot_be_read_is_told(demo: Path) -> None:
    studio_answers.DATABASE.write_bytes(b"no database" * 1000)
    with pytest.raises(DataError, match="who answered there cannot be read"):
        clean()
