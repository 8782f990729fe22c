"""People who label at once on a real Label Studio on SQLite: all are answered, and no picture is asked too often."""

import pytest
from benchmarks.label_studio_load import crowd

from silverprint.adapters.labelstudio import Studio
from silverprint.commands import people


@pytest.mark.parametrize(
    ("count", "pictures", "seconds"),
    [
        pytest.param(8, 40, 300, marks=pytest.mark.slow, id="eight"),
        pytest.param(20, 600, 120, marks=pytest.mark.soak, id="twenty for two minutes"),
    ],
)
def test_people_at_once_give_the_answers_that_were_asked_for(restartable, count, pictures, seconds):
    names = [f"person-{number}" for number in range(count)]
    people.invite(names)
    seen = crowd(Studio.connect(), names, pictures, overlap=2, seconds=seconds)
    assert (seen.failed, seen.locked) == (0, 0), seen
    assert seen.answers, seen
    assert seen.surplus <= 0.01 * seen.answers, seen
    assert seen.answers == 2 * pictures or count == 20, seen
