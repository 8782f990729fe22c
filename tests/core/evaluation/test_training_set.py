"""What a model may learn from."""

import polars as pl

from silverprint.core.evaluation.training_set import examples
from silverprint.records import LABELS, MANIFEST, conform


def test_nothing_that_looks_like_a_held_out_picture_is_trained_on_whatever_its_label():
    """One of which people said no class (not sure, or none of these) is an evaluation picture as well."""
    said = {
        "a": ("evaluation", None),
        "b": ("evaluation", "not one of these"),
        "c": ("evaluation", "coat"),
        "h": ("audit", "bag"),
    }
    look_alikes = {"d": 0, "e": 1, "f": 2, "i": 3, "g": 4}  # of a, b, c, h, and of nothing
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
