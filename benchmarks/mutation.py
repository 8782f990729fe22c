"""How many small faults planted in core/ the tests notice: python -m benchmarks.mutation --mutants 80 --seed 1

Each mutant is one change at a place drawn by chance, evenly over all places: a comparison, an arithmetic or a logical
operator is swapped, a number moves by one, a condition is negated, a keyword's truth is turned round. A copy of the
source has it; the quick tests that import the module run there, then those of the core that name it and those of the
modules that use it, and then the slow ones of the core among all these; they stop at the first that fails. Survivors
are printed, with the line as it was and as it became: some change nothing that anybody can see, the others want a test.
The command fails where less than four of five are noticed.
"""

import ast
import multiprocessing
import os
import random
import re
import resource
import shutil
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import pytest

from silverprint.core.evaluation.intervals import wilson

ROOT = Path(__file__).resolve().parents[1]
CORE = Path("src/silverprint/core")
LIMIT_S = 300  # of the processor, for the tests of one mutant: an endless loop is noticed, too
QUICK, SLOW = "not slow and not browser and not soak", "slow and not browser and not soak"
SAID = "said.txt"  # what the latest tests printed
NOTICED = 0.8  # share of the mutants below which the command fails
# Loaded once, for all processes of tests; nothing of this project.
_LIBRARIES = (
    "pytest",
    "numpy",
    "polars",
    "scipy.stats",
    "sklearn.linear_model",
    "sklearn.cluster",
    "PIL.Image",
)
SWAPS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.And: ast.Or, ast.Or: ast.And,
    ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitXor: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One changed place.

    Attributes:
        path: of the module, below the project.
        line: number of the place, from 1.
        was, became: the code of the place.
        source: the whole module with the change.
    """

    path: Path
    line: int
    was: str
    became: str
    source: str


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of a module, in the order of its code. Annotations and docstrings are left alone."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for place in range(sum(1 for _ in _places(ast.parse(text)))):
        tree = ast.parse(text)
        node = list(_places(tree))[place]
        was = ast.unparse(node)
        _change(node)
        yield Mutant(path, getattr(node, "lineno", 0), was, ast.unparse(node), ast.unparse(tree))


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list", "type_params"}:
            continue
        for node in value if isinstance(value, list) else [value]:
            if isinstance(node, ast.AST) and not (isinstance(node, ast.Assign) and _is_alias(node)):
                if _is_place(node):
                    yield node
                yield from _places(node)


def _is_alias(node: ast.Assign) -> bool:
    """Whether it names a type: `Rows = Float[...]`."""
    return isinstance(node.value, ast.Subscript) and isinstance(node.targets[0], ast.Name)


def _is_place(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return type(node.ops[0]) in SWAPS
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        return type(node.op) in SWAPS
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool | int | float)
    return isinstance(node, ast.If | ast.IfExp)


def _change(node: ast.AST) -> None:
    match node:
        case ast.Compare():
            node.ops[0] = SWAPS[type(node.ops[0])]()
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp():
            node.op = SWAPS[type(node.op)]()
        case ast.Constant(value=bool() as value):
            node.value = not value
        case ast.Constant(value=int() | float() as value):
            node.value = value + 1
        case ast.If() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)


def tests_of(path: Path) -> list[list[str]]:
    """Test files that import something of the module, others of the core that name it, and those that import
    something of a module that imports it."""
    package, name = path.parent.name, path.stem
    every = {str(test.relative_to(ROOT)): _text(test) for test in sorted((ROOT / "tests").rglob("test_*.py"))}
    importing = _importing(path, every)
    word = package if name == "__init__" else name
    naming = [test for test in every if test.startswith("tests/core/") and word in every[test]]
    modules = {str(module.relative_to(ROOT)): _text(module) for module in sorted((ROOT / "src").rglob("*.py"))}
    users = [test for module in _importing(path, modules) for test in _importing(Path(module), every)]
    groups, known = list[list[str]](), set[str]()
    for tests in (importing, naming, users):
        groups.append(sorted({*tests} - known))
        known |= {*tests}
    return [tests for tests in groups if tests] or [["tests/core"]]


def _importing(path: Path, files: Mapping[str, str]) -> list[str]:
    """Which of the files (name -> text) import something of a module."""
    module = ".".join((path.parent if path.stem == "__init__" else path.with_suffix("")).relative_to("src").parts)
    package, _, name = module.rpartition(".")
    written = re.compile(rf"\b({re.escape(module)}|{re.escape(package)} import ([\w, (\n]*\W)?{name})\b")
    return [one for one, text in files.items() if written.search(text)]


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def survives(mutant: Mutant, tree: Path) -> bool:
    """Whether the tests pass on `tree`, a copy of the project, with the mutant in it."""
    place = tree / mutant.path
    whole = place.read_text(encoding="utf-8")
    place.write_text(mutant.source, encoding="utf-8")
    try:
        found = tests_of(mutant.path)
        slow = [test for tests in found for test in tests if test.startswith("tests/core")]
        return all(_pass(tests, tree) for tests in found) and (not slow or _pass(slow, tree, SLOW))
    finally:
        place.write_text(whole, encoding="utf-8")


def _pass(tests: list[str], tree: Path, marks: str = QUICK, seconds: int = LIMIT_S) -> bool:
    """Whether those of the tests that have the marks pass, in a process that may use the processor for so long."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_LIBRARIES))
    process = context.Process(target=_run_tests, args=(tests, tree, marks, seconds))
    process.start()
    process.join()
    return process.exitcode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def _run_tests(tests: list[str], tree: Path, marks: str, seconds: int) -> NoReturn:
    """Ends the process with pytest's exit code; what this project's copy in `tree` has of a module counts."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("silverprint", "benchmarks", "tests")]:
        del sys.modules[name]
    os.chdir(tree)
    sys.path[:0] = [str(tree / "src"), str(tree)]
    os.environ["PYTHONPATH"] = str(tree / "src")
    said = os.open(tree.parent / SAID, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    loaded = "ignore::pytest.PytestAssertRewriteWarning"  # some plugins are, like the libraries
    words = ["-qx", "-p", "no:cacheprovider", "-W", loaded, "-m", marks]
    sys.exit(int(pytest.main([*words, *tests])))


def run(count: int, seed: int) -> list[Mutant]:
    """Tries `count` mutants of core/, prints what survives and the share that was noticed; the survivors."""
    every = [mutant for path in sorted((ROOT / CORE).rglob("*.py")) for mutant in mutants(path.relative_to(ROOT))]
    drawn = random.Random(seed).sample(every, min(count, len(every)))
    alive = []
    with TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder) / "tree"
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in listed.splitlines():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
        subprocess.run(["git", "init", "-q"], cwd=tree, check=True)  # some tests ask which files are tracked
        subprocess.run(["git", "add", "-A"], cwd=tree, check=True)
        used = sorted({test for mutant in drawn for tests in tests_of(mutant.path) for test in tests})
        slow = [test for test in used if test.startswith("tests/core")]
        if not (_pass(used, tree, seconds=20 * LIMIT_S) and _pass(slow, tree, SLOW, seconds=20 * LIMIT_S)):
            raise SystemExit(f"a test fails without any mutant:\n{(tree.parent / SAID).read_text()[-3_000:]}")
        for mutant in drawn:
            if survives(mutant, tree):
                alive.append(mutant)
                print(f"survived: {mutant.path}:{mutant.line}: {mutant.was}  ->  {mutant.became}", flush=True)
    killed = len(drawn) - len(alive)
    low, high = wilson(killed, len(drawn))
    print(
        f"{killed} of {len(drawn)} mutants noticed ({killed / len(drawn):.0%}; 95 % interval {low:.0%} to {high:.0%})"
    )
    return alive


def main() -> None:
    parser = ArgumentParser(description="Mutants of core/ that the tests notice.")
    parser.add_argument("--mutants", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    found = parser.parse_args()
    if len(run(found.mutants, found.seed)) > (1 - NOTICED) * found.mutants:
        sys.exit(1)


if __name__ == "__main__":
    main()
