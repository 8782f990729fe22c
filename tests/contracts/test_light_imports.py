"""Libraries that take long to import are imported where they work, and never by a command before it needs them."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

# Each takes from a half to five seconds. scipy.stats is for figures that few commands give.
HEAVY = "torch torchvision mlflow pandas great_expectations sklearn label_studio_sdk scrapy dvc matplotlib botocore"

EVERY = """
import importlib, pkgutil, sys
from silverprint import commands, stages
from silverprint.adapters import expectations
for package in (commands, stages):
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
"""
READING = """
import silverprint.cli
from silverprint.commands import classes, gold, rounds, sources, status, trace, track, votes, wait
"""


def imported(code: str, names: str) -> list[str]:
    told = f"{code}\nprint(*sorted(set({names.split()}) & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", f"import sys\n{told}"], check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_no_command_and_no_stage_begins_with_a_heavy_library() -> None:
    assert imported(EVERY, HEAVY) == []


def test_commands_that_only_read_begin_without_compilers_and_solvers() -> None:
    assert imported(READING, f"{HEAVY} numba cv2 scipy.stats scipy.optimize scipy.linalg aiohttp starlette") == []
