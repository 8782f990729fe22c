"""What a test needs that a user may lack: there the test is skipped, in CI it fails."""

import importlib.util
import os
from pathlib import Path
from typing import NoReturn

import pytest


def module(name: str, remedy: str) -> None:
    """The package `name` can be imported."""
    if importlib.util.find_spec(name) is None:
        _lacks(f"the package {name} is not installed; {remedy}")


def path(needed: Path, remedy: str) -> None:
    """There is such a file or folder."""
    if not needed.exists():
        _lacks(f"{needed} is not there; {remedy}")


def _lacks(message: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message, allow_module_level=True)
