"""Environment of a child process that calls programs of this one's environment, such as `silverprint`, by name."""

import os
import sys
from pathlib import Path


def child_environment() -> dict[str, str]:
    """Ours, with the programs beside this Python first on PATH."""
    return os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}
