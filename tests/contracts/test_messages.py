"""Messages name one command that runs the pipeline: decision 0282."""

import ast
from pathlib import Path

import pytest

from tests.contracts.digests import ROOT

SOURCES = sorted((ROOT / "src/silverprint").rglob("*.py"))
# Where DVC's own command is meant: what `silverprint repro` and the demo call.
OF_DVC = {"command_table.py", "run.py"}


def messages(path: Path) -> list[str]:
    """The strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in bare
    ]


@pytest.mark.slow
def test_messages_say_silverprint_repro() -> None:
    found = [(path.name, text) for path in SOURCES for text in messages(path) if "dvc repro" in text]
    assert {name for name, _ in found} <= OF_DVC, f"say silverprint repro: {found}"


def test_a_message_is_told_from_a_docstring(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""as `dvc repro`"""\nsay(f"go on: dvc repro {1}")\n')
    assert messages(module) == ["go on: dvc repro "]
