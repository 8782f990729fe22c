import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.evaluation.targets import believed, one_hot

CLASSES = ("cat", "dog", "bird")


def test_a_label_is_all_of_its_target() -> None:
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def rows(*told: tuple[str, float | None, dict[str, float]]) -> pl.DataFrame:
    said = [(label, confidence, json.dumps(distribution)) for label, confidence, distribution in told]
    return pl.DataFrame(said, {"label": pl.String, "confidence": pl.Float64, "distribution": pl.String}, orient="row")


def test_a_label_is_learnt_as_far_as_it_is_believed_and_the_doubt_goes_to_what_others_chose() -> None:
    found = believed(
        rows(
            ("cat", 0.7, {"cat": 0.5, "dog": 0.5}),
            ("bird", 0.6, {"bird": 1.0}),
            ("dog", None, {}),
            ("cat", 0.9, {"dog": 0.2, "none": 0.8}),  # a label that nobody chose
        ),
        CLASSES,
    )
    expected = [[0.7, 0.27, 0.03], [0.2, 0.2, 0.6], [0, 1, 0], [0.9, 0.09, 0.01]]
    assert np.allclose(found, expected)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(CLASSES),
            st.floats(0, 1),
            st.dictionaries(st.sampled_from((*CLASSES, "none")), st.floats(0.01, 1), max_size=3),
        ),
        max_size=5,
    )
)
def test_targets_are_distributions_with_the_confidence_on_the_label(told) -> None:
    found = believed(rows(*told), CLASSES)
    assert found.shape == (len(told), 3)
    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=1), 1)
    assert [row[CLASSES.index(label)] for row, (label, *_) in zip(found, told, strict=True)] == pytest.approx(
        [confidence for _, confidence, _ in told]
    )


def test_one_class_alone_has_no_other_to_doubt_for() -> None:
    assert believed(rows(("cat", 0.4, {"cat": 1.0})), ("cat",)).tolist() == [[1.0]]
