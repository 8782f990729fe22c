"""The invariants of a release: who may be in it, and that test stays apart."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core import splits
from silverprint.core.cleaning.rules import BINDING, REASONS
from silverprint.records import LABELS, MANIFEST, NONE_OF_THESE, ROLES, conform, empty
from tests.helpers.examples import fewer

CLASSES = ("cat", "dog")


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """A manifest, labels of some of its pictures, and automatic labels of the others."""
    n = draw(st.integers(1, 24))
    ids = [f"{number:02d}" for number in range(n)]
    reason = st.sampled_from([None, None, None, *REASONS])
    reasons = [draw(reason) for _ in ids]
    groups = [draw(st.integers(0, 9)) for _ in ids]
    facts = {"image_id": ids, "reason": reasons, "kept": [why is None for why in reasons], "group": groups}
    manifest = conform(pl.DataFrame(facts, schema_overrides={"reason": pl.String()}), MANIFEST)
    asked = [image_id for image_id in ids if draw(st.booleans())]
    label = st.sampled_from([*CLASSES, NONE_OF_THESE, None])
    labels = {
        "image_id": asked,
        "label": [draw(label) for _ in asked],
        "role": [draw(st.sampled_from(ROLES)) for _ in asked],
        "source": [draw(st.sampled_from(["human", "auto", "gold"])) for _ in asked],
    }
    never = sorted({*manifest.filter("kept")["image_id"]} - {*asked})
    silver = pl.DataFrame({"image_id": never, "label": ["cat"] * len(never)}, schema_overrides=_TEXT)
    wide = {name: dtype for name, dtype in splits.SPLIT.items() if name != "split"}
    return manifest, conform(pl.DataFrame(labels, schema_overrides=_TEXT), LABELS), conform(silver, wide)


_TEXT = {name: pl.String() for name in ("image_id", "label", "role", "source")}


@pytest.mark.slow
@given(campaigns())
def test_splits(campaign: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> None:
    manifest, labels, silver = campaign
    rows = splits.assign(manifest, labels, silver, classes=CLASSES, binding=BINDING)
    known = {row["image_id"]: row for row in manifest.to_dicts()}
    said = {row["image_id"]: row for row in labels.to_dicts()}
    groups: dict[str, set[int]] = {name: set() for name in splits.SPLITS}
    assert rows["image_id"].is_unique().all()
    assert rows["label"].is_in(list(CLASSES)).all()
    for row in rows.to_dicts():
        picture = known[row["image_id"]]
        groups[row["split"]].add(picture["group"])
        assert picture["reason"] not in BINDING
        if row["split"] == "silver":
            assert picture["kept"]
            assert row["image_id"] not in said
        else:
            held_out = said[row["image_id"]]["role"] in ("evaluation", "audit")
            assert (row["split"] == "test") == held_out
            assert said[row["image_id"]]["source"] == "human"
            assert said[row["image_id"]]["role"] != "gold"
    assert not groups["test"] & (groups["train"] | groups["silver"])


@given(campaigns())
@fewer(2)
def test_every_usable_held_out_label_is_in_test(campaign: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]) -> None:
    manifest, labels, silver = campaign
    rows = splits.assign(manifest, labels, silver, classes=CLASSES, binding=BINDING)
    usable = set(splits.usable_rows(manifest, BINDING)["image_id"])
    expected = {
        row["image_id"]
        for row in labels.to_dicts()
        if row["role"] in ("evaluation", "audit") and row["source"] == "human" and row["label"] in CLASSES
    }
    assert set(rows.filter(pl.col("split") == "test")["image_id"]) == expected & usable


@pytest.mark.slow
@given(campaigns(), st.lists(st.sampled_from("ab"), unique=True))
def test_a_test_source_is_in_test_alone(
    campaign: tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame], apart: list[str]
) -> None:
    manifest, labels, silver = campaign
    manifest = manifest.with_columns(
        source=pl.Series(["a", "b", "c"] * manifest.height, dtype=pl.String).head(manifest.height)
    )
    plain = splits.assign(manifest, labels, silver, classes=CLASSES, binding=BINDING)
    rows = splits.assign(manifest, labels, silver, classes=CLASSES, binding=BINDING, test_sources=apart)
    known = manifest.select("image_id", "group", "source")
    of_source = rows.join(known.filter(pl.col("source").is_in(apart)), on="image_id")
    human = labels.filter(pl.col("source") == "human", pl.col("role") != "gold", pl.col("label").is_in(CLASSES))
    usable = splits.usable_rows(manifest, BINDING).filter(pl.col("source").is_in(apart))
    assert set(of_source["split"]) <= {"test"}
    assert set(of_source["image_id"]) == set(human["image_id"]) & set(usable["image_id"])
    held = plain.filter(split="test")["image_id"]
    assert set(held) <= set(rows.filter(split="test")["image_id"])  # the evaluation pictures stay what they are
    groups = rows.join(known, on="image_id").group_by("split").agg("group")
    of = {split: set(found) for split, found in groups.iter_rows()}
    assert not of.pop("test", set()) & set().union(*of.values())
    if not apart:
        assert rows.equals(plain)


def test_a_picture_people_labelled_stays_where_a_threshold_rejects_it_later() -> None:
    manifest = conform(
        pl.DataFrame({"image_id": ["a"], "kept": [False], "reason": ["blurred"], "group": [1]}), MANIFEST
    )
    labels = conform(
        pl.DataFrame({"image_id": ["a"], "label": ["cat"], "role": ["train"], "source": ["human"]}), LABELS
    )
    silver = empty({name: dtype for name, dtype in splits.SPLIT.items() if name != "split"})
    rows = splits.assign(manifest, labels, silver, classes=CLASSES, binding=BINDING)
    assert rows.select("image_id", "split").rows() == [("a", "train")]
