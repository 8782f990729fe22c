"""An edit changes what it names and no other character."""

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from silverprint.dvcfiles.yaml_edit import drop, insert, put
from silverprint.errors import ConfigError

KEYS = [f"k{number}" for number in range(6)]
WORDS = st.sampled_from(["plain", "two words", "7", "yes", "it's", "a: b", "# no comment", "", "é"])
REMARKS = st.sampled_from(["", "\n", "  # remark", "\n# remark", "\n\n    # remark\n"])


def quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


@st.composite
def mappings(draw: st.DrawFn) -> str:
    """A mapping of mappings and lists, block or flow, quoted, with remarks and empty lines anywhere."""
    text = draw(st.sampled_from(["", "# head\n", "\n"]))
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=4, unique=True)):
        words = draw(st.lists(WORDS, min_size=1, max_size=3))
        names = KEYS[: len(words)]
        match draw(st.sampled_from(["map", "list", "unindented", "flow map", "flow list"])):
            case "map":
                value = "".join(f"\n  {n}: {quoted(w)}{draw(REMARKS)}" for n, w in zip(names, words, strict=True))
            case "list":
                value = "".join(f"\n  - {quoted(w)}{draw(REMARKS)}" for w in words)
            case "unindented":
                value = "".join(f"\n- {quoted(w)}{draw(REMARKS)}" for w in words)
            case "flow map":
                inside = ", ".join(f"{n}: {quoted(w)}" for n, w in zip(names, words, strict=True))
                value = f" {{{inside}}}{draw(REMARKS)}"
            case _:
                value = f" [{', '.join(map(quoted, words))}]{draw(REMARKS)}"
        text += f"{key}:{value}\n"
    return text


def load(text: str) -> dict[str, dict[str, str] | list[str]]:
    loaded: dict[str, dict[str, str] | list[str]] = YAML(typ="safe").load(text)
    return loaded


def changed(before: str, after: str) -> tuple[str, str]:
    """The characters that an edit took out, and those it put in, as one stretch."""
    start = next(
        (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return before[start : len(before) - end], after[start : len(after) - end]


@pytest.mark.slow
@given(text=mappings(), word=WORDS, data=st.data())
def test_what_is_put_is_read_again_and_nothing_else_is_touched(text: str, word: str, data: st.DataObject) -> None:
    meant = load(text)
    key = data.draw(st.sampled_from(sorted(meant)))
    held = meant[key]
    if isinstance(held, dict):
        inner = data.draw(st.sampled_from(KEYS))
        edited = put(text, (key, inner), word)
        lost = [held[inner]] if inner in held else []
        held[inner] = word
    else:
        place = data.draw(st.integers(0, len(held)))
        edited = insert(text, (key, place), word)
        lost = []
        held.insert(place, word)
    assert load(edited) == meant
    assert list(load(edited)) == list(meant)
    out, _ = changed(text, edited)
    assert len(out) <= sum(len(quoted(word)) for word in lost)


@given(text=mappings(), data=st.data())
def test_what_is_dropped_is_gone_and_its_neighbours_keep_their_remarks(text: str, data: st.DataObject) -> None:
    meant = load(text)
    key = data.draw(st.sampled_from(sorted(meant)))
    held = meant[key]
    inner: str | int = data.draw(st.sampled_from(sorted(held) if isinstance(held, dict) else [*range(len(held))]))
    edited = drop(text, (key, inner))
    del held[inner]  # type: ignore[arg-type]
    assert load(edited) == meant
    gone = [line[2:] for line in difflib.ndiff(text.splitlines(), edited.splitlines()) if line.startswith("- ")]
    assert len(gone) <= 2
    assert sum(line.strip().startswith("#") for line in gone) == 0


@given(text=mappings(), data=st.data())
def test_an_entry_that_was_added_and_dropped_leaves_no_trace(text: str, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(load(text))))
    entry = {"kind": "archive", "path": "a b", "classes": ["x", "y"]}
    if "new" not in load(text)[key]:
        way = (key, "new")
        if isinstance(load(text)[key], dict):
            assert drop(put(text, way, entry), way) == text
    assert drop(put(text, ("new",), entry), ("new",)) == text


def test_a_scalar_keeps_its_remark() -> None:
    assert put("last: r03  # of the chain\n", ("last",), "r04") == "last: r04  # of the chain\n"


def test_a_scalar_behind_a_list_in_brackets_has_a_line_of_its_own() -> None:
    assert put("a:\n  k: [x, y]\n", ("a", "n"), 0.6) == "a:\n  k: [x, y]\n  n: 0.6\n"


def test_what_two_places_share_cannot_be_edited_at_one() -> None:
    with pytest.raises(ConfigError, match=r"b\.k: .*change it by hand"):
        put("a: &x {k: 1}\nb: *x\n", ("b", "k"), 2)
