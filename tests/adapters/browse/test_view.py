"""Which pictures a view has, and in which order they come."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from silverprint.adapters.browse import facets, view
from silverprint.adapters.browse.view import Wanted

ROWS = pl.DataFrame(
    {
        "image_id": ["aa11", "ab22", "bb33", "cc44"],
        "reason": [None, None, "blurred", None],
        "predicted": ["coat", "bag", None, "coat"],
        "confidence": [0.9, 0.4, None, 0.6],
        "label": ["coat", "shirt", None, None],
        "flags": [None, "text-like:12 off-topic:7", None, None],
        "round": ["r01", "r02", None, None],
        "role": ["train", "evaluation", None, None],
        "split": ["train", None, None, None],
        "source": ["web", "web", "partner", "web"],
        "license": ["MIT", None, "MIT", "MIT"],
        "group": [1, 2, 1, 3],
        "url": ["http://a/1.jpg", "http://a/Two.jpg", None, "http://b/4%.jpg"],
        "caption": [None, None, "A red coat", None],
        "source_label": [None, "bag", None, None],
        "disagreed": [False, True, None, None],
        "contradicted": [False, True, None, None],
        "mistake": [None, "bag", None, None],
        "agreement": [1.0, 0.3, None, None],
        "fetched_at": ["2025-02", "2025-01", "2025-03", None],
        "width": [10, 20, 30, 5],
    }
)
PLACES = np.array([[0.1, 0.1], [0.9, 0.9], [np.nan, np.nan], [0.2, 0.8]], dtype=np.float32)


def found(**wanted: object) -> list[int]:
    asked = Wanted.model_validate(wanted)
    return view.ordered(ROWS, view.matching(ROWS, PLACES, asked), asked, None).tolist()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"facets": {"predicted": "coat"}}, [0, 3]),
        ({"facets": {"predicted": ""}}, [2]),
        ({"facets": {"cleaning": ""}}, [0, 1, 3]),
        ({"facets": {"cleaning": "", "round": ""}}, [3]),
        ({"facets": {"flag": "text-like"}}, [1]),
        ({"facets": {"flag": "off-topic"}}, [1]),
        ({"facets": {"flag": "topic"}}, []),
        ({"facets": {"image_id": "aa11"}}, []),
        ({"suspicion": "disagreed"}, [1]),
        ({"suspicion": "mistake"}, [1]),
        ({"suspicion": "unknown"}, []),
        ({"least": 0.5}, [0, 3]),
        ({"least": 0.4, "most": 0.6}, [1, 3]),
        ({"text": "  two.JPG"}, [1]),
        ({"text": "4%"}, [3]),
        ({"text": "red coat"}, [2]),
        ({"text": "a"}, [0, 1, 2]),
        ({"text": "ab"}, [1]),
        ({"text": "1.*"}, []),
        ({"group": 1}, [0, 2]),
        ({"area": [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]}, [0, 3]),
        ({"order": "unsure"}, [1, 3, 0, 2]),
        ({"order": "sure"}, [0, 3, 1, 2]),
        ({"order": "disagreed"}, [1, 0, 2, 3]),
        ({"order": "newest"}, [2, 0, 1, 3]),
        ({"order": "smallest", "facets": {"cleaning": ""}}, [3, 0, 1]),
    ],
)
def test_a_view_has_what_was_asked_for(wanted, expected) -> None:
    assert found(**wanted) == expected


@pytest.mark.parametrize(
    "wanted",
    [{"least": float("nan")}, {"offset": -1}, {"like": -1}, {"area": [(0.0, 0.0)] * 401}, {"more": 1}, {"least": 1.5}],
)
def test_what_no_page_asks_for_is_refused(wanted) -> None:
    with pytest.raises(ValidationError):
        Wanted.model_validate(wanted)


def test_the_most_similar_come_first_and_those_without_features_not_at_all() -> None:
    similarity = np.array([0.1, 0.9, np.nan, 0.5], dtype=np.float32)
    wanted = Wanted(like=1)
    assert view.ordered(ROWS, view.matching(ROWS, PLACES, wanted), wanted, similarity).tolist() == [1, 3, 0]


POINTS = np.random.default_rng(0).random((500, 2)).astype(np.float32)
SHARE = st.floats(0, 1)


@given(SHARE, SHARE, SHARE, SHARE)
def test_a_box_has_what_lies_between_its_sides(left, right, top, bottom) -> None:
    left, right, top, bottom = *sorted((left, right)), *sorted((top, bottom))
    inside = view.within(POINTS, [(left, top), (right, top), (right, bottom), (left, bottom)])
    x, y = POINTS.T.astype(np.float64)
    strict = (x > left) & (x < right) & (y > top) & (y < bottom)
    assert (inside == strict).all()


def test_a_shape_of_two_parts_leaves_out_what_is_between_them() -> None:
    u_shape = [(0, 0), (0.3, 0), (0.3, 0.7), (0.7, 0.7), (0.7, 0), (1, 0), (1, 1), (0, 1)]
    inside = view.within(np.array([[0.15, 0.2], [0.5, 0.2], [0.85, 0.2], [0.5, 0.9]], dtype=np.float32), u_shape)
    assert inside.tolist() == [True, False, True, True]


def test_values_of_a_facet_come_by_number_and_colour_each_picture() -> None:
    found = facets.values(ROWS, facets.FACETS["predicted"])
    assert (found.names, found.counts, found.without, found.codes.tolist()) == (
        ["coat", "bag"],
        [2, 1],
        1,
        [1, 2, 0, 1],
    )


def test_the_rarest_of_very_many_values_have_no_colour() -> None:
    rows = pl.DataFrame({"source": [f"s{number:04d}" for number in range(400)]})
    found = facets.values(rows, facets.FACETS["source"])
    assert len(found.names) == facets.MOST_VALUES
    assert found.codes.tolist() == [*range(1, 255), *[0] * 146]
