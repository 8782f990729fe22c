"""Class probabilities out of what a classifier says that was not made for our classes."""

import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core import half_precision
from silverprint.core.first_predictions import matched, of_one_class, spread_evenly

CLASSES = st.integers(2, 30)


@given(CLASSES, st.integers(0, 2**32 - 1))
def test_what_is_no_class_of_ours_is_shared_out_evenly(classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = (rng.dirichlet(np.ones(classes), 5) * rng.random((5, 1))).astype(np.float32)
    found = spread_evenly(shares)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(found - shares, (found - shares)[:, :1].repeat(classes, axis=1), atol=1e-6)
    assert (found >= shares).all()


@given(CLASSES, st.data())
def test_the_class_that_was_named_leads_even_in_half_precision(classes: int, data: st.DataObject) -> None:
    ids = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=9)))
    said = data.draw(st.lists(st.floats(0, 1, width=32), min_size=len(ids), max_size=len(ids)))
    confidence = np.array(said, dtype=np.float32)
    found = of_one_class(ids, confidence, classes)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    above = confidence > 1.1 / classes
    np.testing.assert_allclose(found[np.arange(len(ids)), ids][above], confidence[above], atol=1e-6)
    assert (half_precision.from_half(half_precision.to_half(found)).argmax(axis=1) == ids).all()


def test_pictures_are_known_by_their_id_and_by_each_of_their_addresses() -> None:
    one, two = (hashlib.sha256(name).hexdigest() for name in (b"one", b"two"))
    raw = pl.DataFrame(
        {
            "image_id": [one, one, None, two, two],
            "url": ["http://a/1", "http://b/1", "http://gone", "http://a/2", "http://b/1"],
        }
    )
    pictures = ["http://a/1", "http://b/1", "http://gone", two.upper(), "elsewhere", one[:-1]]
    assert matched(pictures, raw)["image_id"].to_list() == [one, two, None, two, None, None]
    assert matched([], raw).is_empty()


@pytest.mark.parametrize("classes", [2, 1000])
def test_no_row_gives_no_row(classes: int) -> None:
    assert of_one_class(np.empty(0, np.int64), np.empty(0, np.float32), classes).shape == (0, classes)
    assert spread_evenly(np.empty((0, classes), np.float32)).shape == (0, classes)
