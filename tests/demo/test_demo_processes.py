"""The demo's processes end with it, however it ends; and the shop that it crawls is its own."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from silverprint.demo import processes
from silverprint.demo.run import StepError, _await_done, _await_site, _must
from silverprint.errors import UnavailableError
from tests.e2e.harness import await_that, free_port

DEMO = """
import time
from silverprint.demo import processes
with processes.background("site", "site", "--port", "0") as site:
    print(site.pid, flush=True)
    time.sleep(600)
"""
STEP = """
import sys
from silverprint.demo import processes
processes.call([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"])
"""


@pytest.mark.parametrize("program", [DEMO, STEP], ids=["background", "foreground"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_outlives_a_killed_demo(built: Path, number: signal.Signals, program: str) -> None:
    # As at a terminal: what is begun under nohup inherits that SIGHUP says nothing.
    command = [sys.executable, "-c", f"import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n{program}"]
    with subprocess.Popen(command, cwd=built, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        child = psutil.Process(int(demo.stdout.readline()))
        os.kill(demo.pid, number)
        await_that(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the child ends", 20)


def port_of(address: str) -> str:
    return address.rstrip("/").rpartition(":")[2]


@pytest.mark.slow
def test_another_shop_on_the_port_is_not_crawled(built: Path, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built)
    with (
        processes.background("site", "site", "--port", port_of(site)) as process,
        pytest.raises(UnavailableError, match=r"port taken.*sources\.web\.start and allow_private") as caught,
    ):
        _await_site(site, process)
    assert caught.value.exit_code == 69


@pytest.mark.slow
def test_what_speaks_no_http_on_the_port_is_told_too(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with (
            processes.background("site", "site", "--port", port) as process,
            pytest.raises(UnavailableError, match="port taken"),
        ):
            _await_site(f"http://127.0.0.1:{port}/", process)


@pytest.mark.slow
def test_our_own_shop_is_waited_for(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(built)
    port = str(free_port())
    with processes.background("site", "site", "--port", port) as process:
        _await_site(f"http://127.0.0.1:{port}/", process)


def test_a_failed_step_ends_with_a_code_of_the_list() -> None:
    with pytest.raises(StepError, match="exit code 3; make demo STUDIO_PORT=PORT") as caught:
        _must([sys.executable, "-c", "raise SystemExit(3)"], "make demo STUDIO_PORT=PORT")
    assert caught.value.exit_code == 69


@pytest.mark.slow
def test_what_fails_beside_the_campaign_is_told_by_the_last_line_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = r"the servers do not come up: .*ada\.json: this person has no account yet.*servers\.log"
    with (
        processes.background("servers", "annotate", "--person", "ada") as process,
        pytest.raises(StepError, match=told),
    ):
        _await_done(process, "servers", "the servers do not come up")
