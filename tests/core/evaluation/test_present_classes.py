"""A model from before a change of classes beside models from after it."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.evaluation.present_classes import as_then, in_present_classes, present_names
from silverprint.core.votes.class_changes import Change
from silverprint.records import EVALUATION

CLASSES = ("coat", "bag", "hat", "shirt")


def change(kind: str, before: str, after: str = "", at: str = "1") -> Change:
    return Change(at, kind, tuple(before.split()), tuple(after.split()))


def evaluation(rows: list[tuple[str, tuple[float, ...]]]) -> pl.DataFrame:
    said = [CLASSES[int(np.argmax(chances))] for _, chances in rows]
    return pl.DataFrame(
        {
            "image_id": [str(n) for n in range(len(rows))],
            "label": [label for label, _ in rows],
            "predicted": said,
            "confidence": [max(chances) for _, chances in rows],
            "probabilities": [list(chances) for _, chances in rows],
            "weight": [None] * len(rows),
        },
        schema=EVALUATION,
    )


def test_merged_classes_are_one_and_their_probabilities_a_sum() -> None:
    rows = evaluation([("coat", (0.3, 0.4, 0.2, 0.1)), ("hat", (0.3, 0.4, 0.2, 0.1))])
    found = in_present_classes(rows, CLASSES, [change("merge", "coat hat", "outer")])
    assert found["label"].to_list() == ["outer", "outer"]
    assert found["predicted"].to_list() == ["outer", "outer"]  # .3 + .2 against .4
    assert found["confidence"].to_list() == pytest.approx([0.5, 0.5])
    assert found["probabilities"][0].to_list() == pytest.approx([0.5, 0.4, 0.1])


def test_a_split_class_is_left_out_and_still_a_mistake_elsewhere() -> None:
    rows = evaluation([("coat", (0.7, 0.1, 0.1, 0.1)), ("bag", (0.7, 0.1, 0.1, 0.1))])
    found = in_present_classes(rows, CLASSES, [change("split", "coat", "parka cape")])
    assert found.select("label", "predicted").rows() == [("bag", "coat")]
    gone = in_present_classes(rows, CLASSES, [change("retire", "coat"), change("retire", "bag", at="2")])
    assert gone.is_empty()
    assert gone.schema == pl.Schema(EVALUATION)


@pytest.mark.slow
@given(st.permutations(["a", "b", "c", "d"]), st.lists(st.sampled_from(CLASSES), min_size=1))
def test_renames_change_no_figure(new: list[str], labels: list[str]) -> None:
    rng = np.random.default_rng(len(labels))
    rows = evaluation([(label, tuple(rng.dirichlet(np.ones(4)))) for label in labels])
    told = [change("rename", old, name, at=str(n)) for n, (old, name) in enumerate(zip(CLASSES, new, strict=True))]
    found = in_present_classes(rows, CLASSES, told)
    assert present_names(CLASSES, told) == tuple(new)
    assert (found["label"] == found["predicted"]).equals(rows["label"] == rows["predicted"])
    assert found["probabilities"].equals(rows["probabilities"])
    assert as_then(found["label"], CLASSES, told).equals(rows["label"])
