"""Class names of params.yaml: what one may be, and what a list of them may not hold."""

import unicodedata
from typing import Final

from silverprint.errors import ConfigError
from silverprint.records import NONE_OF_THESE, UNSURE

_JOINERS: Final = "\u200c\u200d"  # part of the spelling of Persian, of Indian languages, of emoji
_INVISIBLE: Final = _JOINERS + "\ufe0e\ufe0f"  # and so are variation selectors
_FILLERS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # printable to Unicode, and nobody sees them
_LONGEST_NAME, _LONGEST_FOLDER = 80, 200  # characters; bytes, of the 255 that file systems allow


def class_name(text: str) -> str:
    """`text`, where a class may have that name; else a ValueError whose text is the rule."""
    if text != text.strip() or not text:
        raise ValueError("a class has a name, without spaces at its ends")
    if not is_printable(text) or any(mark in text for mark in _FILLERS):
        raise ValueError("a class is one line of printable characters")
    if text.startswith(".") or "/" in text or "\\" in text:
        raise ValueError("a class is a folder's name in the release: no / or \\ in it, no dot in front")
    if len(text) > _LONGEST_NAME or len(text.encode()) > _LONGEST_FOLDER:
        rule = f"at most {_LONGEST_NAME} characters and {_LONGEST_FOLDER} bytes"
        raise ValueError(f"a class is a folder's name in the release: {rule}")
    return text


def check_class_list(classes: tuple[str, ...]) -> None:
    """Refuses, as ConfigError, names that are no list of classes together."""
    if len(set(classes)) != len(classes) or len(classes) < 2:
        raise ConfigError(f"dataset.classes = {list(classes)}", "at least two classes, each once", "fix the list")
    seen: dict[str, str] = {}
    for name in classes:
        folded = _folded(name)
        if folded in (_folded(UNSURE), _folded(NONE_OF_THESE)):
            raise ConfigError(f"dataset.classes has {name!r}", "the name is used for an answer", "rename the class")
        if folded in seen:
            value = f"dataset.classes has {seen[folded]!r} and {name!r}"
            rule = "they differ in case, Unicode form or joiners only: people, and many file systems, see one name"
            raise ConfigError(value, rule, "rename one")
        seen[folded] = name


def _folded(name: str) -> str:
    name = "".join(mark for mark in name if mark not in _INVISIBLE)
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


def is_printable(text: str) -> bool:
    """Whether every character is shown as something, or joins what is."""
    return all(character.isprintable() or character in _JOINERS for character in text)
