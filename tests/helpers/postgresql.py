"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on loopback, with one user and an empty database."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from silverprint.store.files import replacing
from tests.helpers import needs

USER, PASSWORD = "studio", "an odd p@ss/word: 7%"
_WAIT_S = "120"


@contextmanager
def cluster() -> Iterator[int]:
    """Its port. The server does not run as root, so where we are root it is the system's user `postgres`."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if who := owner():
        shutil.chown(folder, "postgres", "postgres")
    secret = folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs() / program, "-D", folder / "data", *arguments],
            check=True, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **who,
        )  # fmt: skip

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


def owner() -> dict[str, Any]:
    """Who runs the server, as `subprocess` takes it: not root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}


def initialise(data: Path, password: str, *options: str) -> None:
    """An empty cluster in `data`, whose administrator `postgres` signs in with this password."""
    data.mkdir(parents=True)
    secret = data.with_name("password")
    secret.write_text(password)
    if who := owner():
        for path in (data.parent, data, secret):
            shutil.chown(path, "postgres", "postgres")
    command = [programs() / "initdb", "-D", data, "-U", "postgres", f"--pwfile={secret}", "--no-sync", *options]
    subprocess.run(command, check=True, cwd=data, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, **who)
    secret.unlink()


def fill(where: Mapping[str, str], environment: Path, make: Callable[[], object] | None = None) -> None:
    """Puts the tables of an empty Label Studio into a database, from a copy that is kept in Label Studio's environment,
    for to make them takes 35 s of a processor. Where there is none, `make` makes them, and they are copied.

    Args:
        where: libpq's variables of the database.
    """
    (version,) = environment.glob("lib/python3*/site-packages/label_studio-*.dist-info")
    kept, known = environment / f"silverprint/empty-{version.stem}.dump", {**os.environ, **where}
    if kept.exists():
        command = ["pg_restore", "--no-owner", "--dbname", where["PGDATABASE"], kept]
        subprocess.run(command, env=known, check=True)
    elif make is not None:
        make()
        kept.parent.mkdir(exist_ok=True)
        with replacing(kept) as temporary:
            command = ["pg_dump", "--format=custom", "--no-owner", "--file", temporary]
            subprocess.run(command, env=known, check=True)


def programs() -> Path:
    """The folder of the newest server here; Debian keeps each version in one of its own."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    folder = Path(on_path).parent if on_path else found[-1] if found else Path("/usr/lib/postgresql/bin")
    needs.path(folder / "initdb", "install PostgreSQL's server (Debian: apt install postgresql)")
    return folder
