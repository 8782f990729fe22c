"""Servers in the background of this machine, on loopback only: started detached, found again, stopped.

A running server holds a lock on `<folder>/lock`: it inherits the open file, so the system frees the lock when the last
of its processes ends, however that happens. The locked file says which process it is and where it listens; while nobody
holds the lock, what it says means nothing. `server.json` tells others the address; if it is lost, `up` writes it again.
"""

import fcntl
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from silverprint import child_programs
from silverprint.console import say, waiting
from silverprint.errors import UnavailableError
from silverprint.store import server_home
from silverprint.store.files import disk_errors, write_text

HOST: Final = "127.0.0.1"
_START_S: Final = 180.0  # time from the start of the process to its first answer, on a busy machine
_STOP_S: Final = 20.0  # time to end by itself before it is killed
_POLL_S: Final = 0.1
_TRIED: Final = 20  # ports: so many campaigns may have servers at once

# What a server may inherit; anything else (HOST, PORT, DEBUG, USERNAME, ...) could change its behaviour.
_INHERITED: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Service:
    name: str  # name for people: Label Studio
    command: str  # command that starts it: silverprint studio up
    folder: Path  # folder of its data, log and server.json
    health: str  # the path that answers 200 once it is up
    first_port: int  # the first that is tried if nobody chose one

    @property
    def file(self) -> Path:
        return self.folder / "server.json"

    @property
    def lock(self) -> Path:
        return self.folder / server_home.LOCK

    @property
    def log(self) -> Path:
        return self.folder / "log"


@dataclass(frozen=True)
class Launch:
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path  # working directory


def environment(**settings: str) -> dict[str, str]:
    """`settings`, and of this process's environment only what every program needs."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | settings


def read(service: Service) -> dict[str, Any]:
    """What server.json says; empty if there is none."""
    return _document(service.file)


def read_running(service: Service) -> dict[str, Any]:
    """url, port and pid of the server that holds the lock; empty while it is still starting."""
    return _document(service.lock)


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return document if isinstance(document, dict) else {}
    except (OSError, ValueError):
        return {}


def add_facts(service: Service, **facts: Any) -> None:
    """Adds `facts` to server.json, which only its owner may read."""
    write_text(service.file, json.dumps(read(service) | facts, indent=2, sort_keys=True) + "\n", mode=0o600)


def up(service: Service, wanted: int | None, prepare: Callable[[int], Launch]) -> str:
    """Starts the server unless it runs, and waits until it answers. Returns its address.

    Args:
        wanted: its port; if there is none, the one it last ran on, for people keep that address; else one that is free.
        prepare: makes its data and says how to launch it on a port; called while no other process can start the server.

    Raises:
        UnavailableError: the port is taken, or the server ends or does not answer; the message names its log.
    """
    with child_programs.as_ctrl_c(), _lock(service, _START_S) as lock:
        if lock is None:
            url = str(read_running(service)["url"])
            add_facts(service, url=url, port=read_running(service)["port"])
            say(f"{service.name} is at {url} already")
            return url
        os.set_inheritable(lock, True)  # programs that make its data go on holding it, should we be killed
        _note(service, lock)
        port = _port(service, wanted)
        launch = prepare(port)
        service.folder.mkdir(parents=True, exist_ok=True)
        with disk_errors(service.log), service.log.open("ab") as log:
            process = subprocess.Popen(
                launch.command, cwd=launch.folder, env=launch.environment, start_new_session=True, pass_fds=(lock,),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        url = f"http://{HOST}:{port}"
        try:
            _note(service, lock, url=url, port=port, pid=process.pid)
            add_facts(service, url=url, port=port)
            _await(service, url, process)
        except BaseException:
            child_programs.end_session(process.pid, lambda: process.poll() is not None, _STOP_S)
            raise
        process.returncode = 0  # the process goes on without us: no warning that nobody waited for it
        return url


def down(service: Service) -> bool:
    """Stops the server and waits for its end. False if it was not running.

    Raises:
        UnavailableError: it is still starting.
    """
    if not is_held(service):
        return False
    pid = read_running(service).get("pid")
    if not isinstance(pid, int):
        raise UnavailableError(service.name, "it is still starting", "run this again in a minute")
    with waiting(f"{service.name} is stopping") as still:
        child_programs.end_session(pid, lambda: not is_held(service), _STOP_S, still)
    return True


def is_held(service: Service) -> bool:
    """Whether the server runs or is being started."""
    descriptor = _try_lock(service)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def answers(url: str) -> bool:
    """Whether an address answers 200 now."""
    try:
        with httpx.Client(trust_env=False, timeout=5) as client:
            return client.get(url).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def _lock(service: Service, patience_s: float) -> Iterator[int | None]:
    """The lock's file descriptor, or None once a server that another process started answers."""
    descriptor = _try_lock(service)
    if descriptor is None and not _is_up(service):
        with waiting(f"{service.name} is being started by another process (its log: {service.log})") as still:
            descriptor = _await_other(service, patience_s, still)
    try:
        yield descriptor
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _await_other(service: Service, patience_s: float, still: Callable[[], None]) -> int | None:
    deadline = time.monotonic() + patience_s
    while (descriptor := _try_lock(service)) is None and not _is_up(service):
        if time.monotonic() > deadline:
            rule = "it is running or being started by another process, and does not answer"
            raise UnavailableError(service.name, rule, f"see {service.log}, stop it, then: {service.command}")
        still()
        time.sleep(_POLL_S)
    return descriptor


def _is_up(service: Service) -> bool:
    """Whether the one that holds the lock answers."""
    known = read_running(service)
    return bool(known) and answers(known["url"] + service.health)


def _try_lock(service: Service) -> int | None:
    with disk_errors(service.lock):
        service.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(service.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _note(service: Service, lock: int, **facts: Any) -> None:
    """Writes into the locked file what `read_running` tells."""
    with disk_errors(service.lock):
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps(facts).encode() + b"\n", 0)


def _port(service: Service, wanted: int | None) -> int:
    known = read(service)
    last = known.get("port")
    if wanted is None and not known and service.file.exists():
        rule = "is damaged, so that nothing says at which port the server was, which people's links name"
        remedy = f"{service.command} --port PORT with that one; or remove the file for any that is free"
        raise UnavailableError(str(service.file), rule, remedy)
    port = wanted or (last if isinstance(last, int) else None)
    if port is not None:
        if (why := _why_taken(port)) is not None:
            taken = f"the port is taken by another program or may not be used ({why})"
            remedy = f"free it or: {service.command} --port {port + 1 if port < 65535 else 8080}"
            raise UnavailableError(f"{HOST}:{port}", taken, remedy)
        return port
    tried = range(service.first_port, service.first_port + _TRIED)
    for port in tried:
        if _why_taken(port) is None:
            if port != service.first_port:
                say(f"{service.name}: port {service.first_port} is taken by another program, so it takes {port}")
            return port
    value = f"{HOST}:{tried[0]} to {tried[-1]}"
    raise UnavailableError(value, "no port is free", f"free one or: {service.command} --port PORT")


def _why_taken(port: int) -> str | None:
    """Why no server can listen there, or None."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as error:
            return str(error.args[-1])
    return None


def _await(service: Service, url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _START_S
    with waiting(f"{service.name} is starting at {url} (its log: {service.log})") as still:
        while not answers(url + service.health):
            if process.poll() is not None:
                rule = f"ended at its start with code {process.returncode}"
                raise UnavailableError(service.name, rule, f"see {service.log}, then: {service.command}")
            if time.monotonic() > deadline:
                rule = f"did not answer at {url} within {_START_S:.0f} s"
                raise UnavailableError(service.name, rule, f"see {service.log}, then: {service.command}")
            still()
            time.sleep(_POLL_S)
    say(f"{service.name} is at {url}")
