"""`silverprint docs`: every page by the name that messages give it, from a clone and from where a wheel lays it."""

import ast
import re
import sysconfig
import tomllib
from pathlib import Path

import pytest

import silverprint
from silverprint.commands import docs
from silverprint.errors import UnavailableError, UsageError
from tests.conftest import ROOT


@pytest.mark.parametrize("name", ["params", "params.md", "docs/params.md", "params.md#evaluation"])
def test_a_page_by_any_of_its_names(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    docs.run(name)
    assert capsys.readouterr().out == (ROOT / "docs/params.md").read_text()


def test_every_page_is_listed_with_its_title(capsys: pytest.CaptureFixture[str]) -> None:
    docs.run()
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split(maxsplit=1) == ["my-first-campaign", "My first campaign"] for line in lines)
    assert any(line.startswith("jobs/open-a-round ") for line in lines)
    for line in lines:
        assert (ROOT / f"docs/{line.split()[0]}.md").is_file()


@pytest.mark.parametrize(("name", "said"), [("parms", "did you mean params"), ("../README", "no such page")])
def test_a_page_that_is_none(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        docs.run(name)


def test_what_a_wheel_brings_is_found_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(silverprint, "__file__", str(tmp_path / "lib/python3/site-packages/silverprint/__init__.py"))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))
    with pytest.raises(UnavailableError, match="did not come"):
        docs.run("params")
    pages = tmp_path / "share/doc/silverprint"
    pages.mkdir(parents=True)
    (pages / "params.md").write_text("# Params\n")
    docs.run("params")
    assert capsys.readouterr().out == "# Params\n"


def test_the_wheel_has_the_pages_that_messages_and_params_name() -> None:
    """`share/doc/silverprint` is where the command looks; each page named in params.yaml or in the code is in it."""
    taken = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    pages = {path for patterns in taken.values() for one in patterns for path in ROOT.glob(one)}
    assert set(taken) == {"share/doc/silverprint", "share/doc/silverprint/jobs"}
    named = set(re.findall(r"docs/((?:jobs/)?[a-z-]+)\.md", (ROOT / "params.yaml").read_text()))
    for path in (ROOT / "src/silverprint").rglob("*.py"):
        named.update(re.findall(r"silverprint docs ((?:jobs/)?[a-z-]+)", path.read_text()))
    assert {"params", "people"} <= named
    assert {ROOT / f"docs/{name}.md" for name in named} <= pages


def test_a_message_names_a_page_by_the_command_that_prints_it() -> None:
    """Who installed the wheel has no docs/ at hand; docstrings and comments are for who has."""
    found = []
    for path in (ROOT / "src/silverprint").rglob("*.py"):
        if path.name in ("docs.py", "command_table.py") or "docs/" not in (text := path.read_text()):
            continue
        nodes = list(ast.walk(ast.parse(text)))
        explained = {id(one.value) for one in nodes if isinstance(one, ast.Expr)}
        texts = [one.value for one in nodes if isinstance(one, ast.Constant) and id(one) not in explained]
        found += [
            f"{path.name}: {one}" for one in texts if isinstance(one, str) and re.search(r"docs/[a-z/-]+\.md", one)
        ]
    assert found == []
