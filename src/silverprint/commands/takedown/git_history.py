"""Every version of every file that Git has here, of all branches, looked through for traces of pictures."""

import shutil
import subprocess
import tempfile
from typing import IO, Final

from silverprint.commands.takedown.survey import Survey
from silverprint.errors import UnavailableError
from silverprint.store.traces.contents import Look

_SPOOL: Final = 64 << 20  # bytes of one version of a file in memory
_BLOCK: Final = 1 << 20


def is_here() -> bool:
    if shutil.which("git") is None:
        return False
    return subprocess.run(["git", "rev-parse", "--git-dir"], capture_output=True, check=False).returncode == 0


def look_through(look: Look) -> Survey:
    """
    Raises:
        UnavailableError: Git did not read all that it has.
    """
    command = ["git", "cat-file", "--batch-all-objects", "--batch", "--buffer"]
    seen, found_in = Survey(), {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None  # noqa: S101
        while head := process.stdout.readline():
            blob, kind, size = head.decode().split()
            with tempfile.SpooledTemporaryFile(_SPOOL) as content:
                _copy(process.stdout, content, int(size))
                process.stdout.read(1)
                if kind != "blob":
                    continue
                content.seek(0)
                found = look.at(content, is_ledger=True)  # type: ignore[arg-type]
            seen.files, seen.size = seen.files + 1, seen.size + int(size)
            if found.gone:
                found_in[blob] = found.gone
            seen.stays += found.stays
    if process.returncode:
        raise UnavailableError("git", "it did not read all that it has", "run: git fsck")
    names = _names() if found_in else {}
    seen.gone = {f"{names.get(blob, 'of no branch')} (blob {blob})": gone for blob, gone in found_in.items()}
    return seen


def _names() -> dict[str, str]:
    """Blob -> the path of a file that it is a version of."""
    listed = subprocess.run(["git", "rev-list", "--all", "--objects"], capture_output=True, text=True, check=False)
    return dict(line.split(" ", 1) for line in listed.stdout.splitlines() if " " in line)


def _copy(source: IO[bytes], target: "IO[bytes] | tempfile.SpooledTemporaryFile[bytes]", size: int) -> None:
    while size and (block := source.read(min(size, _BLOCK))):
        target.write(block)
        size -= len(block)
