"""Servers in the background, by a small server that starts at once: started, found, stopped, killed, raced for."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from silverprint.adapters import background_server
from silverprint.commands import studio
from silverprint.errors import DiskError, UnavailableError
from tests.adapters.labelstudio.conftest import free_port

SMALL = """
import http.server, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("environment", "w").write(repr(dict(os.environ)))
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@pytest.fixture
def service(tmp_path):
    found = background_server.Service("Small", "silverprint small up", tmp_path / "var", "/", 8080)
    yield found
    background_server.down(found)


def launch(folder: Path, port: int) -> background_server.Launch:
    return background_server.Launch(
        [sys.executable, "-c", SMALL, str(port)], background_server.environment(A="b"), folder
    )


def start(service: background_server.Service, port: int | None) -> str:
    return background_server.up(service, port, lambda chosen: launch(service.folder, chosen))


@pytest.mark.slow
def test_up_twice_is_one_server(service, capsys):
    port = free_port()
    assert start(service, port) == f"http://127.0.0.1:{port}"
    pid = background_server.read_running(service)["pid"]
    assert start(service, free_port()) == f"http://127.0.0.1:{port}"
    assert background_server.read_running(service)["pid"] == pid
    said = capsys.readouterr().err.splitlines()
    assert f"Small is starting at http://127.0.0.1:{port} (its log: {service.log})" in said[0]
    assert "already" in said[-1]
    assert service.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_server_comes_back_on_its_last_port_unless_another_is_wanted(service):
    port, other = free_port(), free_port()
    start(service, port)
    background_server.down(service)
    assert start(service, None) == f"http://127.0.0.1:{port}"
    background_server.down(service)
    assert start(service, other) == f"http://127.0.0.1:{other}"


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_the_first_time_it_takes_a_port_that_is_free_and_says_so(service, capsys):
    with taken_port() as port:
        url = start(replace(service, first_port=port), None)
        assert (
            f"port {port} is taken by another program, so it takes {url.rpartition(':')[2]}" in capsys.readouterr().err
        )


def test_where_no_port_is_free_the_remedy_says_how_to_choose_one(service, monkeypatch):
    monkeypatch.setattr(background_server, "_TRIED", 1)
    with (
        taken_port() as port,
        pytest.raises(UnavailableError, match=rf"{port} to {port}: no port is free.*--port PORT"),
    ):
        start(replace(service, first_port=port), None)


@pytest.mark.slow
def test_down_ends_all_of_it_and_twice_is_no_harm(service, capsys):
    start(service, free_port())
    processes = [psutil.Process(background_server.read_running(service)["pid"])]
    processes += processes[0].children()
    assert len(processes) == 2
    capsys.readouterr()
    assert background_server.down(service)
    assert not background_server.down(service)
    assert capsys.readouterr().err == "Small is stopping\n"
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert not alive


@pytest.mark.slow
def test_a_killed_server_is_started_again(service):
    port = free_port()
    start(service, port)
    first = background_server.read_running(service)["pid"]
    os.killpg(first, signal.SIGKILL)
    os.waitpid(first, 0)
    assert start(service, port)
    assert background_server.read_running(service)["pid"] != first


@pytest.mark.slow
def test_a_stale_pid_of_a_living_process_does_no_harm(service):
    service.folder.mkdir()
    service.lock.write_text(json.dumps({"pid": os.getpid(), "url": "http://127.0.0.1:9", "port": 9}))
    assert not background_server.down(service)  # and we are still here
    assert start(service, free_port())


@pytest.mark.slow
def test_a_running_server_whose_file_is_lost_is_found_again(service):
    port = free_port()
    start(service, port)
    pid = background_server.read_running(service)["pid"]
    service.file.unlink()
    assert start(service, free_port()) == f"http://127.0.0.1:{port}"
    assert background_server.read_running(service)["pid"] == pid
    assert background_server.read(service) == {"url": f"http://127.0.0.1:{port}", "port": port}
    service.file.unlink()
    assert background_server.down(service)
    assert not background_server.is_held(service)


@pytest.mark.parametrize(("number", "rule"), [(errno.ENOSPC, "no space left"), (errno.EROFS, "cannot be written")])
def test_a_disk_that_takes_no_lock(service, monkeypatch, number, rule):
    def fails(*_):
        raise OSError(number, "no")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", fails)
        with pytest.raises(DiskError, match=rf"lock: {rule}"):
            start(service, free_port())


@pytest.mark.slow
def test_a_taken_port(service):
    with taken_port() as port:
        words = rf"127\.0\.0\.1:{port}: the port is taken.*free it or: silverprint small up --port {port + 1}"
        with pytest.raises(UnavailableError, match=words):
            start(service, port)
    assert start(service, port)


@pytest.mark.parametrize("port", [-1, 70000])
def test_a_port_that_is_none(service, port):
    with pytest.raises(UnavailableError, match="silverprint small up --port"):
        start(service, port)


def test_a_server_that_ends_at_its_start_names_its_log(service):
    def ending(_: int) -> background_server.Launch:
        command = [sys.executable, "-c", "raise SystemExit('no luck')"]
        return background_server.Launch(command, background_server.environment(), service.folder)

    with pytest.raises(UnavailableError, match=r"ended at its start with code 1; see .*log"):
        background_server.up(service, free_port(), ending)
    assert "no luck" in service.log.read_text()
    assert not background_server.is_held(service)


@pytest.mark.slow
def test_nothing_of_our_environment_leaks_in(service, monkeypatch):
    for name in ("HOST", "PORT", "DEBUG", "LABEL_STUDIO_HOST", "USERNAME"):
        monkeypatch.setenv(name, "leak")
    start(service, free_port())
    environment = (service.folder / "environment").read_text()
    assert "leak" not in environment
    assert "'A': 'b'" in environment


RACER = """
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from silverprint.adapters import background_server as services
service = services.Service("Small", "silverprint small up", Path("var"), "/", 8080)
port = int(sys.argv[1])
launch = services.Launch([sys.executable, "-c", sys.argv[2], str(port)], services.environment(), Path("var"))
print(services.up(service, port, lambda _: launch))
"""


@pytest.mark.slow
def test_a_race_to_start_it_has_one_winner(service, tmp_path):
    ports = [free_port() for _ in range(3)]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(port), SMALL], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        for port in ports
    ]
    urls = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert len(urls) == 1
    assert background_server.read(service)["url"] in urls


def test_label_studio_without_its_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SILVERPRINT_STUDIO_ENV", str(tmp_path / "nowhere"))
    with pytest.raises(
        UnavailableError, match="nowhere: Label Studio's environment is not there; unset SILVERPRINT_STUDIO_ENV, and"
    ):
        studio.up(free_port())
    assert not Path("var/studio/server.json").exists()


def test_a_database_keeps_the_administrator_it_was_made_with(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = Path("var/studio/data")
    data.mkdir(parents=True)
    monkeypatch.setenv("SILVERPRINT_STUDIO_ENV", str(tmp_path))
    (tmp_path / "bin").mkdir()
    for name in ("python", "label-studio"):
        (tmp_path / "bin" / name).touch()
    with pytest.raises(
        UnavailableError, match=r"data/admin\.json: its administrator is not recorded, neither.*move var/studio"
    ):
        studio.up(free_port())


def test_a_damaged_server_json_moves_nobody_s_address_in_silence(service):
    service.folder.mkdir()
    service.file.write_text('{"port": 80')
    with pytest.raises(UnavailableError, match=r"is damaged.*silverprint small up --port PORT"):
        start(service, None)
    service.file.unlink()
    service.file.write_text('{"email": "a"}')  # nothing was started yet
    assert background_server._port(service, None) >= service.first_port
