"""Ctrl-C in the middle of the demo: it ends, nothing of it goes on behind, and what was finished is kept."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.e2e.harness import Campaign, await_that, checkout, free_port, shrink

pytestmark = pytest.mark.slow


def behind(campaign: Campaign) -> list[str]:
    """Commands still running in the checkout, but for the two servers, which `make down` stops."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.info["cwd"] == str(campaign.path) and not any(name in line for name in ("gunicorn", "mlflow")):
            found.append(line)
    return found


def test_ctrl_c_ends_the_demo_and_leaves_nothing_behind(tmp_path: Path, studio_environment: str) -> None:
    campaign = Campaign(tmp_path / "project", {"SILVERPRINT_STUDIO_ENV": studio_environment})
    checkout(campaign)
    shrink(campaign, free_port())
    ports = ("--studio-port", str(free_port()), "--mlflow-port", str(free_port()), "--pictures", "200")
    demo = campaign.start("python", "-m", "silverprint.demo", "run", *ports)
    try:
        await_that(lambda: (campaign.path / "data/measured/web").is_dir(), "the crawl is over")
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(timeout=600) == 130
        await_that(lambda: not behind(campaign), "everything has ended")
        shards = list(campaign.path.glob("data/raw/web/shard-*.tar"))
        assert shards
        kept = shards[0].read_bytes()
        campaign.must("dvc", "repro", "measure@web")
        assert shards[0].read_bytes() == kept
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
            demo.wait(timeout=300)
        campaign.call("silverprint", "studio", "down")
        campaign.call("silverprint", "track", "down")
