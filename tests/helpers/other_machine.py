"""What a worker of a cluster runs in tests, as on a machine of its own. Each worker imports this, so it is small."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def eventually(holds: Callable[[], Any], within_s: float = 240) -> None:  # nodes start slowly beside other tests
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def elsewhere(function: Callable[[Any], Any], told: Path, settings: Mapping[str, str], job: Any) -> Any:
    """A job on a machine with the way to the bucket and without the project; it waits for `go`, once it is begun."""
    assert not Path("data").exists()
    os.environ.update(settings)
    return when_told(function, told, job)


def when_told(function: Callable[[Any], Any], told: Path, job: Any) -> Any:
    """A job that says in `told` on which node it was begun, and then waits there for `go`."""
    (told / str(os.getppid())).touch()  # a worker's parent is its node
    eventually((told / "go").exists)
    return function(job)
