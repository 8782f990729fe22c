import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.votes import retirement, vote_ledger
from silverprint.records import ASKS, LABELS, QUEUE, VOTES, conform, empty
from tests.helpers.examples import fewer

PEOPLE = "ABC"
_SAID = ("image_id", "annotator", "choice", "status", "created_at", "annotation_id")
given_votes = st.lists(
    st.tuples(st.sampled_from("pqrs"), st.sampled_from(PEOPLE), st.integers(0, 9)), unique_by=lambda one: one[:2]
)


def votes(rows):
    return conform(
        pl.DataFrame(
            [
                {
                    "image_id": image,
                    "annotator": who,
                    "choice": "x",
                    "status": "valid",
                    "created_at": f"2024-01-01T00:00:0{second}.5Z",
                    "annotation_id": number,
                }
                for number, (image, who, second) in enumerate(rows)
            ],
            schema={name: VOTES[name] for name in VOTES if name in _SAID},
        ),
        VOTES,
    )


def labels(**by_image):
    return conform(pl.DataFrame({"image_id": list(by_image), "label": list(by_image.values())}), LABELS)


def test_the_changes_of_labels_are_counted_by_class():
    before, after = labels(p="x", q="x", r="y", s=None), labels(p="x", q="y", r=None, s=None)
    found = retirement.label_changes(before, after)
    assert (found.labels, found.changed, found.lost) == (3, 1, 1)
    assert found.classes.rows() == [("x", 2, 1), ("y", 1, 1)]


@fewer(2)
@given(given_votes, st.integers(0, 9))
def test_only_what_a_retired_person_said_later_is_no_answer(rows, second):
    frame = votes(rows)
    found = retirement.answers_in_time(frame, {"A": f"2024-01-01T00:00:0{second}.999999+00:00"})
    kept = [row for row in rows if row[1] != "A" or row[2] <= second]
    assert found.select("image_id", "annotator").rows() == [row[:2] for row in kept]
    assert retirement.answers_in_time(frame, {}).equals(frame)


@fewer(2)
@given(given_votes, st.integers(1, 3))
def test_each_picture_gets_as_many_answers_without_them_as_were_wanted(rows, overlap):
    frame = votes(rows)
    queue = conform(
        pl.DataFrame({"image_id": list("pqrs"), "rank": [1, 2, 3, 4], "overlap": [overlap] * 4, "role": "train"}), QUEUE
    )
    progress = vote_ledger.progress(queue, empty(ASKS), frame, frozenset())
    again = retirement.images_to_ask_again(frame, progress, "A")
    asks = conform(pl.DataFrame({"image_id": again}, {"image_id": pl.String}).with_columns(extra=pl.lit(1)), ASKS)
    after = vote_ledger.progress(queue, asks, frame, frozenset())
    own = {image for image, who, _ in rows if who == "A"}
    for image, _, needed, answered in after.iter_rows():
        others = answered - (image in own)
        missing = max(needed - answered, 0)
        assert others + missing >= overlap
        assert others + missing <= max(overlap, others)  # nobody is asked without need
