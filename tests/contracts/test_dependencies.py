"""What the code imports, pyproject.toml declares; and the locks have a version that it allows."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = {canonicalize_name(Requirement(line).name): Requirement(line) for line in PROJECT["dependencies"]}
OPTIONAL = {
    canonicalize_name(Requirement(line).name): Requirement(line)
    for lines in PROJECT["optional-dependencies"].values()
    for line in lines
}
PLUGINS = {"dvc-s3"}  # never imported by us
NOT_INSTALLED = {"pillow_heif": "pillow-heif"}
NO_EXTRA = {"facenet_pytorch"}  # the torch that it asks for is older than any that is allowed here


def imported() -> dict[str, Path]:
    """Top-level modules that are not Python's own, each with a file that imports it."""
    found = {}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            found |= {name.partition(".")[0]: path for name in names}
    apart = sys.stdlib_module_names | {"silverprint"} | NO_EXTRA
    return {name: path for name, path in found.items() if name not in apart}


@pytest.mark.slow
def test_every_import_is_declared_and_nothing_else_is() -> None:
    known = packages_distributions()
    used = set()
    for module, path in imported().items():
        names = {canonicalize_name(name) for name in known.get(module, [NOT_INSTALLED.get(module, module)])}
        declared = names & (DECLARED.keys() | OPTIONAL.keys())
        assert declared, f"{path.relative_to(ROOT)} imports {module} of {names}"
        used |= declared
    assert DECLARED.keys() - used == PLUGINS


def test_the_lock_has_a_version_of_each_that_is_allowed() -> None:
    lock = (ROOT / "requirements/client.lock").read_text()
    pinned = {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)$", lock, re.MULTILINE)
    }
    assert {name for name, wanted in DECLARED.items() if not wanted.specifier.contains(pinned[name])} == set()
