"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on loopback, with one user and an empty database."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.helpers import needs

USER, PASSWORD = "studio", "an odd p@ss/word: 7%"
_WAIT_S = "120"


@contextmanager
def cluster() -> Iterator[int]:
    """Its port. The server does not run as root, so where we are root it is the system's user `postgres`."""
    programs = _programs()
    needs.path(programs / "initdb", "install PostgreSQL's server (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    if who:
        shutil.chown(folder, "postgres", "postgres")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            check=True, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **who,
        )  # type: ignore[call-overload]  # fmt: skip

    try:
        run("initdb", "-A", "scram-sha-256", "-U", USER, f"--pwfile={secret}", "--encoding=UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-w", "-t", _WAIT_S, "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield port
        finally:
            run("pg_ctl", "-w", "-t", _WAIT_S, "-m", "fast", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The folder of the newest server here; Debian keeps each version in one of its own."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return Path(on_path).parent if on_path else found[-1] if found else Path("/usr/lib/postgresql/bin")
