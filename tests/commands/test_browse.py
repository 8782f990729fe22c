"""silverprint browse: what a selection becomes, and where it listens."""

import socket

import polars as pl
import pytest

from silverprint import config, layout
from silverprint.adapters.browse.serve import listening
from silverprint.campaign import gold_list, ledgers
from silverprint.commands.browse import actions
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import QUEUE, RAW, conform
from silverprint.store import tables
from tests.helpers import round_campaign as campaign

ID = campaign.image_id
BY = {"why": "seen on the page", "by": "ada"}


@pytest.fixture
def params(project):
    params = campaign.small(config.load())
    campaign.write_pool(8, rejected=2)
    return params


def ask(name, *numbers):
    rows = [{"image_id": ID(n), "rank": 1, "role": "train", "overlap": 1, "tier": "crowd"} for n in numbers]
    tables.write_ledger(conform(pl.DataFrame(rows), QUEUE), layout.queue(name), QUEUE, ["rank"])


def test_an_inclusion_leaves_out_what_the_queue_would(params) -> None:
    ask("r01", 0, 1)
    change = actions.actions(params)["include"].draw_up([ID(n) for n in (0, 1, 2, 9)], {"round": "r02", **BY})
    assert change.lines.rows() == [("r02", ID(2), "seen on the page", "ada")]
    assert sorted(change.left_out) == [("cleaning rejected them", 1), ("people were asked about them already", 2)]
    assert ledgers.included_images(params.round_names).is_empty()
    change.write()
    assert ledgers.included_images(params.round_names).rows() == change.lines.rows()
    again = actions.actions(params)["include"].draw_up([ID(2)], {"round": "r02", **BY})
    assert (again.lines.height, again.left_out) == (0, [("the list has them already", 1)])


def test_a_round_that_asked_meanwhile_takes_nothing(params) -> None:
    found = actions.actions(params)["include"]
    assert found.fields[0].choices == ("r01", "r02", "r03")
    ask("r01", 0)
    campaign.open_round(params, "r01")
    with pytest.raises(UsageError, match="asked people meanwhile"):
        found.draw_up([ID(2)], {"round": "r01", **BY})


def test_nothing_can_be_included_once_every_round_asked(params) -> None:
    for name in params.chain:
        ask(name, 0)
        campaign.open_round(params, name)
    assert "open or plan another" in actions.actions(params)["include"].idle


def test_gold_follows_the_rules_of_the_command(params) -> None:
    ask("r01", 0)
    say = {"label": "coat", "why": "two experts"}
    change = actions.actions(params)["gold"].draw_up([ID(0), ID(3), ID(9)], say)
    assert change.lines.select("image_id", "label", "why").rows() == [(ID(3), "coat", "two experts")]
    assert sorted(number for _, number in change.left_out) == [1, 1]
    change.write()
    assert gold_list.whole(params)["image_id"].to_list() == [ID(3)]
    other = actions.actions(params)["gold"].draw_up([ID(3)], say | {"label": "bag"})
    assert other.left_out == [("its label is known as 'coat'", 1)]


def test_a_takedown_has_a_line_for_each_picture_and_counts_at_once(params) -> None:
    rows = pl.DataFrame({"image_id": [ID(1), ID(2), ID(3)], "outcome": ["stored"] * 3, "source": ["web"] * 3})
    for source in params.sources:
        found = rows if source == "web" else rows.head(0)
        tables.write(conform(found, RAW), layout.raw(source) / "index-00000.parquet", RAW)
    change = actions.actions(params)["takedown"].draw_up([ID(1), ID(3)], {"why": "asked by its author"})
    assert set(change.lines["image_id"]) == set(change.lines["target"]) == {ID(1), ID(3)}
    assert ledgers.withdrawn_images() == frozenset()
    change.write()
    assert ledgers.withdrawn_images() == {ID(1), ID(3)}
    again = actions.actions(params)["takedown"].draw_up([ID(1), ID(2)], {"why": "asked again"})
    assert again.lines["image_id"].to_list() == [ID(2)]


def test_it_listens_on_loopback_where_there_is_room() -> None:
    with listening(None) as first, socket.socket() as other:
        assert first.getsockname()[0] == "127.0.0.1"
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UnavailableError, match="taken by another program"):
            listening(other.getsockname()[1])
