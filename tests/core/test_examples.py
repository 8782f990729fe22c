"""What the strategy's gain is measured by: as many of its own choices as there are random ones, and nothing else."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.examples import control_arms, examples
from silverprint.records import LABELS, MANIFEST, conform

KINDS = st.sampled_from([("r01", "train"), ("r01", "control"), ("r02", "train"), ("r02", "control"), ("r02", "picked")])


@given(st.lists(KINDS, min_size=1, max_size=30), st.integers(0, 99))
def test_each_arm_is_the_earlier_labels_and_k_of_its_own(kinds, seed):
    training = pl.DataFrame(
        {
            "image_id": [str(number) for number in range(len(kinds))],
            "round": [name for name, _ in kinds],
            "role": ["control" if role == "control" else "train" for _, role in kinds],
        }
    )
    by_strategy = [str(number) for number, kind in enumerate(kinds) if kind == ("r02", "train")]
    arms = control_arms(training, "r02", by_strategy, draws=4, seed=seed)
    counts = [kinds.count(("r02", role)) for role in ("train", "control")]
    if not min(counts):
        assert arms is None
        return
    assert arms.k == min(counts)
    earlier = np.array([name == "r01" for name, _ in kinds])
    for weights, role in ((arms.chosen, "train"), (arms.random, "control")):
        own = np.array([kind == ("r02", role) for kind in kinds])
        assert (weights[:, earlier] == 1).all()
        assert (weights[:, own].sum(axis=1) == arms.k).all()
        assert not weights[:, ~(own | earlier)].any()


def test_nothing_that_looks_like_an_evaluation_picture_is_trained_on_whatever_its_label():
    """One of which people said no class (not sure, or none of these) is an evaluation picture as well."""
    said = {"a": ("evaluation", None), "b": ("evaluation", "not one of these"), "c": ("evaluation", "coat")}
    look_alikes = {"d": 0, "e": 1, "f": 2, "g": 3}  # of a, b, c, and of nothing
    labels = pl.DataFrame(
        [{"image_id": name, "role": role, "label": label} for name, (role, label) in said.items()]
        + [{"image_id": name, "role": "train", "label": "coat"} for name in look_alikes]
    )
    manifest = pl.DataFrame(
        [{"image_id": name, "group": number, "kept": True} for number, name in enumerate(said)]
        + [{"image_id": name, "group": group, "kept": True} for name, group in look_alikes.items()]
    )
    found = examples(
        conform(labels, LABELS), conform(manifest, MANIFEST),
        classes=("coat", "bag"), withdrawn=frozenset(), binding=frozenset(),
    )  # fmt: skip
    assert found.training["image_id"].to_list() == ["g"]
    assert found.evaluation["image_id"].to_list() == ["c"]
