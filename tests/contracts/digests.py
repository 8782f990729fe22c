"""A digest of the code behind each stage: its module and all it imports, without comments, docstrings and layout.

`python -m tests.contracts.digests` accepts the code as it is, once versions.yaml says what the change means.
"""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

import grimp
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
ACCEPTED = Path(__file__).with_name("stage_digests.json")
# These decide how a stage talks and where files lie, not what is in them.
TALK = {"silverprint.console", "silverprint.errors", "silverprint.layout"}


def current() -> dict[str, dict[str, object]]:
    versions = YAML(typ="safe").load((ROOT / "versions.yaml").read_text())
    graph = grimp.build_graph("silverprint", cache_dir=None)
    return {stage: {"version": number, "digest": _digest(graph, stage)} for stage, number in versions.items()}


def _digest(graph: grimp.ImportGraph, stage: str) -> str:
    root = f"silverprint.stages.{stage}"
    behind = {root} | graph.find_descendants(root)
    for module in list(behind):
        behind |= graph.find_upstream_modules(module)
    whole = hashlib.sha256()
    for module in sorted(behind - TALK):
        whole.update(module.encode() + _meaning(module))
    return whole.hexdigest()[:16]


@cache  # of thirteen stages most share most modules
def _meaning(module: str) -> bytes:
    base = ROOT / "src" / Path(*module.split("."))
    path = base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree).encode()


if __name__ == "__main__":
    ACCEPTED.write_text(json.dumps(current(), indent=2) + "\n")
