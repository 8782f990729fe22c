"""Any sequence of changes keeps every vote, and every vote means what a person would say it means by now."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.votes.class_changes import Change, ended, fault, last_name, mapped, meaning
from silverprint.records import NONE_OF_THESE, OBSOLETE, UNSURE, VOTES, conform

START = ("bag", "coat", "hat", "shirt")


def change(number: int, kind: str, before: str = "", after: str = "") -> Change:
    return Change(f"2026-01-05T10:00:{number:02d}", kind, tuple(before.split()), tuple(after.split()))


def changes(*told: str) -> list[Change]:
    """Of `rename coat > jacket` and the like."""
    rows = [(kind, *rest.partition(">")) for kind, _, rest in (line.partition(" ") for line in told)]
    return [change(number, kind, before, after) for number, (kind, before, _, after) in enumerate(rows)]


@dataclass
class World:
    """Classes as things, each with a name, and what became of those that are none any more: a second way to tell."""

    names: dict[int, str] = field(default_factory=lambda: dict(enumerate(START)))
    became: dict[int, tuple[int, ...]] = field(default_factory=dict)
    away: set[int] = field(default_factory=set)
    spent: set[str] = field(default_factory=set)  # names of ended classes
    young: int = 100

    def new(self, name: str) -> int:
        self.young += 1
        self.names[self.young] = name
        return self.young

    @property
    def there(self) -> dict[str, int]:
        return {name: thing for thing, name in self.names.items() if thing not in self.away}

    def means(self, thing: int) -> set[str]:
        if thing in self.became:
            return set().union(*(self.means(part) for part in self.became[thing]))
        return {NONE_OF_THESE} if thing in self.away else {self.names[thing]}

    def end(self, thing: int, parts: Sequence[int]) -> None:
        self.spent.add(self.names.pop(thing))
        self.became[thing] = tuple(parts)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Change], list[World]]:
    """Changes as a lead could make them, and the world before the first and after each."""
    world, told = World(), []
    worlds = [deepcopy(world)]
    for number in range(draw(st.integers(0, 8))):
        there = world.there
        taken = {*world.names.values(), *world.spent}
        free = [name for name in (*"abcdefgh", *START) if name not in taken]
        lost = sorted(world.names[thing] for thing in world.away)
        kind = draw(st.sampled_from(["add", "rename", "merge", "split", "retire"]))
        some = st.lists(st.sampled_from(sorted(there)), min_size=2, max_size=3, unique=True) if len(there) > 1 else None
        if kind == "add" and (free or lost):
            name = draw(st.sampled_from([*free, *lost]))
            if name in lost:
                world.away -= {thing for thing, own in world.names.items() if own == name}
            else:
                world.new(name)
            told.append(change(number, "add", "", name))
        elif kind == "rename" and free:
            old, new = draw(st.sampled_from(sorted(there))), draw(st.sampled_from(free))
            world.names[there[old]] = new
            told.append(change(number, "rename", old, new))
        elif kind == "merge" and some is not None:
            olds = draw(some)
            into = draw(st.sampled_from([*olds, *free]))
            thing = there[into] if into in olds else world.new(into)
            for old in olds:
                if there[old] != thing:
                    world.end(there[old], [thing])
            told.append(change(number, "merge", " ".join(olds), into))
        elif kind == "split" and len(free) > 1:
            old = draw(st.sampled_from(sorted(there)))
            news = draw(st.lists(st.sampled_from(free), min_size=2, max_size=3, unique=True))
            world.end(there[old], [world.new(name) for name in news])
            told.append(change(number, "split", old, " ".join(news)))
        elif kind == "retire" and len(there) > 2:
            old = draw(st.sampled_from(sorted(there)))
            world.away.add(there[old])
            told.append(change(number, "retire", old))
        worlds.append(deepcopy(world))
    return told, worlds


@given(histories(), st.data())
def test_a_choice_means_what_became_of_its_class(
    history: tuple[list[Change], list[World]], data: st.DataObject
) -> None:
    told, worlds = history
    assert fault(told) is None
    now = worlds[-1]
    # a change that could not be made leaves a world without a line: the worlds are found by how many lines there are
    seen = data.draw(st.integers(0, len(told)))
    then = worlds[_world_after(told, worlds, seen)]
    for name, thing in then.there.items():
        assert set(meaning(name, told[seen:])) == now.means(thing)
    for name, means in ended(told).items():
        assert name not in now.there
        assert set(means) <= {*now.there, NONE_OF_THESE}


def _world_after(told: list[Change], worlds: list[World], lines: int) -> int:
    """The place of the world after so many lines: `at` is the number of the attempt."""
    return 0 if lines == 0 else int(told[lines - 1].at[-2:]) + 1


votes = st.lists(
    st.tuples(
        st.sampled_from(["x", "y", "z"]),
        st.sampled_from([*START, NONE_OF_THESE, UNSURE, ""]),
        st.sampled_from(["valid", "superseded", "deleted", "unknown-class"]),
    ),
    max_size=12,
)


def frame(rows: Sequence[tuple[str, str, str]]) -> pl.DataFrame:
    statuses = ["unsure" if c == UNSURE else "empty" if c == "" else status for _, c, status in rows]
    return conform(
        pl.DataFrame(
            {
                "image_id": [image for image, _, _ in rows],
                "annotator": [f"s-{n}" for n in range(len(rows))],
                "choice": [choice for _, choice, _ in rows],
                "status": statuses,
                "annotation_id": list(range(len(rows))),
            },
            schema_overrides={"image_id": pl.String, "annotator": pl.String, "choice": pl.String, "status": pl.String},
        ),
        VOTES,
    )


@given(votes, histories())
def test_no_change_loses_a_vote(rows: list[tuple[str, str, str]], history: tuple[list[Change], list[World]]) -> None:
    told, worlds = history
    cast = frame(rows)
    found = mapped(cast, told)
    assert found.drop("choice", "status").equals(cast.drop("choice", "status"))
    counting = found.filter(status="valid")["choice"]
    assert set(counting) <= {*worlds[-1].there, NONE_OF_THESE}
    was_valid = cast["status"] == "valid"
    assert set(found.filter(was_valid)["status"]) <= {"valid", OBSOLETE}
    assert found.filter(~was_valid).equals(cast.filter(~was_valid))
    lost = found["status"] == OBSOLETE
    assert found.filter(lost)["choice"].equals(cast.filter(lost)["choice"])


def test_votes_without_a_change_are_the_very_same() -> None:
    cast = frame([("x", "coat", "valid"), ("y", "", "valid")])
    assert mapped(cast, []) is cast
    assert mapped(cast, changes("rename hat > cap")) is cast


@pytest.mark.parametrize(
    ("told", "name", "means"),
    [
        (["rename coat > jacket", "rename jacket > parka"], "coat", ("parka",)),
        (["merge coat hat > outer", "rename outer > outdoor"], "hat", ("outdoor",)),
        (["rename coat > x", "rename hat > coat", "rename x > hat"], "coat", ("hat",)),  # two names swapped
        (["rename coat > x", "rename hat > coat", "rename x > hat"], "hat", ("coat",)),
        (["rename coat > x", "rename x > coat"], "coat", ("coat",)),
        (["split coat > parka cape"], "coat", ("parka", "cape")),
        (["split coat > parka cape", "merge parka cape > outer"], "coat", ("outer",)),
        (["split coat > parka cape", "merge parka hat > warm"], "coat", ("cape", "warm")),
        (["retire coat"], "coat", (NONE_OF_THESE,)),
        (["retire coat", "add > coat"], "coat", ("coat",)),
        (["merge coat hat > coat", "retire coat"], "hat", (NONE_OF_THESE,)),
        (["add coat > parka"], "coat", ("coat",)),
    ],
)
def test_chains_are_followed_in_their_order(told: list[str], name: str, means: tuple[str, ...]) -> None:
    assert fault(changes(*told)) is None
    assert meaning(name, changes(*told)) == means


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (["merge coat hat > coat", "add > hat"], "belongs to the class that was ended by 'merge'"),
        (["split coat > parka cape", "rename hat > coat"], "ended by 'split'"),
        (["retire coat", "rename hat > coat"], "ended by 'retire'"),
        (["rename coat > jacket", "retire coat"], "no class was called 'coat'"),
        (["add > parka", "rename hat > parka"], "was a class already"),
        (["rename coat > coat"], "gives other names"),
        (["split coat > parka"], "1 classes after"),
        (["merge coat > parka"], "1 classes before"),
    ],
)
def test_a_change_that_would_confuse_votes_is_named(told: list[str], why: str) -> None:
    found = fault(changes(*told))
    assert found is not None
    assert (found[0], why in found[1]) == (len(told) - 1, True), found


def test_what_is_left_of_a_split_majority_makes_no_minority_right() -> None:
    cast = frame([("x", "coat", "valid"), ("x", "hat", "valid"), ("y", "coat", "valid"), ("y", "hat", "valid")])
    more = pl.concat([cast, frame([("y", "hat", "valid")])])
    found = mapped(more, changes("split coat > parka cape"))
    assert found["status"].to_list() == [OBSOLETE, OBSOLETE, OBSOLETE, "valid", "valid"]
    assert found["choice"].to_list() == more["choice"].to_list()


def test_an_ended_class_keeps_its_last_name() -> None:
    told = changes("rename coat > jacket", "merge jacket hat > hat", "rename hat > cap")
    assert [last_name(name, told) for name in ("coat", "hat", "bag")] == ["jacket", "cap", "bag"]
