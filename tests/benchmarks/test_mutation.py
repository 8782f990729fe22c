"""The mutation run plants one fault at a time, in code and not in types, and hears the tests."""

import ast

import pytest

from benchmarks import mutation

CODE = """
Rows = Float[NDArray[np.float64], "n 2"]
LIMIT: Final = 3

def f(x: int = 1) -> bool:
    '''Text.'''
    if x < LIMIT and not g(x, keep=True):
        x += 2
    return x == 4
"""


def test_every_mutant_is_one_change_that_still_compiles(tmp_path, monkeypatch):
    monkeypatch.setattr(mutation, "ROOT", tmp_path)
    (tmp_path / "m.py").write_text(CODE)
    plain = ast.unparse(ast.parse(CODE)).splitlines()
    found = list(mutation.mutants(tmp_path / "m.py"))
    for mutant in found:
        changed = mutant.source.splitlines()
        assert sum(one != other for one, other in zip(plain, changed, strict=True)) == 1
        compile(mutant.source, "m.py", "exec")
    said = {(mutant.was, mutant.became) for mutant in found if "\n" not in mutant.was}
    assert {("x < LIMIT", "x <= LIMIT"), ("x += 2", "x -= 2"), ("True", "False"), ("x == 4", "x != 4")} <= said
    assert {("3", "4"), ("1", "2"), ("2", "3"), ("4", "5")} <= said
    assert len(said) == 9
    assert len(found) == 10


@pytest.mark.slow
def test_tests_of_a_module_import_it_or_name_it_or_import_what_uses_it():
    importing, *others = mutation.tests_of(mutation.CORE / "votes/gold_answers.py")
    assert "tests/core/votes/test_gold.py" in importing
    assert not set(importing) & {test for tests in others for test in tests}
    used = mutation.tests_of(mutation.CORE / "cleaning/judge.py")[-1]
    assert "tests/stages/clean/test_clean.py" in used


@pytest.mark.slow
def test_a_file_whose_tests_are_all_left_out_notices_nothing():
    assert mutation._pass(["tests/e2e/test_kill.py"], mutation.ROOT)
