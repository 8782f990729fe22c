"""A round whose pictures are asked about until their labels are sure, on the backend in memory."""

import json

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import label_evidence, ledgers, round_status
from silverprint.commands import wait
from silverprint.commands.round_end import close
from silverprint.records import ASKS
from silverprint.stages.annotate import server_sync
from silverprint.store import features, tables
from tests.helpers.studio_machine import ROUND, Machine, picture_id
from tests.stages.annotate.conftest import project_of

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(here):
    """Makes a round of `pictures` with {min: 1, max: 3, until: .9}, and one evaluation picture of two people behind
    them.
    """

    def made(pictures: int) -> Machine:
        found = here(*[1] * pictures, 2)
        found.ask_until_sure(pictures, most=3, until=0.9)
        return found

    return made


@pytest.fixture
def doubted(monkeypatch):
    """Labels are sure unless somebody said something else than "coat": the consensus has tests of its own."""

    def labels(params, name):
        votes = ledgers.votes_so_far(name)
        doubt = (pl.col("choice") != "coat").any()
        rows = votes.group_by("image_id").agg(confidence=pl.when(doubt).then(0.6).otherwise(0.95))
        return rows.with_columns(label=pl.lit("coat"))

    monkeypatch.setattr(label_evidence, "labels_so_far", labels)


def overlaps(backend) -> dict[str, int]:
    return {task.image_id: task.overlap for task in backend.tasks(project_of(backend))}


def asks(machine: Machine) -> pl.DataFrame:
    return ledgers.read(machine.folder / layout.asks(ROUND))


def test_only_who_is_in_doubt_is_asked_about_again_of_others_until_sure_or_exhausted(asked, backend, people, doubted):
    machine = asked(3)
    machine.expect(75)
    ada, bo, cyn = people
    for choice in ("coat", "bag", "bag", "bag"):
        ada.answer(ada.next(project_of(backend))["id"], choice)
    said = machine.expect(75)
    assert "2 labels are not sure yet: one more person is asked about each" in said
    # One has an answer missing of those that it was asked for first.
    assert "1 of 4 pictures done (one more person is asked about 2, not settled yet)" in said
    assert asks(machine).select("image_id", "extra").rows() == [(picture_id(1), 1), (picture_id(2), 1)]
    assert overlaps(backend) == {picture_id(0): 1, picture_id(1): 2, picture_id(2): 2, picture_id(3): 2}
    assert ada.next(project_of(backend)) is None
    before = asks(machine)
    machine.expect(75)  # nothing is asked for twice
    assert asks(machine).equals(before)
    assert sorted(bo.work(project_of(backend))) == sorted(picture_id(number) for number in (1, 2, 3))
    machine.expect(75)
    assert cyn.work(project_of(backend)) == [picture_id(1), picture_id(2)]
    said = machine.expect(0)
    assert "took 7 answers about 3 pictures, 2 fewer than at most; 2 labels are not sure" in said
    assert "r01 is closed: 9 votes" in said
    assert machine.votes().select("image_id", "annotator").is_unique().all()


def test_a_kill_between_the_asks_and_the_server_is_made_good_by_the_next_run(
    asked, backend, people, doubted, monkeypatch, capsys
):
    machine = asked(2)
    machine.expect(75)
    for choice in ("coat", "bag", "coat"):
        people[0].answer(people[0].next(project_of(backend))["id"], choice)
    people[1].work(project_of(backend))
    with monkeypatch.context() as patched:
        patched.setattr(server_sync, "push", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert machine.annotate()[0] != 0
    assert asks(machine).height == 1
    assert overlaps(backend)[picture_id(1)] == 1
    wait.run(config.load())
    assert "1 pictures want answers and are served to nobody" in capsys.readouterr().err
    machine.expect(75)
    assert asks(machine).height == 1
    assert overlaps(backend)[picture_id(1)] == 2
    assert people[1].work(project_of(backend)) == [picture_id(1)]


def test_another_machine_with_the_same_votes_writes_the_same_asks(asked, backend, people, doubted):
    machine = asked(3)
    machine.expect(75)
    for choice in ("bag", "bag", "coat", "coat"):
        people[0].answer(people[0].next(project_of(backend))["id"], choice)
    machine.expect(75)
    path = machine.folder / layout.asks(ROUND)
    first = path.read_bytes()
    tables.write_ledger(pl.DataFrame(schema=ASKS), path, ASKS, ["image_id"])
    machine.expect(75)
    assert path.read_bytes() == first


def test_a_round_that_was_closed_once_or_ends_early_asks_nobody_by_itself(asked, backend, people, doubted):
    machine = asked(1)
    machine.expect(75)
    people[0].answer(people[0].next(project_of(backend))["id"], "coat")
    for person in people[:2]:
        person.work(project_of(backend))
    machine.expect(0)
    votes = machine.votes()
    machine.ask_more(1)
    machine.expect(75)
    for person in people[1:]:
        while (task := person.next(project_of(backend))) is not None:
            person.answer(task["id"], "bag")
    assert "are not sure yet" not in machine.expect(0)
    assert machine.votes().height == votes.height + 2


def test_a_lead_ends_it_while_labels_are_in_doubt(asked, backend, people, doubted):
    machine = asked(1)
    machine.expect(75)
    people[0].answer(people[0].next(project_of(backend))["id"], "bag")
    machine.expect(75)
    params = config.load()
    close(params, ROUND, why="the budget is spent", early=True)
    said = machine.expect(0)
    assert "ends early" in said
    assert asks(machine).height == 1


def test_status_says_how_many_votes_it_may_become(asked, backend, people, doubted):
    machine = asked(2)
    machine.expect(75)
    standing = round_status.status_of(config.load(), ROUND)
    assert (standing.votes_needed, standing.votes_most) == (4, 8)
    people[0].work(project_of(backend))
    people[1].work(project_of(backend))
    machine.expect(0)
    standing = round_status.status_of(config.load(), ROUND)
    assert (standing.votes_needed, standing.votes_most) == (4, 4)


def test_without_features_the_consensus_decides_from_ledgers_in_git_alone(asked, backend, people):
    machine = asked(4)
    machine.expect(75)
    ada, bo, _ = people
    for choice in ("coat", "bag", "dress", "shirt", "coat"):
        ada.answer(ada.next(project_of(backend))["id"], choice)
    said = machine.expect(75)
    assert "4 labels are not sure yet" in said  # one stranger is not believed
    bo.work(project_of(backend))
    machine.expect(75)
    found = label_evidence.labels_so_far(config.load(), ROUND)
    assert found["n_votes"].to_list() == [2] * 5
    assert found["confidence"].is_between(0.5, 1).all()
    assert not layout.labels(ROUND).exists()


def answer_by_number(machine: Machine, person, backend, classes: tuple[str, ...]) -> None:
    """Each picture is of the class that its number says."""
    number_of = {picture_id(number): number for number in range(machine.pictures)}
    while (task := person.next(project_of(backend))) is not None:
        person.answer(task["id"], classes[number_of[task["data"]["image_id"]] % len(classes)])


def test_a_label_that_other_pictures_bear_out_is_sure_sooner_and_evaluation_hears_nothing(here, backend, people):
    machine, classes = here(*[1] * 30, 2), ("coat", "bag", "dress")
    machine.ask_until_sure(30, most=3, until=0.8)
    machine.expect(75)
    answer_by_number(machine, people[0], backend, classes)
    alone = label_evidence.labels_so_far(config.load(), ROUND)
    ids = [picture_id(number) for number in range(machine.pictures)]
    rows = np.eye(4, dtype=np.float16)[[number % len(classes) for number in range(machine.pictures)]]
    description = {"backbone": "none", "size": 1, "weights_sha256": "", "blocks": {"all": 4}}
    features.write_description(layout.EMBED, description)
    features.append(layout.EMBED, ids, [rows])
    heard = label_evidence.labels_so_far(config.load(), ROUND)
    judges = pl.col("role") == "evaluation"
    assert heard.filter(judges).equals(alone.filter(judges))
    assert (alone.filter(~judges)["confidence"] < 0.8).all()
    assert (heard.filter(~judges)["confidence"] >= 0.8).all()
    assert "labels are not sure yet" not in machine.expect(75)
    assert not (machine.folder / layout.asks(ROUND)).exists() or asks(machine).is_empty()


def test_where_the_features_were_not_pulled_it_asks_as_if_no_model_were_heard_and_says_so(asked, backend, people):
    machine = asked(4)
    machine.expect(75)
    for choice in ("coat", "bag", "dress", "shirt", "coat"):
        people[0].answer(people[0].next(project_of(backend))["id"], choice)
    known = {"cmd": "silverprint embed", "outs": [{"path": str(layout.EMBED), "md5": "0" * 32 + ".dir"}]}
    (machine.folder / "dvc.lock").write_text(json.dumps({"schema": "2.0", "stages": {"embed": known}}))
    said = machine.expect(75)
    assert "as if no model were heard" in said
    assert "dvc pull data/embed" in said
    assert "4 labels are not sure yet" in said


def test_an_audit_picture_is_asked_about_again_where_the_answer_is_not_the_label_that_may_be_released(
    here, backend, people
):
    machine = here(1, 1, 2)
    path = machine.folder / layout.queue(ROUND)
    judges = {"role": pl.when(pl.col("overlap") == 1).then(pl.lit("audit")).otherwise(pl.lit("evaluation"))}
    told = {"predicted": pl.lit("coat"), "confidence": pl.lit(0.5), "max_overlap": pl.lit(3)}
    queue = ledgers.queue(ROUND).with_columns(**judges, **told)
    path.write_bytes(ledgers.queue_bytes(queue))
    machine.expect(75)
    said = {}
    for person, choices in zip(people, (["coat", "bag", "bag"], ["bag"]), strict=False):
        for choice in choices:
            if (task := person.next(project_of(backend))) is not None:
                said.setdefault(task["data"]["image_id"], []).append(choice)
                person.answer(task["id"], choice)
    shown = machine.expect(75)
    again = {
        name for name, choices in said.items() if name in queue.filter(role="audit")["image_id"] and choices != ["coat"]
    }
    assert f"{len(again)} evaluation and audit pictures are not settled yet" in shown
    assert set(asks(machine)["image_id"]) == again != set()
