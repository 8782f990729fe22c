"""A class has its number for good, whatever is added before it in params.yaml."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint import config, layout
from silverprint.adapters.labelstudio import label_config
from silverprint.campaign import class_list, ledgers, round_state
from silverprint.commands import rounds
from silverprint.config import Params
from silverprint.errors import DataError, UsageError
from silverprint.records import NONE_OF_THESE, QUEUE, UNSURE, VOTES, conform
from silverprint.stages import check
from silverprint.store import tables
from tests.helpers.opened_rounds import all_opened

IDS = [f"{number:064x}" for number in range(4)]


def with_classes(params: Params, *names: str) -> Params:
    return replace(params, dataset=replace(params.dataset, classes=names))


def open_round(name: str, classes: Sequence[str], status: str = "closed") -> None:
    rows = [{"image_id": i, "rank": n, "role": "train", "overlap": 2, "tier": "crowd"} for n, i in enumerate(IDS, 1)]
    tables.write_ledger(pl.DataFrame(rows), layout.queue(name), QUEUE, ["rank"])
    queue = ledgers.sha256(layout.queue(name))
    asks = ledgers.sha256(layout.asks(name))
    round_state.State(name, "start", status, "c", "s", queue, tuple(classes), asks_sha256=asks).save()  # type: ignore[arg-type]


@pytest.fixture
def params(project) -> Params:
    return with_classes(config.load(), "coat", "bag")


def test_before_anybody_was_asked_the_numbers_follow_the_list(params: Params) -> None:
    check.run(params)
    turned = with_classes(params, "hat", "bag", "coat")
    check.run(turned)
    assert class_list.classes(turned) == ("hat", "bag", "coat")


def test_a_class_added_in_the_middle_is_the_youngest(params: Params) -> None:
    open_round("r01", ["coat", "bag"])
    check.run(params)
    for names in (("coat", "hat", "bag"), ("scarf", "coat", "hat", "bag")):  # nothing is opened between the two
        check.run(with_classes(params, *names))
    assert ledgers.read(layout.CLASSES).rows() == [(0, "coat"), (1, "bag"), (2, "hat"), (3, "scarf")]
    assert class_list.classes(with_classes(params, "bag", "coat")) == ("coat", "bag", "hat", "scarf")


def test_a_campaign_from_before_the_ledger_has_the_ages_of_its_rounds(params: Params) -> None:
    open_round("r01", ["coat", "bag"])
    open_round("r02", ["hat", "coat", "bag"])
    assert class_list.classes(with_classes(params, "scarf", "hat", "coat", "bag")) == ("coat", "bag", "hat", "scarf")


names = st.sampled_from("abcdefgh")


@pytest.mark.slow
@given(st.lists(st.permutations("abcdefgh"), min_size=1, max_size=4), st.integers(2, 8))
def test_no_change_of_the_list_moves_a_number(tmp_path_factory, lists: list[list[str]], first: int) -> None:
    """Each list has some more of the classes, in an order of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("campaign"))
        params = config.check(_document())
        layout.asks("r01").parent.mkdir(parents=True)
        layout.asks("r01").write_text("image_id,extra,reason,asked_at\n")
        open_round("r01", lists[0][:first])
        before: tuple[str, ...] = ()
        for place, more in enumerate(lists):
            there = {name for earlier in lists[: place + 1] for name in earlier[:first]}
            class_list.write_numbers(now := with_classes(params, *(name for name in more if name in there)))
            found = class_list.classes(now)
            assert found[: len(before)] == before
            assert set(found) == there
            before = found


def _document() -> dict:
    from ruamel.yaml import YAML

    return YAML(typ="safe").load(all_opened())


@pytest.mark.parametrize("text", ["0,coat\n2,bag\n", "0,coat\n0,bag\n", "0,coat\n1,coat\n"])
def test_numbers_with_holes_or_doubles_are_told(params: Params, text: str) -> None:
    open_round("r01", ["coat", "bag"])
    layout.CLASSES.write_text(f"number,name\n{text}")
    with pytest.raises(DataError, match=r"data/classes\.csv: classes are numbered from 0 on"):
        class_list.classes(params)


def test_keys_follow_age_and_the_page_follows_the_list() -> None:
    shown = ["hat", "coat", "bag", NONE_OF_THESE, UNSURE]
    assert label_config.hotkeys(shown, ("coat", "bag", "hat")) == {
        "coat": "1", "bag": "2", "hat": "3", NONE_OF_THESE: "x", UNSURE: "z",
    }  # fmt: skip
    text = label_config.config("?", shown, ("coat", "bag", "hat"))
    assert text.index('"hat"') < text.index('"coat"')
    assert '<Choice value="hat" hotkey="3"/>' in text


def votes(*rows: tuple[str, int, str]) -> None:
    told = [
        {
            "image_id": i,
            "round": "r01",
            "annotator": f"s-{who}",
            "choice": choice,
            "status": "valid",
            "annotation_id": n,
        }
        for n, (i, who, choice) in enumerate(rows)
    ]
    ledgers.write_votes("r01", conform(pl.DataFrame(told, schema_overrides=VOTES), VOTES))


def test_check_says_which_answers_may_be_the_new_class(params: Params, capfd) -> None:
    open_round("r01", ["coat", "bag"])
    votes((IDS[0], 1, NONE_OF_THESE), (IDS[0], 2, NONE_OF_THESE), (IDS[1], 1, "coat"), (IDS[2], 1, NONE_OF_THESE))
    check.run(params)
    assert "may mean" not in capfd.readouterr().err
    check.run(with_classes(params, "coat", "hat", "bag"))
    said = capfd.readouterr().err
    assert "r01 was asked without 'hat': 3 answers 'not one of these' about 2 pictures may mean it" in said
    assert 'silverprint round reopen r01 --not-one-of-these --why "hat is a class now"' in said


def test_only_those_are_asked_again_and_with_the_new_class(params: Params, capfd) -> None:
    open_round("r01", ["coat", "bag"])
    votes((IDS[0], 1, NONE_OF_THESE), (IDS[0], 2, NONE_OF_THESE), (IDS[1], 1, "coat"), (IDS[2], 1, NONE_OF_THESE))
    newer = with_classes(params, "coat", "hat", "bag")
    rounds.reopen(newer, "r01", None, False, "hat is a class now", True)
    assert ledgers.asks("r01").select("image_id", "extra").rows() == [(IDS[0], 3), (IDS[2], 2)]
    assert round_state.load("r01").classes == ("coat", "bag", "hat")  # type: ignore[union-attr]
    assert not class_list.newer_classes(newer, "r01")
    check.run(newer)
    assert "may mean" not in capfd.readouterr().err
    with pytest.raises(DataError, match="0 classes are younger"):
        rounds.reopen(newer, "r01", None, False, "again", True)
    with pytest.raises(UsageError, match="leave one of them out"):
        rounds.reopen(newer, "r01", None, True, "again", True)
