"""What deploy/ says, without starting anything: names lead somewhere, and what must hold for each service does."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from silverprint.adapters.labelstudio import local_server
from tests.conftest import ROOT
from tests.helpers import needs
from tests.helpers.deployment import DEPLOY, composed

COMPOSE = composed()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STAYING = sorted(name for name in SERVICES if not name.endswith("-prepare"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("name", STAYING)
def test_what_serves_has_a_health_check_limits_and_starts_again(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_confined_and_named_rightly(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":v?\d+\.\d+[.\d]*(-alpine)?$", service["image"])
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["secrets"]) <= COMPOSE["secrets"].keys()
    assert set(service.get("depends_on", ())) <= SERVICES.keys()
    for volume in service["volumes"]:
        source = volume.partition(":")[0]
        here = (
            source == "./pictures" or (DEPLOY / source).exists()
            if source.startswith("./")
            else source in COMPOSE["volumes"]
        )
        assert here, volume
    taken = {word.partition("=")[2] for word in service.get("entrypoint", ()) if re.fullmatch(r"[A-Z_]+=[a-z-]+", word)}
    assert taken == set(service["secrets"]) - {"mlflow-htpasswd"}


def test_nothing_but_nginx_is_published_and_that_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"nginx": ["127.0.0.1:8080:8080", "127.0.0.1:5000:5000"]}


def test_versions_are_those_of_the_locks() -> None:
    for name, package, lock in (("label-studio-1", "label-studio", "studio"), ("mlflow", "mlflow", "mlflow")):
        pins = (ROOT / f"requirements/{lock}.lock").read_text()
        version = SERVICES[name]["image"].rpartition(":")[2]
        assert f"\n{package}=={version}\n" in pins
        assert SERVICES[name]["build"]["args"]["LOCK"] == f"{lock}.lock"
    ours, theirs = (
        dict(re.findall(r"^(\S+)==(\S+)$", (ROOT / f"requirements/{lock}.lock").read_text(), re.M))
        for lock in ("mlflow", "client")
    )
    apart = {name for name in ours.keys() & theirs.keys() if ours[name] != theirs[name]}
    assert apart <= {"setuptools", "boto3", "s3transfer"}


def test_label_studio_is_set_up_as_silverprint_studio_up_sets_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SILVERPRINT_STUDIO_HOST", raising=False)
    deployed, ours = SERVICES["label-studio-1"]["environment"], local_server.settings(Path("/data"))
    elsewhere = {"LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT"}
    assert ours.keys() - deployed.keys() <= elsewhere
    differ = {name for name in ours.keys() & deployed.keys() if ours[name] != deployed[name]}
    assert differ == {"ALLOWED_HOSTS", "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED"}
    assert deployed["ALLOWED_HOSTS"] == ours["ALLOWED_HOSTS"] + ",localhost"
    commands = [SERVICES[f"label-studio-{number}"]["command"] for number in (1, 2)]
    assert [word.replace("-2.sock", "-1.sock") for word in commands[1]] == commands[0]
    assert commands[0][-1] == local_server.APPLICATION


def test_the_units_have_the_settings_and_commands_of_the_compose_file() -> None:
    there = {
        "/run/silverprint/label-studio-%i": "/run/silverprint/label-studio-1",
        "/opt/silverprint/studio/bin/": "",
        "/opt/silverprint/mlflow/bin/": "",
        "/bin/sh": "sh",
        '"': "",
        "127.0.0.1:7070": ":7070",
        "/var/lib/silverprint/objects": "/data",
    }
    units = {"label-studio-prepare": "label-studio-prepare", "label-studio@": "label-studio-1", "mlflow": "mlflow"}
    for unit, name in {**units, "object-storage": "object-storage"}.items():
        text = (DEPLOY / f"systemd/silverprint-{unit}.service").read_text().replace("\\\n", "")
        (line,) = re.findall(r"^ExecStart=(.+)$", text, re.M)
        for here, that in there.items():
            line = line.replace(here, that)
        program = SERVICES[name]["entrypoint"][-1].replace("/usr/local/bin/", "/opt/silverprint/")
        expected = [*SERVICES[name]["entrypoint"][:-1], program, *SERVICES[name]["command"]]
        assert line.split() == " ".join(expected).split()
        loaded = dict(re.findall(r"^LoadCredential=([\w-]+):/etc/silverprint/secrets/([\w-]+)$", text, re.M))
        assert loaded == {secret: secret for secret in SERVICES[name]["secrets"]}
    hosts = {"postgresql:5432": "127.0.0.1:5432", "object-storage:7070": "127.0.0.1:7070"}
    local = {"POSTGRE_HOST": "127.0.0.1", "LABEL_STUDIO_BASE_DATA_DIR": "/var/lib/silverprint/label-studio"}
    for name, service in (("label-studio", "label-studio-1"), ("mlflow", "mlflow")):
        lines = (DEPLOY / f"systemd/{name}.env").read_text().splitlines()[1:]
        expected = {key: value for key, value in SERVICES[service]["environment"].items() if key != "RUN_AS"}
        for there_, here_ in hosts.items():
            expected = {key: value.replace(there_, here_) for key, value in expected.items()}
        assert dict(line.split("=", 1) for line in lines) == expected | {
            key: local[key] for key in local if key in expected
        }


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_systemd_takes_the_unit_and_finds_it_confined(unit: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not here")
    path = tmp_path / unit.name.replace("@", "@1")
    for other in UNITS:
        text = other.read_text()
        for program in set(re.findall(r"/opt/silverprint/[\w/.-]*", text)):
            text = text.replace(program, "/bin/true" if "lib/python" not in program else "/")
        (tmp_path / other.name.replace("@", "@1")).write_text(text)
    known = os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    said = subprocess.run(["systemd-analyze", "verify", path], env=known, capture_output=True, text=True, check=False)
    mine = [line for line in said.stderr.splitlines() if "silverprint" in line]
    assert (said.returncode, mine) == (0, []), said.stderr
    judged = ["systemd-analyze", "security", "--offline=true", "--threshold=20", path]
    assert subprocess.run(judged, env=known, capture_output=True, check=False).returncode == 0


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"

    def make() -> dict[str, bytes]:
        subprocess.run([DEPLOY / "make-secrets", folder], check=True, capture_output=True)
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = make()
    assert make() == first
    assert first.keys() == COMPOSE["secrets"].keys() | {"mlflow-password"}
    assert len(set(first.values())) == len(first)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}
    assert modes == {"secrets": 0o700, "mlflow-htpasswd": 0o644} | dict.fromkeys(
        first.keys() - {"mlflow-htpasswd"}, 0o600
    )
    (folder / "label-studio-key").unlink()
    assert {name for name, secret in make().items() if first[name] != secret} == {"label-studio-key"}


def test_a_program_gets_its_secrets_and_a_missing_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("odd p@ss: 'word' $x\n")
    known = os.environ | {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([DEPLOY / "with-secrets", *words], env=known, capture_output=True, text=True, check=False)

    assert run("A=one", "--", "printenv", "A").stdout == "odd p@ss: 'word' $x\n"
    lacking = run("A=one", "B=two", "--", "printenv", "A")
    assert (lacking.returncode, lacking.stdout) == (78, "")
    assert f"{tmp_path}/two: this secret is not there" in lacking.stderr


def test_a_restore_wants_a_whole_backup(tmp_path: Path) -> None:
    (tmp_path / "mlflow.dump").write_text("x")
    done = subprocess.run([DEPLOY / "restore", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 65
    assert "label_studio.dump: this part of the backup is not there" in done.stderr


def test_the_image_has_what_its_programs_need_and_nothing_secret() -> None:
    lines = (DEPLOY / "Containerfile").read_text().replace("\\\n", "").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert all((ROOT / word.replace("${LOCK}", "mlflow.lock")).exists() for word in copied)
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert {word.removeprefix("!") for word in ignored[1:-1]} == {word.replace("${LOCK}", "*.lock") for word in copied}
    needs.path(Path("/usr/bin/git"), "install Git")
    listed = subprocess.run(
        ["git", "check-ignore", "deploy/secrets/postgresql", "deploy/.env", "deploy/pictures/x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert len(listed.stdout.splitlines()) == 3
