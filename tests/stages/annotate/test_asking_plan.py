from hypothesis import given
from hypothesis import strategies as st

from silverprint.annotation_backend import StoredTask
from silverprint.stages.annotate import asking_plan
from silverprint.stages.annotate.asking_plan import Wanted, plan

IDS = [f"i{number}" for number in range(12)]
missing = st.dictionaries(st.sampled_from(IDS), st.integers(0, 3))
pages = st.dictionaries(st.sampled_from(IDS), st.integers(1, 3))


@given(missing, pages)
def test_everybody_who_is_wanted_is_asked_and_each_task_once(missing, page_of):
    found = plan(missing, page_of)
    assert len({one.key for one in found}) == len(found)
    for image_id, people in missing.items():
        asked = sum(one.people for one in found if image_id in one.image_ids)
        shared = [one for one in found if image_id in one.image_ids and len(one.image_ids) > 1]
        assert asked >= people
        assert asked == max(people, *(one.people for one in shared), 0)
    assert all(one.people >= 0 and set(one.image_ids) <= missing.keys() for one in found)


@given(missing)
def test_without_pages_each_picture_is_asked_in_its_order(missing):
    assert plan(missing, {}) == [Wanted(image_id, (image_id,), people) for image_id, people in missing.items()]


def test_a_page_is_asked_as_most_of_it_wants_and_what_wants_more_is_asked_apart():
    found = plan({"a": 1, "b": 1, "c": 2, "d": 0}, {"a": 5, "b": 5, "c": 5, "d": 5})
    assert [(one.image_ids, one.people, one.apart) for one in found if one.people] == [
        (("a", "b", "c", "d"), 1, False),
        (("c",), 1, True),
    ]


def test_what_is_left_of_a_page_alone_is_no_page():
    assert plan({"a": 2}, {"a": 1, "b": 1}) == [Wanted("a", ("a",), 2)]


def test_tasks_that_ask_the_same_have_one_key():
    page_of = {"a": 1, "b": 1, "c": 2, "d": 2}
    keys = [
        asking_plan.task_key(StoredTask(1, places, 1, False), page_of)
        for places in [("a", "b"), ("", "b"), ("c", "d"), ("a",), ("",), ("", ""), ("x", "y")]
    ]
    assert keys == ["page 1", "page 1", "page 2", "a", None, None, None]
