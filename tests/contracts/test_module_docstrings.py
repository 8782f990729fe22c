"""Module docstrings: each begins with a noun that says what the module is."""

import ast
from typing import Final

from tests.contracts.digests import ROOT

_NO_NOUNS: Final = {"A", "An", "The", "Everything", "How", "What", "When", "Where", "Whether", "Which", "Who", "Why"}
_DOCSTRINGS: Final = {
    str(path.relative_to(ROOT)): ast.get_docstring(ast.parse(path.read_text("utf-8")))
    for path in sorted((ROOT / "src").rglob("*.py"))
}


def test_every_module_has_a_docstring() -> None:
    assert len(_DOCSTRINGS) > 300
    assert [path for path, text in _DOCSTRINGS.items() if not text] == []


def test_a_docstring_opens_with_a_noun_and_a_whole_sentence() -> None:
    opening = {path: (text or "").split("\n\n")[0] for path, text in _DOCSTRINGS.items()}
    assert [path for path, text in opening.items() if text.split()[0] in _NO_NOUNS] == []
    assert [path for path, text in opening.items() if not text.endswith((".", ":"))] == []
