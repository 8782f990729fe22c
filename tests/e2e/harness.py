"""Campaigns for tests: real checkouts, real servers, real people (simulated), only smaller."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


def ran(output: str) -> set[str]:
    """The stages that a repro ran."""
    return set(re.findall(r"Running stage '([^']+)'", output))


def one_line(text: str) -> bool:
    return "Traceback" not in text and text.count("\n") == 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def await_that(condition: Callable[[], bool], what: str, seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


@dataclass
class Campaign:
    """A checkout that a campaign runs in."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    def env(self) -> dict[str, str]:
        base = {key: value for key, value in os.environ.items() if not key.startswith(("LABEL_STUDIO", "MLFLOW_TR"))}
        return base | {"PATH": f"{BIN}:{os.environ['PATH']}"} | self.environment

    def call(self, *command: str, timeout: float = 900, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.path, env=self.env() | environment, capture_output=True, text=True,
            timeout=timeout, check=False,
        )  # fmt: skip

    def must(self, *command: str, timeout: float = 900, **environment: str) -> str:
        done = self.call(*command, timeout=timeout, **environment)
        assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, cwd=self.path, env=self.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def repro(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.call("dvc", "repro", *arguments)

    def standing(self, name: str) -> dict[str, Any]:
        rounds = json.loads(self.must("silverprint", "status", "--json"))["rounds"]
        found: dict[str, Any] = next(one for one in rounds if one["round"] == name)
        return found

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.path / path).read_text()
        assert text.count(old) == 1, (path, old)
        (self.path / path).write_text(text.replace(old, new))

    def commit(self, message: str = "a round") -> None:
        self.must("git", "add", "-A")
        self.must("git", "commit", "--quiet", "--allow-empty", "-m", message)

    def votes(self) -> pl.DataFrame:
        paths = sorted(self.path.glob("data/rounds/*/votes.csv"))
        return pl.concat([pl.read_csv(path, infer_schema=False) for path in paths])

    def lock(self) -> dict[str, dict[str, str]]:
        """Stage -> output path -> hash, as dvc.lock has it."""
        stages = YAML(typ="safe").load((self.path / "dvc.lock").read_text())["stages"]
        return {name: {out["path"]: out["md5"] for out in body.get("outs", [])} for name, body in stages.items()}

    def clone(self, to: Path, *, media: bool = True) -> "Campaign":
        """A clean clone, as a colleague makes it; with `media` it can serve pictures through the same Label Studio."""
        subprocess.run(["git", "clone", "--quiet", str(self.path), str(to)], check=True)
        copy = Campaign(to, dict(self.environment))
        _identify(copy)
        if media:
            (to / "var").mkdir()
            (to / "var/serving").symlink_to(self.path / "var/serving")
        return copy

    def studio(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.path / "var/studio/server.json").read_text())
        return loaded

    @contextmanager
    def people(self, *names: str) -> Iterator[None]:
        """The simulated annotators at work."""
        python = str(BIN / "python")
        started = [self.start(python, "-m", "silverprint.demo", "annotate", "--person", name) for name in names]
        try:
            yield
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(timeout=300)


def checkout(campaign: Campaign) -> None:
    """Fills the campaign's folder with the tracked files of the working tree, as a Git repository of its own."""
    listed = subprocess.run(
        ["git", "ls-files"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for line in listed.stdout.splitlines():
        source = ROOT / line
        if source.is_file():
            (campaign.path / line).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, campaign.path / line)
    campaign.must("git", "init", "--quiet")
    _identify(campaign)


def _identify(campaign: Campaign) -> None:
    campaign.must("git", "config", "user.name", "tests")
    campaign.must("git", "config", "user.email", "tests@localhost")


def shrink(campaign: Campaign, site_port: int) -> None:
    """The same campaign with fewer pictures and fewer votes, its site on a port of its own."""
    text = (campaign.path / "params.yaml").read_text()
    text = text.replace("127.0.0.1:8600", f"127.0.0.1:{site_port}").replace("size: 150", "size: 24")
    text = text.replace("budget: 100", "budget: 20")
    text = text.replace("budget: 330, control: 0.04, audit: 0.3, overlap: 3", "budget: 20, control: 0.1, overlap: 2")
    # Rounds that tests open are as the last one, and their people answer picture by picture.
    text = "show_predictions: true".join(text.rsplit("page: grid", 1))
    # Who answers what is chance, and over a dozen pictures alpha is mostly that, and four of gold are.
    text = text.replace("min_alpha: 0.3", "min_alpha: -1").replace("min_gold: 0.7", "min_gold: 0.4")
    (campaign.path / "params.yaml").write_text(text)
