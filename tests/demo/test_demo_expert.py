"""The expert vouches for clear pictures that can be gold, and for the same ones every time."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from silverprint import config, layout
from silverprint.campaign import gold_list
from silverprint.commands import gold
from silverprint.demo import expert, truth
from silverprint.demo.fashion import CLASSES
from silverprint.demo.personas import difficulty
from silverprint.errors import UnavailableError
from silverprint.records import MANIFEST, conform
from silverprint.store import tables

TRUTH = {f"{number:064x}": CLASSES[number % 10] for number in range(90)}
ROW = some.tuples(some.sampled_from(sorted(TRUTH)), some.booleans(), some.integers(0, 40))


@given(some.lists(ROW, unique_by=lambda row: row[0]), some.randoms())
def test_the_expert_is_certain_of_clear_pictures_that_are_kept(rows, chance):
    frame = pl.DataFrame(rows, schema={"image_id": pl.String, "kept": pl.Boolean, "group": pl.Int64}, orient="row")
    found = expert.certain_labels(frame, TRUTH)
    chosen = frame.filter(pl.col("image_id").is_in(list(found)))
    assert found == {image_id: TRUTH[image_id] for image_id in chosen["image_id"]}
    assert chosen["kept"].all()
    assert chosen["group"].is_unique().all()
    assert len(found) <= expert.KNOWN
    assert all(difficulty(image_id) <= expert.CLEAR for image_id in found)
    shuffled = frame[chance.sample(range(frame.height), frame.height)]
    assert expert.certain_labels(shuffled, TRUTH) == found


def test_what_the_expert_notes_can_be_imported(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(truth.VARIABLE, raising=False)
    truth.write(TRUTH)
    manifest = pl.DataFrame({"image_id": list(TRUTH), "kept": True, "group": range(len(TRUTH))})
    tables.write(conform(manifest, MANIFEST), layout.MANIFEST, MANIFEST)
    expert.write_gold()
    params = config.load()
    gold.import_file(params, expert.NOTES)
    known = gold_list.read(params)
    assert known.height == expert.KNOWN == sum(one.gold for one in params.rounds.values())
    assert all(TRUTH[image_id] == label for image_id, label in known.select("image_id", "label").iter_rows())


def test_before_cleaning_there_is_nothing_to_look_at(project: Path) -> None:
    with pytest.raises(UnavailableError, match=r"manifest\.parquet"):
        expert.write_gold()
