"""Changes between two versions of a release."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.reporting import release_changes
from silverprint.records import VERSION

Held = dict[str, tuple[str, str]]
held = st.dictionaries(
    st.sampled_from("abcdefghij"), st.tuples(st.sampled_from(["train", "test", "silver"]), st.sampled_from(["x", "y"]))
)


def table(rows: Held) -> pl.DataFrame:
    records = [{"image_id": i, "split": s, "label": label, "label_source": "human"} for i, (s, label) in rows.items()]
    return pl.DataFrame(records, schema=VERSION)


@given(held, held)
def test_the_changes_lead_from_one_version_to_the_other(before: Held, after: Held) -> None:
    found = release_changes.changes(table(before), table(after))
    made = dict(before)
    for row in found.iter_rows(named=True):
        if row["change"] == "removed":
            del made[row["image_id"]]
        else:
            made[row["image_id"]] = (row["split"], row["label"])
    assert made == after
    assert found["image_id"].is_unique().all()


@given(held, held)
def test_each_kind_is_what_its_name_says_and_counts_agree(before: Held, after: Held) -> None:
    found = release_changes.changes(table(before), table(after))
    kinds = dict(found.select("image_id", "change").iter_rows())
    both = before.keys() & after.keys()
    assert {i for i, kind in kinds.items() if kind == "added"} == after.keys() - before.keys()
    assert {i for i, kind in kinds.items() if kind == "removed"} == before.keys() - after.keys()
    assert {i for i, kind in kinds.items() if kind == "relabelled"} == {i for i in both if before[i][1] != after[i][1]}
    moved = {i for i in both if before[i][1] == after[i][1] and before[i][0] != after[i][0]}
    assert {i for i, kind in kinds.items() if kind == "moved"} == moved
    assert sum(release_changes.counts(found).values()) == found.height
    classes = release_changes.by_class(found)
    assert classes["gained"].sum() == classes["lost"].sum() == release_changes.relabelled(found)["pictures"].sum()
    of = {label: sum(1 for _, found in rows.values() if found == label) for rows in (after,) for label in "xy"}
    was = {label: sum(1 for _, found in before.values() if found == label) for label in "xy"}
    for row in classes.iter_rows(named=True):
        assert was[row["label"]] + row["added"] - row["removed"] + row["gained"] - row["lost"] == of[row["label"]]


@pytest.mark.slow
@given(held, held)
def test_a_renamed_class_is_the_same_class(before: Held, after: Held) -> None:
    """Whatever names its versions have for `x`: only the pictures that stayed where they were are told apart."""
    plain = release_changes.changes(table(before), table(after))
    old = {i: (split, "old x" if label == "x" else label) for i, (split, label) in before.items()}
    new = {i: (split, "new x" if label == "x" else label) for i, (split, label) in after.items()}
    names = {"old x": "x"}, {"new x": "x"}
    found = release_changes.changes(table(old), table(new), *names)
    both = before.keys() & after.keys()
    stayed = {i for i in both if before[i] == after[i] and after[i][1] == "x"}
    assert set(found.filter(change="renamed")["image_id"]) == stayed
    assert release_changes.renamed(found)["pictures"].sum() == len(stayed)
    others = found.filter(pl.col("change") != "renamed")
    assert others.select("image_id", "change").rows() == plain.select("image_id", "change").rows()
    assert release_changes.by_class(found).rows() == release_changes.by_class(plain).rows()
    assert release_changes.relabelled(found).rows() == release_changes.relabelled(plain).rows()
    back = release_changes.changes(table(new), table(old), *names[::-1])
    assert set(back.filter(change="renamed")["image_id"]) == stayed


@given(held, held, st.randoms())
def test_a_digest_is_of_the_content_alone(before: Held, after: Held, luck: object) -> None:
    order = list(before)
    luck.shuffle(order)  # type: ignore[attr-defined]
    same = release_changes.digest(table({i: before[i] for i in order}))
    assert same == release_changes.digest(table(before))
    assert (same == release_changes.digest(table(after))) == (before == after)
