import polars as pl
import pytest

from silverprint.core.gates import group_conflicts

GROUPS = pl.DataFrame({"image_id": list("abcdefg"), "group": [0, 0, 1, 1, 2, None, None]})


@pytest.mark.parametrize(
    ("labels", "found", "among", "images"),
    [
        (dict.fromkeys("abcdefg", "coat"), 0, 2, []),
        ({"a": "coat", "c": "bag", "e": "coat"}, 0, 0, []),  # one of each group
        ({"a": "coat", "b": "bag", "c": "bag", "d": "bag"}, 1, 2, ["a", "b"]),
        ({"a": "coat", "b": None}, 0, 0, []),  # nobody took a stand
        ({"f": "coat", "g": "bag"}, 0, 0, []),  # in no group
    ],
)
def test_groups_with_two_labels_or_more_are_counted(labels, found, among, images):
    frame = pl.DataFrame(
        {"image_id": list(labels), "label": list(labels.values())}, schema_overrides={"label": pl.String}
    )
    share, rows = group_conflicts.share(frame, GROUPS)
    assert (share.found, share.among) == (found, among)
    assert rows["image_id"].to_list() == images
