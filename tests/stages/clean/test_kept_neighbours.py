"""Neighbours that are kept in var/: what is looked for when features are added, and when pictures go."""

from pathlib import Path

import numpy as np
import pytest

from silverprint import layout
from silverprint.core.features import nearest_neighbours
from silverprint.core.features.nearest_neighbours import Nearest, nearest
from silverprint.core.measures import thumbnail_alignment
from silverprint.stages.clean import look_alikes
from silverprint.store import features, files
from silverprint.store.features import Features


@pytest.fixture
def sought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Nearest | None]:
    """A folder without features, and what each search was given of an earlier one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(nearest_neighbours, "_ONE_CELL", 16)
    features.write_description(layout.EMBED, {"backbone": "b", "blocks": {"final": 20, "middle": 12}})
    given: list[Nearest | None] = []

    def watched(*arguments) -> Nearest:
        given.append(arguments[-2])
        return nearest(*arguments)

    monkeypatch.setattr(look_alikes, "nearest", watched)
    return given


def add(first: int, count: int, seed: int = 0) -> None:
    rows = np.random.default_rng([seed, first]).standard_normal((count, 32)).astype(np.float16)
    features.append(layout.EMBED, [f"{number:064x}" for number in range(first, first + count)], [rows])


def found(*dead: int) -> Nearest:
    """Of all but `dead`; and the same where nothing is kept."""
    opened = Features(layout.EMBED)
    live = np.full(len(opened.image_ids), True)
    live[list(dead)] = False
    kept = look_alikes.neighbours(opened, live)
    stored = layout.NEAREST.read_bytes()
    layout.NEAREST.unlink()
    fresh = look_alikes.neighbours(opened, live)
    for name in vars(kept):
        np.testing.assert_array_equal(getattr(kept, name), getattr(fresh, name), err_msg=name)
    layout.NEAREST.write_bytes(stored)
    return kept


def test_new_rows_are_looked_for_beside_what_is_kept(sought) -> None:
    add(0, 20)
    found()
    add(20, 8)
    found()
    assert [before and len(before.live) for before in sought] == [None, None, 20, None]
    sought.clear()
    found()
    assert sought == [None]  # as it was: the first time nothing is sought


def test_what_goes_is_nobodys_neighbour(sought) -> None:
    add(0, 30)
    neighbour = int(found().rows[29, 0])
    assert neighbour not in found(neighbour).rows
    assert [before and len(before.live) for before in sought] == [None, None, 30, None]


def test_twice_as_many_start_over(sought) -> None:
    add(0, 20)
    found()
    add(20, 20)
    found()
    assert sought == [None] * 4


def test_other_features_of_as_many_pictures_start_over(sought) -> None:
    add(0, 20)
    found()
    for part in layout.EMBED.glob("part-*"):
        part.unlink()
    add(0, 20, seed=1)
    add(20, 4)
    found()
    assert sought == [None] * 4


def test_a_damaged_file_is_as_none(sought) -> None:
    add(0, 20)
    found()
    layout.NEAREST.write_bytes(layout.NEAREST.read_bytes()[:300])
    found()
    assert sought == [None] * 4


def test_no_features_no_neighbours(sought) -> None:
    assert found().rows.shape == (0, 4)


def test_residuals_of_other_thumbnails_are_not_used(tmp_path, monkeypatch) -> None:
    """Those of another `measure`, or of another rule."""
    monkeypatch.chdir(tmp_path)
    mark = layout.measured("web") / layout.MEASURED_BY
    asked = [look_alikes.origin(["web"])]
    files.write_text(mark, "4\n")
    asked.append(look_alikes.origin(["web", "gone"]))
    files.write_text(mark, "5\n")
    asked.append(look_alikes.origin(["web"]))
    monkeypatch.setattr(thumbnail_alignment, "RULE", thumbnail_alignment.RULE + 1)
    asked.append(look_alikes.origin(["web"]))
    assert len(set(asked)) == len(asked)
