"""params.yaml of a campaign: knobs that are new come in, those that moved move; values, order and comments stay."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, TypeAlias

from silverprint import config, layout, yamltext
from silverprint.campaign import round_plan
from silverprint.campaign.upgrade import history
from silverprint.campaign.upgrade.moves import MOVES, Move
from silverprint.dvcfiles import yaml_edit
from silverprint.errors import ConfigError

Way: TypeAlias = tuple[str, ...]
Document: TypeAlias = dict[str, Any]
_ANY: Final = "*"
_PLANNED: Final = "planned"  # the section that the first versions had not


@dataclass(frozen=True)
class Upgraded:
    """
    Attributes:
        text: params.yaml as it becomes.
        as_before: its values, but for what changes how the campaign goes on: knobs that lead elsewhere than before
            are missing in it.
        notes: what happened to single knobs, a sentence each.
    """

    text: str
    as_before: Document
    notes: tuple[str, ...]


def upgrade(text: str, was_asked: Callable[[str], bool], moves: Sequence[Move] = MOVES) -> Upgraded:
    """
    Args:
        was_asked: whether people were asked in a round.

    Raises:
        ConfigError: it has a knob of which neither this version nor a line of `moves` knows; it breaks a rule.
    """
    document = yamltext.mapping(text, layout.PARAMS)
    text, carried, notes = _with_moves(text, document, moves)
    _require_known(document)
    as_before, template = deepcopy(document), history.template(str(layout.PARAMS))
    shipped, plans = yamltext.mapping(template, layout.PARAMS), _PLANNED in document
    for name in (one for one in shipped if config.names_are_free((one,)) and one not in document):
        following = [one for one in list(shipped)[list(shipped).index(name) :] if one in document]
        text = yaml_edit.put_section(text, name, before=following[0])
        document[name], as_before[name] = {}, {}
        notes.append(f"{name} = {{}} is new")
    for way in list(_missing(document, shipped)):
        value = _value(way, _get(shipped, way), carried)
        text = _added(text, document, template, shipped, way, value)
        _set(document, way, value)
        if way in carried or config.default_of(way) is not config.REQUIRED:
            _set(as_before, way, value)
        if way not in carried:
            notes.append(f"{'.'.join(way)} = {value!r} is new")
    meant = config.parse(text)
    if not plans and (unasked := list(takewhile(lambda name: not was_asked(name), reversed(meant.chain)))):
        text = _planned(text, unasked)
        del as_before[_PLANNED]
        notes.append(_said(unasked))
    return Upgraded(text, as_before, tuple(notes))


def _planned(text: str, unasked: Sequence[str]) -> str:
    """With these rounds planned, the last one first: an earlier version had no plan but `rounds`."""
    for name in unasked:
        text = round_plan.plan_again(text, name)
    config.parse(text)
    return text


def _said(unasked: Sequence[str]) -> str:
    names, are = ", ".join(reversed(unasked)), "are" if len(unasked) > 1 else "is"
    rule = "nobody was asked yet, and nobody is before a lead opens a round"
    return f"{names} {are} planned now: {rule}: silverprint round open {unasked[-1]}"


def _with_moves(text: str, document: Document, moves: Sequence[Move]) -> tuple[str, dict[Way, Any], list[str]]:
    """The text without the earlier names; the values that present knobs get by them; what to say.

    `document`, the values of the text, is changed likewise.
    """
    carried: dict[Way, Any] = {}
    notes = []
    for move in moves:
        for old, new in _places(document, move):
            value, became = _pop(document, old), "is gone"
            if new is not None:
                _require_one(document, old, new)
                became = f"is {'.'.join(new)} now"
            if new is not None and move.value is None:
                text = _moved(text, old, new, value)
                _set(document, new, value)
            else:
                text = yaml_edit.drop(text, old)
            if new is not None and move.value is not None:
                carried[new] = move.value(value)
                became = f"is {'.'.join(new)} = {carried[new]!r} now"
            notes.append(f"{'.'.join(old)} = {value!r} {became} (since {move.since}): {move.why}")
    return text, carried, notes


def _places(document: Document, move: Move) -> Iterator[tuple[Way, Way | None]]:
    """Where the document has the knob, and where it goes: as often as `*` stands for a name."""

    def walk(holder: Any, rest: Sequence[str], so_far: Way) -> Iterator[Way]:
        if not rest:
            yield so_far
        elif isinstance(holder, dict):
            for name in list(holder) if rest[0] == _ANY else [rest[0]] if rest[0] in holder else []:
                yield from walk(holder[name], rest[1:], (*so_far, name))

    pattern = move.old.split(".")
    for old in walk(document, pattern, ()):
        names = [name for name, said in zip(old, pattern, strict=True) if said == _ANY]
        new = move.new and [names.pop(0) if part == _ANY else part for part in move.new.split(".")]
        yield old, tuple(new) if new else None


def _require_one(document: Document, old: Way, new: Way) -> None:
    """
    Raises:
        ConfigError: the campaign has both, the earlier knob and the present one.
    """
    if _get(document, new) is not None:
        value = f"params.yaml {'.'.join(old)} and {'.'.join(new)}"
        raise ConfigError(value, "the first is the earlier name of the second", "remove the one that is not meant")


def _moved(text: str, old: Way, new: Way, value: Any) -> str:
    if old[:-1] == new[:-1]:
        return yaml_edit.rename(text, old, new[-1])
    return yaml_edit.put(yaml_edit.drop(text, old), new, value)


def _require_known(document: Document) -> None:
    unknown = config.unknown_knobs(document)
    if unknown:
        rule = "this version knows no such knob, and no rule says what became of it"
        remedy = "see silverprint docs params and CHANGELOG.md, and correct or remove it; a later version may know it"
        raise ConfigError(f"params.yaml {', '.join(unknown)}", rule, remedy)


def _missing(document: Document, shipped: Document, above: Way = ()) -> Iterator[Way]:
    """The knobs of `shipped` that `document` lacks, as high up as one is missing; not names that a team chooses."""
    for name, value in shipped.items():
        way = (*above, name)
        if config.names_are_free(way):
            continue
        if document.get(name) is None:
            yield way
        elif isinstance(value, dict) and isinstance(document[name], dict):
            yield from _missing(document[name], value, way)


def _value(way: Way, shipped: Any, carried: Mapping[Way, Any]) -> Any:
    """What the campaign gets: what an earlier knob said; else the default, with which it goes on as before; what is
    shipped where there is none.
    """
    if way in carried:
        return carried[way]
    if isinstance(shipped, dict):
        return {name: _value((*way, name), inner, carried) for name, inner in shipped.items()}
    default = config.default_of(way)
    return shipped if default is config.REQUIRED else default


def _added(text: str, document: Document, template: str, shipped: Document, way: Way, value: Any) -> str:
    """With the knob behind the one that it follows in the template, and the template's comments.

    Args:
        document: the values of `text`.
        shipped: those of `template`.
    """
    leaves = [(way, value)] if not isinstance(value, dict) else [((*way, name), inner) for name, inner in value.items()]
    for leaf, inner in leaves:
        if _get(shipped, leaf) != inner:
            template = yaml_edit.put(template, leaf, inner)
    siblings, ours = list(_get(shipped, way[:-1])), _get(document, way[:-1]) or {}
    before = [name for name in siblings[: siblings.index(way[-1])] if name in ours]
    after = before[-1] if before else next(reversed(ours), "")
    return yaml_edit.put_lines(text, way, after, yaml_edit.lines_of(template, way), value)


def _get(document: Document, way: Sequence[str]) -> Any:
    found: Any = document
    for name in way:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _set(document: Document, way: Way, value: Any) -> None:
    holder = document
    for name in way[:-1]:
        holder = holder.setdefault(name, {})
    holder[way[-1]] = deepcopy(value)


def _pop(document: Document, way: Way) -> Any:
    return _get(document, way[:-1]).pop(way[-1])
