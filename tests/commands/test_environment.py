"""`make env` says what really failed: a Python that fails in every way, and what the person reads of it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

ENSUREPIP = """The virtual environment was not created successfully because ensurepip is not
available.  On Debian/Ubuntu systems, you need to install the python3-venv
package using the following command.

    apt install python3.11-venv
"""


def python(folder: Path, version: str = "3.11", venv: str = "", pip: str | None = None, installer: str = "pip") -> Path:
    """A program that says it is Python `version`; its venv fails with the words `venv`, or `installer` with `pip`."""
    path = folder / "python"
    for name in {"pip", installer}:
        (folder / name).write_text(f"#!/bin/sh\n[ $1 = config ] || cat {folder}/pip.said >&2; exit 1\n")
        (folder / name).chmod(0o755)
    made = f'mkdir -p "$3/bin" && cp {folder}/pip "$3/bin/pip"'
    fails = f"cat {folder}/venv.said >&2; exit 1"
    (folder / "venv.said").write_text(venv)
    (folder / "pip.said").write_text(pip or "")
    path.write_text(f'#!/bin/sh\nif [ "$1" = -c ]; then echo {version}; else {fails if pip is None else made}; fi\n')
    path.chmod(0o755)
    return path


def run(program: Path | str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [ROOT / "scripts/venv", str(program), folder / "env", "requirements/some.lock"],
        capture_output=True, text=True, check=False, env={"PATH": f"{folder}:/usr/bin:/bin", "TMPDIR": str(folder)},
    )  # fmt: skip
    return done.returncode, done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("/usr/bin/python3.11: No module named venv", 69, "has no venv module; on Debian: apt-get install"),
        (ENSUREPIP, 69, "has no working ensurepip"),
        ("Error: Command '['x', '-m', 'ensurepip', '--upgrade']' returned non-zero exit status 1.", 69, "ensurepip"),
        ("Error: [Errno 28] No space left on device: 'env/lib'", 74, "no space left on the disk"),
        ("OSError: [Errno 122] Disk quota exceeded", 74, "no space left on the disk"),
        ("Error: [Errno 13] Permission denied: '/x/env'", 77, "not allowed to write there"),
        ("Error: [Errno 30] Read-only file system: '/x'", 77, "not allowed to write there"),
        ("Error: something nobody knows\n", 69, "could not be made: Error: something nobody knows"),
        ("", 69, "could not be made: no word about why"),
    ],
)
def test_a_failing_venv(tmp_path: Path, words: str, code: int, said: str) -> None:
    found, line = run(python(tmp_path, venv=words), tmp_path)
    assert found == code
    assert said in line
    if "venv module" not in said:
        assert "no venv module" not in line


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            74,
            "no space left",
        ),
        (
            "NewConnectionError: [Errno -3] Temporary failure in name resolution",
            69,
            "the package index does not answer",
        ),
        ("ERROR: No matching distribution found for torch==9", 69, "for torch==9; the index lacks it"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES",
            69,
            "requirements/some.lock could not be installed: ERROR: TH",
        ),
        ("  Because there is no version of torch==9 and you require torch==9", 69, "torch==9; the index lacks it"),
        ("error: error sending request for url (https://x/)", 69, "the package index does not answer"),
    ],
)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_a_failing_installer(tmp_path: Path, installer: str, words: str, code: int, said: str) -> None:
    found, line = run(python(tmp_path, pip=words, installer=installer), tmp_path)
    assert found == code
    assert said in line
    assert "venv module" not in line


def test_another_version_and_no_python_at_all(tmp_path: Path) -> None:
    for version in ("2.7", "3.1", "3.10", "3.14", "3.110"):
        found, line = run(python(tmp_path, version=version), tmp_path)
        assert (found, "Python 3.11 to 3.13 is needed" in line, f"is {version};" in line) == (78, True, True)
    assert run("", tmp_path) == (78, "there is no python3 on PATH; set PYTHON=/path/to/python3.11")
    found, line = run(tmp_path / "nowhere", tmp_path)
    assert (found, "does not run" in line) == (69, True)


def test_every_environment_of_the_makefile_is_made_by_it() -> None:
    text = (ROOT / "Makefile").read_text()
    made = re.findall(
        r"^(\.venv\S*)/\.ready:(.*)\n(?:\t.*\n)*?\t@scripts/venv \"\$\(PYTHON\)\" (\S+) (\S+)$", text, re.M
    )
    assert made
    assert all(folder == name and lock in needed for folder, needed, name, lock in made)
    assert len(made) == len(re.findall(r"^\.venv\S*/\.ready:", text, re.M)) == text.count("scripts/venv ")
    assert "-m venv" not in text
