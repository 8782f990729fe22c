"""silverprint votes import, and what labels@r makes of it."""

import json
from pathlib import Path

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.campaign.round_status import status_of
from silverprint.commands import votes as command
from silverprint.config import Params
from silverprint.errors import UnavailableError
from silverprint.records import ANNOTATORS, BROUGHT, LABELS, RAW
from silverprint.stages import labels, queue
from silverprint.store import tables
from tests.helpers import round_campaign as campaign


def write_raw(source: str, words: dict[str, str | None], part: int = 0) -> None:
    rows = [
        {"image_id": name, "url": name, "source": source, "source_label": word, "fetched_at": "2026-01-01"}
        for name, word in words.items()
    ]
    tables.write(pl.DataFrame(rows, schema_overrides=RAW), layout.raw(source) / f"index-{part:05d}.parquet", RAW)


def read(name: str, table: str, schema) -> pl.DataFrame:
    return tables.read(layout.labels(name) / f"{table}.parquet", schema)


@pytest.fixture
def asked(params: Params) -> Params:
    queue.run(params, "r01")
    return params


@pytest.mark.slow
def test_the_ledger_is_text_that_only_grows(asked: Params, capsys) -> None:
    first, second, third = (campaign.image_id(n) for n in range(3))
    write_raw("web", {first: "coat", second: "Mantel", third: None})
    command.import_labels(asked, "web", None)
    before = layout.IMPORTS.read_text()
    assert "no class of the dataset: 'Mantel' (1); say which with --map" in capsys.readouterr().err
    command.import_labels(asked, "web", None)
    assert layout.IMPORTS.read_text() == before
    command.import_labels(asked, "web", ["Mantel=coat"])
    after = layout.IMPORTS.read_text()
    assert set(before.splitlines()) < set(after.splitlines())
    rows = ledgers.imports().select("image_id", "said", "choice", "status", "batch").rows()
    assert sorted(rows) == sorted(
        [
            (first, "coat", "coat", "valid", 1),
            (second, "Mantel", "", "unknown-class", 1),
            (second, "Mantel", "coat", "valid", 2),
        ]
    )
    assert after.splitlines()[1:] == sorted(after.splitlines()[1:])


def test_what_cannot_be_imported_is_told(project: Path, typed) -> None:
    def line(*arguments: str) -> tuple[int, str]:
        done = typed("votes", "import", *arguments, cwd=project)
        assert done.stderr.count("\n") == 1
        return done.returncode, done.stderr

    code, said = line("web")
    assert (code, "silverprint repro acquire@web" in said) == (69, True)
    write_raw("web", {campaign.image_id(0): None})
    code, said = line("web")
    assert (code, "none of its pictures has a label" in said) == (69, True)
    assert line("nobody")[0] == 64
    assert line("web", "--map", "Mantel")[0] == 64
    assert line("web", "--map", "Mantel=zebra")[0] == 64


@pytest.mark.slow
def test_one_more_vote_where_people_took_a_stand(asked: Params) -> None:
    """Two people differ: the import decides. Nobody took a stand, or it is for evaluation: it does not."""
    rows = ledgers.queue("r01")
    train = rows.filter(pl.col("role") != "evaluation")["image_id"].to_list()
    evaluation = rows.filter(role="evaluation")["image_id"].to_list()
    unsure = {row["rank"] for row in rows.to_dicts() if row["image_id"] == train[0]}
    campaign.answer(asked, "r01", lambda rank, person: "unsure" if rank in unsure else ["coat", "bag", "coat"][person])
    labels.run(asked, "r01")
    before, alpha = read("r01", "labels", LABELS), quality("r01")["alpha_round"]
    decided = train[1:]
    write_raw("web", dict.fromkeys([*train, *evaluation, campaign.image_id(10**6)], "bag"))
    command.import_labels(asked, "web", None)
    labels.run(asked, "r01")
    after = {row["image_id"]: row for row in read("r01", "labels", LABELS).to_dicts()}
    assert {after[name]["label"] for name in decided} == {"bag"}
    assert {after[name]["n_votes"] for name in decided} == {3}
    kept = before.filter(pl.col("image_id").is_in([train[0], *evaluation]))
    assert [after[row["image_id"]] for row in kept.to_dicts()] == kept.to_dicts()
    assert after[train[0]]["label"] is None
    assert set(after) == set(rows["image_id"])
    assert quality("r01")["alpha_round"] == alpha
    assert [after[row["image_id"]]["agreement"] for row in before.to_dicts()] == before["agreement"].to_list()


def quality(name: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((layout.labels(name) / "quality.json").read_text())
    return found


def test_its_agreement_with_people_is_a_figure(asked: Params) -> None:
    campaign.answer(asked, "r01", lambda rank, person: "coat")
    rows = ledgers.queue("r01")["image_id"].to_list()
    write_raw("web", dict.fromkeys(rows[:6], "coat") | dict.fromkeys(rows[6:8], "bag"))
    command.import_labels(asked, "web", None)
    labels.run(asked, "r01")
    people = {row["annotator"]: row for row in read("r01", "annotators", ANNOTATORS).to_dicts()}
    assert people["import:web"]["votes"] == 8
    assert people["import:web"]["agreement"] == 0.75
    assert {people[name]["agreement"] for name in ("s-0", "s-1", "s-2")} == {1.0}
    found = quality("r01")["imports"]["import:web"]  # type: ignore[index]
    assert (found["votes"], found["agreement"]) == (8, 0.75)
    assert (found["labels"], found["asked"], found["corrected"]) == (8, 8, 2)
    brought = read("r01", "brought", BROUGHT)
    assert brought["people"].to_list() == ["coat"] * 8


def test_an_import_asks_nobody_and_spares_nobody(asked: Params) -> None:
    """What was imported is drawn like any other picture, and a round waits for as many people as before."""
    before = ledgers.queue("r01")
    write_raw("web", dict.fromkeys(before["image_id"], "coat"))
    command.import_labels(asked, "web", None)
    queue.run(asked, "r01")
    assert ledgers.queue("r01").equals(before)
    assert not layout.votes("r01").exists()
    campaign.answer(asked, "r01")
    votes = ledgers.votes("r01")
    ledgers.write_votes("r01", votes.head(3))
    assert status_of(asked, "r01").votes == 3
    assert not [name for name in status_of(asked, "r01").people if name.startswith("import:")]


def test_it_is_withdrawn_with_the_picture(asked: Params) -> None:
    campaign.answer(asked, "r01")
    gone = ledgers.queue("r01")["image_id"][0]
    write_raw("web", {gone: "coat"})
    command.import_labels(asked, "web", None)
    campaign.withdraw(gone)
    labels.run(asked, "r01")
    assert read("r01", "annotators", ANNOTATORS).filter(annotator="import:web").is_empty()
    with pytest.raises(UnavailableError, match="none of its pictures has a label"):
        command.import_labels(config.load(), "web", None)
