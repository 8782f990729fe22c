"""Who answered is known from the database of a real Label Studio, without a word to the server."""

import pytest

from silverprint.annotation_backend import Task
from silverprint.demo import studio_answers
from silverprint.store import server_home

pytestmark = pytest.mark.slow


def test_answers_are_found_by_the_account_that_gave_them(house, opened, persons):
    house.push(opened, [Task.single(f"{n:02d}", f"/x/{n}.jpg", 2) for n in range(2)])
    before = studio_answers.by_email()
    ada, bo, _ = persons
    assert len(ada.work(opened)) == 2
    assert len(bo.work(opened, limit=1)) == 1
    after = studio_answers.by_email()
    new = {email: found - before.get(email, frozenset()) for email, found in after.items()}
    assert {email: len(found) for email, found in new.items() if found} == {
        "ada@silverprint.local": 2,
        "bo@silverprint.local": 1,
    }
    told = {(one.annotator.rpartition("-")[2], one.created_at) for one in house.annotations(opened)}
    assert frozenset().union(*new.values()) == told
    assert not list((server_home.STUDIO.folder / "data/export").iterdir())  # the list that we asked for was there
