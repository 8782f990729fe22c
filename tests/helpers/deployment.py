"""Services of deploy/compose.yaml as processes of this machine: what their containers would run, with paths, ports and
hosts of this machine in the place of the containers'.

Images of others are stood in for: PostgreSQL and nginx by those of this machine, the object storage by moto, whose
journal of requests is what it keeps on the disk.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import yaml

from silverprint.adapters import background_server
from silverprint.adapters.labelstudio import local_server
from tests.conftest import ROOT
from tests.e2e.harness import free_port
from tests.helpers import needs, postgresql

DEPLOY: Final = ROOT / "deploy"
WAIT_S: Final = 400
_OURS: Final = "/opt/silverprint/"
_RUNS: Final = {"studio.lock": ("STUDIO", ".venv-studio"), "mlflow.lock": ("MLFLOW", ".venv-mlflow")}


def composed(name: str = "compose.yaml") -> dict[str, Any]:
    """The file, with the defaults of its variables."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (DEPLOY / name).read_text())
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def environment_of(lock: str) -> Path:
    """The environment that has what this lock names."""
    name, folder = _RUNS[lock]
    found = Path(os.environ.get(f"SILVERPRINT_{name}_ENV", ROOT / folder))
    needs.path(found / "bin/python", f"make {folder.removeprefix('.venv-')}-env")
    return found


@dataclass
class Deployment:
    """All of it in one folder."""

    folder: Path
    services: dict[str, Any] = field(default_factory=lambda: composed()["services"])
    ports: dict[str, int] = field(default_factory=dict)  # of a container's port, by "postgresql:5432" or ":8080"
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for port in ("postgresql:5432", "object-storage:7070", ":8080", ":5000"):
            self.ports[port] = free_port()
        self.folder.chmod(0o755)
        subprocess.run([DEPLOY / "make-secrets", self.folder / "secrets"], check=True, capture_output=True)
        for name in ("sockets", "label-studio", "pictures", "nginx", "tmp"):
            (self.folder / name).mkdir()
        (self.folder / "nginx/tls").mkdir()
        # A container mounts this file alone; here nginx's workers cannot look into the folder of the secrets.
        shutil.copy(self.folder / "secrets/mlflow-htpasswd", self.folder / "nginx")
        for source in (DEPLOY / "nginx").glob("*.conf"):
            if source.name != "tls.conf":
                (self.folder / "nginx" / source.name).write_text(self._here(source.read_text(), "nginx"))

    @property
    def studio(self) -> str:
        return f"http://127.0.0.1:{self.ports[':8080']}"

    @property
    def mlflow(self) -> str:
        return f"http://127.0.0.1:{self.ports[':5000']}"

    def secret(self, name: str) -> str:
        return (self.folder / "secrets" / name).read_text()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def start(self, name: str) -> None:
        """Runs the service, and returns once it has ended well or its health check of the file does."""
        service = self.services[name]
        if name == "label-studio-prepare":
            self._fill()
        special: dict[str, Callable[[], Sequence[Any]]] = {"postgresql": self._postgres, "object-storage": self._moto}
        command = special[name]() if name in special else self.command(name)
        who = postgresql.owner() if name == "postgresql" else {}
        where = self._here(service["working_dir"], name) if "working_dir" in service else self.folder
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, cwd=where, env=self.environment(name), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, **who,
            )  # fmt: skip
        if "healthcheck" not in service:
            assert self.processes[name].wait(WAIT_S) == 0, self.log(name)
            return
        deadline = time.monotonic() + WAIT_S
        while not self.healthy(name):
            assert self.processes[name].poll() is None, self.log(name)
            assert time.monotonic() < deadline, self.log(name)
            time.sleep(0.1)
        if name == "object-storage" and (self.folder / "moto_recording").exists():
            url = f"http://127.0.0.1:{self.ports['object-storage:7070']}"
            httpx.post(f"{url}/moto-api/recorder/replay-recording", timeout=60).raise_for_status()
        if name == "postgresql":
            self._make_databases()

    def healthy(self, name: str) -> bool:
        """What the service's health check of the file says."""
        kind, *check = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        if name == "object-storage":  # /health is the gateway's own
            check = [*check[:-1], check[-1].replace("/health", "/moto-api/")]
        command = [self._here(word, name) for word in check]
        return not subprocess.run(command, env=self.environment(name), capture_output=True, check=False).returncode

    def kill(self, name: str) -> None:
        """Ends the service's processes as a crash does."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def stop(self) -> None:
        """Ends all: PostgreSQL in order, for it holds memory of the system; nobody waits for the others."""
        for name in list(self.processes)[::-1]:
            process = self.processes.pop(name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT if name == "postgresql" else signal.SIGKILL)
            process.wait(60)

    def command(self, name: str) -> list[str]:
        service = self.services[name]
        words = [self._here(word, name) for word in [*service.get("entrypoint", []), *service.get("command", [])]]
        return ["/usr/sbin/nginx", *words[1:]] if words[0] == "nginx" else words

    def environment(self, name: str) -> dict[str, str]:
        service = self.services[name]
        given = {key: self._here(value, name) for key, value in service.get("environment", {}).items()}
        if given.get("POSTGRE_HOST"):
            given |= {"POSTGRE_HOST": "127.0.0.1", "POSTGRE_PORT": str(self.ports["postgresql:5432"])}
        given.pop("RUN_AS", None)  # no other user could read this folder
        if name == "object-storage":
            given["MOTO_ENABLE_RECORDING"] = "true"
        given |= {"CREDENTIALS_DIRECTORY": str(self.folder / "secrets")}
        programs = [str(environment_of(service["build"]["args"]["LOCK"]) / "bin")] if "build" in service else []
        clean = background_server.environment(**given)
        return clean | {"PATH": os.pathsep.join([*programs, str(postgresql.programs()), clean["PATH"]])}

    def _here(self, text: str, name: str) -> str:
        """A word of the file, or a configuration of nginx, with what this machine has instead."""
        paths = self._paths(name)
        known = "|".join(re.escape(there) for there in sorted(paths, key=len, reverse=True))
        text = re.sub(rf"(?<![\w.])({known})(?![\w-])", lambda found: paths[found[1]], text)
        for there, port in self.ports.items():
            host, _, number = there.partition(":")
            if host:
                text = text.replace(there, f"127.0.0.1:{port}")
            text = re.sub(rf"(127\.0\.0\.1:|listen |^){number}(?!\d)", rf"\g<1>{port}", text)
        return text

    def _paths(self, name: str) -> dict[str, str]:
        service = self.services[name]
        found = {"/run/secrets": str(self.folder / "secrets"), "/etc/nginx/tls": str(self.folder / "nginx/tls")}
        found["/run/secrets/mlflow-htpasswd"] = str(self.folder / "nginx/mlflow-htpasswd")
        for mount in service.get("tmpfs", []):
            local = self.folder / "tmp" / name / mount.strip("/")
            local.mkdir(parents=True, exist_ok=True)
            found[mount] = str(local)
        for volume in service["volumes"]:
            source, target = volume.split(":")[:2]
            if source.startswith("./nginx/"):
                found[target] = str(self.folder / source)
            elif not source.endswith(".sh") and not source.endswith("with-secrets"):
                found[target] = str(self.folder / source.removeprefix("./"))
        for program in ("with-secrets", "answers", "prepare-mlflow"):
            found[_OURS + program] = str(DEPLOY / program)
        found[_OURS + "inside_server"] = local_server.SERVED["PYTHONPATH"]
        if "working_dir" in service:
            found[service["working_dir"]] = str(local_server.package(environment_of(service["build"]["args"]["LOCK"])))
        return found

    def _postgres(self) -> list[Any]:
        """The server of this machine on the data of the volume, made where there is none."""
        service, data = self.services["postgresql"], self.folder / "postgresql/data"
        if not data.exists():
            options = service["environment"]["POSTGRES_INITDB_ARGS"].split()
            postgresql.initialise(data, self.secret("postgresql"), *options)
        port = str(self.ports["postgresql:5432"])
        given = ["-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
        return [postgresql.programs() / "postgres", *service["command"][1:], *given, "-c", "fsync=off"]

    def _fill(self) -> None:
        """Spares the service the making of every table; what it does besides, it does."""
        secret, known = self.secret("label-studio-database"), self.environment("label-studio-1")
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self.ports["postgresql:5432"]), "PGPASSWORD": secret}
        where |= {"PGUSER": known["POSTGRE_USER"], "PGDATABASE": known["POSTGRE_NAME"]}

        def make() -> None:
            *entry, _ = self.command("label-studio-1")[:4]
            subprocess.run(
                [*entry, "--", "label-studio", "init", "--quiet"], env=known, check=True, capture_output=True
            )

        postgresql.fill(where, environment_of("studio.lock"), make)

    def _make_databases(self) -> None:
        """What the container does at its first start; here at each, for it changes nothing a second time."""
        *secrets, _ = self.services["postgresql"]["entrypoint"]
        command = [self._here(word, "postgresql") for word in secrets]
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(self.ports["postgresql:5432"])}
        known = {**self.environment("postgresql"), **where, "PGPASSWORD": self.secret("postgresql")}
        subprocess.run([*command, DEPLOY / "postgresql/make-databases.sh"], env=known, check=True)

    def _moto(self) -> list[Any]:
        found = environment_of_s3()
        return [found / "bin/moto_server", "-H", "127.0.0.1", "-p", str(self.ports["object-storage:7070"])]


def environment_of_s3() -> Path:
    found = Path(os.environ.get("SILVERPRINT_S3_ENV", ROOT / ".venv-s3"))
    needs.path(found / "bin/moto_server", "make s3-env")
    return found


@contextmanager
def running() -> Iterator[Deployment]:
    """All services, each started once those it depends on are there: the file has them in such an order."""
    needs.path(Path("/usr/sbin/nginx"), "install nginx (Debian: apt install nginx-light)")
    folder = Path(tempfile.mkdtemp(prefix="deployed-"))  # short, for a socket's path, and open to the user postgres
    found = Deployment(folder)
    try:
        for name in found.services:
            found.start(name)
        yield found
    finally:
        found.stop()
        shutil.rmtree(folder, ignore_errors=True)
