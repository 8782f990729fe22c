"""Blocks of dvc.yaml: its text as one block a stage, comments included, so that stages can be exchanged one by one.

A block is written as at the left margin. In a block of the tool the lines of all sources are one line, `<source>`: so
blocks of two campaigns can be compared.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from textwrap import indent
from typing import Final

from silverprint import layout, yamltext
from silverprint.errors import ConfigError

SOURCE: Final = "<source>"
_STAGES: Final = re.compile(r"stages:\s*(#.*)?")
_LIST_OF: Final = r"(?m)^( *- data/\w+/)(?:{0})[ \t]*\n(?:\1(?:{0})[ \t]*(?:\n|\Z))*"


@dataclass(frozen=True)
class Pipeline:
    """
    Attributes:
        head: all lines up to `stages:`, which is the last of them.
        stages: name -> block.
        tail: the lines from the next key of the file on.
    """

    head: str
    stages: dict[str, str]
    tail: str = ""

    def text(self) -> str:
        return self.head + "".join(indent(block, "  ") for block in self.stages.values()) + self.tail


def split(text: str) -> Pipeline:
    """
    Raises:
        ConfigError: it is no pipeline, or not written with a line for `stages:` and one, indented, for each stage.
    """
    meant = yamltext.mapping(text, layout.PIPELINE).get("stages")
    lines = text.splitlines(keepends=True)
    begin = next((number for number, line in enumerate(lines, 1) if _STAGES.fullmatch(line.rstrip())), None)
    if begin is None or not isinstance(meant, dict):
        raise _unsplit("it has no line `stages:`")
    end = next((at for at in range(begin, len(lines)) if re.match(r"[^\s#]", lines[at])), len(lines))
    blocks = _blocks(lines[begin:end])
    if list(blocks) != [str(name) for name in meant]:
        raise _unsplit("its stages do not each begin on a line of their own")
    last = blocks[next(reversed(blocks))] if blocks else ""
    if last and not last.endswith("\n"):
        blocks[next(reversed(blocks))] = f"{last}\n"
    return Pipeline("".join(lines[:begin]), blocks, "".join(lines[end:]))


def _blocks(lines: Iterable[str]) -> dict[str, str]:
    """Comments and empty lines go with the stage below them; those after the last stage, with that one."""
    found: dict[str, list[str]] = {}
    waiting: list[str] = []
    margin, name = None, ""
    for line in lines:
        key = re.match(r"( +)([^\s#:'\"][^:]*?|'[^']*'|\"[^\"]*\"):(\s|$)", line)
        if key and margin in (None, key[1]):
            margin, name = key[1], key[2].strip("'\"")
            found[name] = [*waiting, line]
            waiting = []
        elif not line.strip() or (line.lstrip().startswith("#") and _depth(line) <= len(margin or line)):
            waiting.append(line)
        else:
            found.setdefault(name, []).extend([*waiting, line])
            waiting = []
    if waiting:
        found.setdefault(name, []).extend(waiting)
    return {name: "".join(line.removeprefix(margin or "") for line in block) for name, block in found.items()}


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def without_sources(block: str, names: Collection[str]) -> str:
    """With one line `<source>` where it lists sources of `names`, whatever their order."""
    if not names:
        return block
    pattern = _LIST_OF.format("|".join(map(re.escape, names)))
    return re.sub(pattern, rf"\1{SOURCE}\n", block)


def with_sources(block: str, names: Iterable[str]) -> str:
    """With a line for each of `names` in place of each line `<source>`."""
    every = list(names)
    lines = block.splitlines(keepends=True)
    return "".join(line.replace(SOURCE, name) for line in lines for name in (every if SOURCE in line else [""]))


def _unsplit(why: str) -> ConfigError:
    remedy = f"write it as the tool does: git show HEAD:./{layout.PIPELINE}"
    return ConfigError(str(layout.PIPELINE), f"its stages cannot be told apart: {why}", remedy)
