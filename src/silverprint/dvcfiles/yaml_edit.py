"""Edits of params.yaml and dvc.yaml in place: only the value's characters change, comments, order and style stay.

A way is a path of keys and places: ("rounds", "r02", "budget"). Each function gives the new text.
"""

from functools import lru_cache
from io import StringIO
from textwrap import dedent, indent
from typing import Any, TypeAlias, TypeGuard

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, SequenceNode

from silverprint import yamltext
from silverprint.errors import ConfigError

Way: TypeAlias = tuple[str | int, ...]
Part: TypeAlias = tuple[Node, Node]  # key and value; of a list, twice the item


def put(text: str, way: Way, value: Any) -> str:
    """With `value` at `way`, whose last key may be new: then it comes after the others of its mapping."""
    above, holder = _at(text, way[:-1])
    entry = _find(holder, way[-1])
    if entry is not None:
        edited = _replaced(text, entry, _inline(value))
    elif not _filled(holder):
        edited = _replaced(text, (above, holder), _inline({way[-1]: value}))
    else:
        edited = _after(text, holder, len(holder.value), {way[-1]: value})
    meant, inner = _meaning(text, way)
    inner[way[-1]] = value
    return _as_meant(edited, meant, way)


def put_first(text: str, way: Way, value: Any) -> str:
    """With `value` at `way`, whose last key is new, before the others of its mapping."""
    holder = _at(text, way[:-1])[1]
    if not _filled(holder):
        return put(text, way, value)
    first, new = _parts(holder)[0][0].start_mark, _inline({way[-1]: value})[1:-1]
    between = ", " if holder.flow_style else "\n" + " " * first.column
    edited = text[: first.index] + new + between + text[first.index :]
    meant, inner = _meaning(text, way)
    inner[way[-1]] = value
    return _as_meant(edited, meant, way)


def rename(text: str, way: Way, name: str) -> str:
    """With the key at `way` called `name`, where it stands."""
    key = _find(_at(text, way[:-1])[1], way[-1])[0]
    edited = text[: key.start_mark.index] + name + text[key.end_mark.index :]
    meant, inner = _meaning(text, way)
    inner[name] = inner.pop(way[-1])
    return _as_meant(edited, meant, way)


def put_lines(text: str, way: Way, after: str, lines: str, value: Any) -> str:
    """With a new key at `way` behind the key `after` of its mapping, written as `lines`, which have the comments.

    Args:
        after: of no importance where the mapping is empty.
        lines: as they stand at the left margin. A mapping between braces gets the key and `value` alone.
    """
    holder, lines = _at(text, way[:-1])[1], lines.rstrip("\n")
    if not _filled(holder) and not way[2:]:  # a section that is empty
        edited = _pasted(text, str(way[0]), indent(lines, "  "), 2, first=True)
    elif not _filled(holder) or holder.flow_style:
        return put(text, way, value)
    else:
        at = _line_end(text, _end(text, _find(holder, after)))
        edited = f"{text[:at]}\n{indent(lines, ' ' * int(holder.start_mark.column))}{text[at:]}"
    meant, inner = _meaning(text, way)
    inner[way[-1]] = value
    return _as_meant(edited, meant, way)


def put_entry(text: str, way: Way, value: Any) -> str:
    """As `put`, of a new entry of a section; in an empty one it gets a line of its own, where the comment stays."""
    if _filled(_at(text, way[:-1])[1]):
        return put(text, way, value)
    return put_lines(text, way, "", _inline({way[-1]: value})[1:-1], value)


def put_section(text: str, name: str, before: str) -> str:
    """With an empty section `name` above the section `before` and its comments."""
    at = _comments_start(text, _find(_at(text, ())[1], before)[0].start_mark.index)
    meant, _ = _meaning(text, ())
    return _as_meant(f"{text[:at]}{name}: {{}}\n{text[at:]}", {**meant, name: {}}, (name,))


def move(text: str, section: str, name: str, to: str, *, first: bool = False) -> str:
    """With the entry `name` of a section in the section `to`, behind its entries or before them. The comments on its
    lines and right above them go along; in a mapping in braces there is no place for those.
    """
    (section_key, holder), (key, value), target = _at(text, (section,)), _at(text, (section, name)), _at(text, (to,))[1]
    meant, _ = _meaning(text, ())
    carried = meant[section].pop(name)
    meant[to] = {**(meant[to] or {}), name: carried}
    if holder.flow_style or (_filled(target) and target.flow_style):
        edited = (put_first if first else put)(drop(text, (section, name)), (to, name), carried)
        return _as_meant(edited, meant, (section, name))
    start, end = _comments_start(text, key.start_mark.index), _line_end(text, _end(text, (key, value)))
    if len(holder.value) > 1:
        edited = text[:start] + text[end + 1 :]
    else:
        colon = text.index(":", section_key.end_mark.index) + 1
        edited = f"{text[:colon]} {{}}{text[colon:start]}{text[end + 1 :]}"
    return _as_meant(_pasted(edited, to, text[start:end], key.start_mark.column, first), meant, (section, name))


def _pasted(text: str, to: str, lines: str, column: int, first: bool) -> str:
    """`lines`, an entry that stood at `column`, in the block mapping `to`, which may be empty."""
    key, target = _at(text, (to,))
    if not _filled(target):
        colon, end = text.index(":", key.end_mark.index) + 1, max(target.end_mark.index, key.end_mark.index + 1)
        text = text[:colon] + (text[end:] if target.start_mark.index < target.end_mark.index else text[colon:])
        at = _comment_end(text, _line_end(text, colon), column)
        return f"{text[:at]}\n{lines}{text[at:]}"
    parts = _parts(target)
    here = parts[0][0].start_mark.column
    lines = "\n".join(_shifted(line, here - column) for line in lines.split("\n"))
    if first:
        at = _comments_start(text, parts[0][0].start_mark.index)
        return f"{text[:at]}{lines}\n{text[at:]}"
    at = _line_end(text, _end(text, parts[-1]))
    return f"{text[:at]}\n{lines}{text[at:]}"


def _shifted(line: str, by: int) -> str:
    return " " * by + line if by > 0 and line else line.removeprefix(" " * -by)


def _comments_start(text: str, at: int) -> int:
    """Where the line of `at` begins, or the first of the lines right above it that hold comments alone. A deeper one
    goes on with the comment behind the line above it.
    """
    start = text.rfind("\n", 0, at) + 1
    column = at - start
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not _is_comment(text[above:start]) or _indent(text[above:start]) > column:
            break
        start = above
    return start


def _comment_end(text: str, at: int, column: int) -> int:
    """Where the comment of the line that ends at `at` ends: it may go on below, in lines deeper than `column`."""
    while _is_comment(line := text[at + 1 : _line_end(text, at + 1)]) and _indent(line) > column:
        at = _line_end(text, at + 1)
    return at


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def lines_of(text: str, way: Way) -> str:
    """The lines of the key at `way`, with the comments and the empty line above it, as at the left margin."""
    key, value = _find(_at(text, way[:-1])[1], way[-1])
    first = text.rfind("\n", 0, key.start_mark.index) + 1
    while first and _is_above(line := text[text.rfind("\n", 0, first - 1) + 1 : first]):
        first -= len(line)
        if not line.strip():
            break
    return dedent(text[first : _line_end(text, _end(text, (key, value)))]) + "\n"


def _is_above(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def insert(text: str, way: Way, value: str) -> str:
    """With `value` in the list at `way[:-1]`, at the place `way[-1]`."""
    (_, holder), place = _at(text, way[:-1]), int(way[-1])
    if not _filled(holder):
        return put(text, way[:-1], [value])
    if place:
        edited = _after(text, holder, place, [value])
    else:
        first = holder.value[0].start_mark
        between = ", " if holder.flow_style else "\n" + text[first.index - first.column : first.index]
        edited = text[: first.index] + _inline(value) + between + text[first.index :]
    meant, inner = _meaning(text, way)
    inner.insert(place, value)
    return _as_meant(edited, meant, way)


def drop(text: str, way: Way) -> str:
    """Without the entry or the item at `way`."""
    holder = _at(text, way[:-1])[1]
    parts = _parts(holder)
    if len(parts) == 1:
        return put(text, way[:-1], {} if isinstance(holder, MappingNode) else [])
    place = parts.index(_find(holder, way[-1]))
    start, end = parts[place][0].start_mark.index, _end(text, parts[place])
    if not holder.flow_style:
        edited = text[: text.rfind("\n", 0, start) + 1] + text[_line_end(text, end) + 1 :]
    elif place + 1 < len(parts):
        edited = text[:start] + text[parts[place + 1][0].start_mark.index :]
    else:
        edited = text[: _end(text, parts[place - 1])] + text[end:]
    meant, inner = _meaning(text, way)
    del inner[way[-1]]
    return _as_meant(edited, meant, way)


def _after(text: str, holder: CollectionNode, count: int, addition: Any) -> str:
    """`addition`, a mapping or a list of one, behind the first `count` parts of `holder`."""
    key, last = _parts(holder)[count - 1]
    end = _end(text, (key, last))
    if holder.flow_style:
        return f"{text[:end]}, {_inline(addition)[1:-1]}{text[end:]}"
    if isinstance(addition, list):
        lines = text[key.start_mark.index - key.start_mark.column : key.start_mark.index] + _inline(addition[0])
    else:
        flow = isinstance(last, CollectionNode) and bool(last.flow_style) and not _is_scalar(*addition.values())
        lines = indent(_dumped(addition, flow=None if flow else False).rstrip("\n"), " " * holder.start_mark.column)
    at = _line_end(text, end)
    return f"{text[:at]}\n{lines}{text[at:]}"


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def _replaced(text: str, part: Part, new: str) -> str:
    start, end = _start(text, part), _end(text, part)
    if "\n" in text[part[0].end_mark.index : start]:  # a block below its key: the comments between them stay
        colon, line = text.index(":", part[0].end_mark.index) + 1, text.rfind("\n", 0, start)
        return f"{text[:colon]} {new}{text[colon:line]}{text[_line_end(text, end) :]}"
    return f"{text[:start]}{' ' if text[start - 1] == ':' else ''}{new}{text[end:]}"


def _start(text: str, part: Part) -> int:
    """Where a value begins; one that is not written, behind the colon of its key."""
    key, value = part
    if value.start_mark.index == value.end_mark.index:
        return text.index(":", key.end_mark.index) + 1
    return int(value.start_mark.index)


def _end(text: str, part: Part) -> int:
    """Where the last character of a value is; YAML's own mark of a block lies behind the comments that follow it."""
    value = part[1]
    if _filled(value) and not value.flow_style:
        return _end(text, _parts(value)[-1])
    start = _start(text, part)
    return start + len(text[start : value.end_mark.index].rstrip())


def _filled(node: Node) -> TypeGuard[CollectionNode]:
    return isinstance(node, CollectionNode) and bool(node.value)


def _parts(holder: CollectionNode) -> list[Part]:
    return holder.value if isinstance(holder, MappingNode) else [(item, item) for item in holder.value]


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _at(text: str, way: Way) -> Any:
    """The key (of the document: itself) and the value at `way`."""
    root = _composed(text)
    part = (root, root)
    for key in way:
        part = _find(part[1], key)
    return part


@lru_cache(4)
def _composed(text: str) -> Any:
    """The document's nodes, which nobody changes."""
    marked = text.startswith("\ufeff")  # which libyaml, ten times as fast, does not count
    return YAML(typ="safe", pure=marked).compose(text)


def _find(holder: Any, wanted: str | int) -> Any:
    if isinstance(holder, SequenceNode):
        return _parts(holder)[int(wanted)]
    pairs = holder.value if isinstance(holder, MappingNode) else []
    return next((part for part in pairs if part[0].value == wanted), None)


def _meaning(text: str, way: Way) -> tuple[Any, Any]:
    """The document as plain values and, in it, what holds the last of `way`."""
    document = holder = _each_its_own(yamltext.plain(text))
    for key in way[:-1]:
        if isinstance(holder, dict) and holder[key] is None:
            holder[key] = {}
        holder = holder[key]
    return document, holder


def _each_its_own(value: Any) -> Any:
    """A copy in which what YAML shares by an alias is no longer shared: an edit is meant at one place."""
    if isinstance(value, dict):
        return {key: _each_its_own(inner) for key, inner in value.items()}
    return [_each_its_own(inner) for inner in value] if isinstance(value, list) else value


def _as_meant(edited: str, meant: Any, way: Way) -> str:
    try:
        if yamltext.plain(edited) == meant:
            return edited
    except YAMLError:
        pass
    where = ".".join(map(str, way))
    raise ConfigError(where, "the file is written in a way that this command cannot edit", "change it by hand")


def _inline(value: Any) -> str:
    return _dumped({"_": value}, flow=True).strip().removeprefix("{_: ").removesuffix("}")


def _dumped(value: Any, flow: bool | None) -> str:
    yaml, out = YAML(), StringIO()
    yaml.width = 1_000_000
    yaml.default_flow_style = flow
    yaml.dump(value, out)
    return out.getvalue()
