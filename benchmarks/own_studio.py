"""A Label Studio of a benchmark's own, in a folder that goes away afterwards."""

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from silverprint.commands import studio


@contextmanager
def own_studio() -> Iterator[Path]:
    """The folder that it runs in, which is the working directory meanwhile."""
    if Path(".venv-studio").exists():
        os.environ.setdefault("SILVERPRINT_STUDIO_ENV", str(Path(".venv-studio").absolute()))
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        os.chdir(folder)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        try:
            studio.up(port)
            yield Path(folder)
        finally:
            os.chdir(folder)
            studio.down()
            os.chdir("/")
