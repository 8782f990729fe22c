import polars as pl

from silverprint.core.gates import changed_labels
from silverprint.records import LABELS, conform


def labels(**found: tuple[str | None, str, str]) -> pl.DataFrame:
    """image_id=(label, round, source)."""
    rows = [{"image_id": name, "label": row[0], "round": row[1], "source": row[2]} for name, row in found.items()]
    return conform(pl.DataFrame(rows, schema_overrides={"label": pl.String}), LABELS)


BEFORE = labels(
    a=("coat", "r01", "human"), b=("coat", "r01", "human"), c=(None, "r01", "human"), g=("bag", "r01", "gold")
)
SAME = {"a": ("coat", "r01", "human"), "c": ("bag", "r01", "human"), "g": ("coat", "r01", "gold")}


def test_a_label_that_is_another_or_gone_is_changed_and_one_that_is_new_or_known_is_not():
    share, rows = changed_labels.changed(labels(**SAME, b=("bag", "r01", "human"), n=("bag", "r02", "human")), BEFORE)
    assert (share.found, share.among) == (1, 2)
    assert rows.rows() == [("b", "coat", "bag")]
    share, rows = changed_labels.changed(labels(**SAME, b=(None, "r01", "human")), BEFORE)
    assert rows.rows() == [("b", "coat", None)]
    share, rows = changed_labels.changed(labels(**SAME), BEFORE)  # b was withdrawn
    assert (share.found, share.among, rows.height) == (0, 1, 0)


def test_a_round_answers_for_its_own_what_it_asked_again_and_what_it_changed():
    now = labels(**SAME, b=("bag", "r01", "human"), n=("bag", "r02", "human"), k=("bag", "r02", "gold"))
    assert changed_labels.judged(now, BEFORE, "r02", asked=["n", "k", "c"])["image_id"].to_list() == ["c", "b", "n"]
    assert changed_labels.judged(now, BEFORE, "r02", asked=["n", "a"])["image_id"].to_list() == ["a", "b", "n"]
