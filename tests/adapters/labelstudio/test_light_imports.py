"""What takes long to import is imported by what needs it: not by a command that only reads."""

import subprocess
import sys

import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.campaign.round_state import State
from silverprint.records import QUEUE, VOTES, empty
from silverprint.store import tables

HEAVY = {
    "label_studio_sdk",
    "torch",
    "mlflow",
    "pandas",
    "great_expectations",
    "sklearn",
    "numba",
    "scrapy",
    "scipy.stats",
    "scipy.optimize",
}
LIGHT = f"found = {HEAVY} & sys.modules.keys(); assert not found, found"


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", f"import sys; {code}; {LIGHT}"], check=True)


@pytest.mark.slow
def test_commands_that_need_no_server_are_light(project):
    """One after the other, and with what else may talk to the server."""
    commands = ["status"], ["studio", "down"], ["wait"]
    run(f"from silverprint.cli import main; from silverprint.commands import people; "
        f"assert [main(one) for one in {commands}] == [0, 0, 0]")  # fmt: skip


@pytest.mark.slow
def test_a_closed_round_is_annotated_without_a_server(project):
    tables.write_ledger(empty(QUEUE), layout.queue("r01"), QUEUE, ["rank"])
    tables.write_ledger(empty(VOTES), layout.votes("r01"), VOTES, ["image_id"])
    hashes = {f"{name}_sha256": ledgers.sha256(getattr(layout, name)("r01")) for name in ("queue", "votes", "asks")}
    names = {"campaign": "c", "server": "s", "classes": config.load().dataset.classes}
    State(round="r01", prev="start", status="closed", **names, **hashes).save()
    run("from silverprint.cli import main; assert main(['annotate', 'r01']) == 0")
