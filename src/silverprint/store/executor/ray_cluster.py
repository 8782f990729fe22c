"""Executor on a Ray cluster: the one that RAY_ADDRESS names, or a local one that ends with this process.

A shard whose machine is lost is worked through again on another one. Every machine sees the project's folder under the
same path, and has the same silverprint; docs/scaling.md says how such a cluster is started.
"""

import os
import re
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from silverprint.errors import ConfigError, UnavailableError
from silverprint.store.executor import cores
from silverprint.store.executor.processes import use_one_thread

_VALUE: Final = "executor = 'ray'"
_LOCAL: Final = "local"
_RETRIES: Final = 3  # retries of a shard whose worker died
_OBJECTS: Final = 2**30  # bytes of jobs and results on their way; what is more waits on the disk
_ANSWER_S: Final = 10.0  # time for the cluster's head to answer
_AHEAD: Final = 4  # shards a CPU that are begun before the first of them is asked for


def run_on_ray(function: Callable[[Any], Any], jobs: Iterable[Any]) -> Iterator[Any]:
    """See `executor.run`. Shards still at work when it ends early are killed with their workers."""
    todo = iter(jobs)
    first = list(islice(todo, 1))
    if not first:
        return
    with connected() as ray:
        work = ray.remote(_work).options(max_retries=_RETRIES)
        folder = str(Path.cwd())
        try:
            yield from _in_order(ray, (partial(work.remote, folder, function, job) for job in chain(first, todo)))
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ray.exceptions.RayError):
                rule = f"a worker cannot start ({str(error.cause).splitlines()[0]})"
                remedy = "install the same silverprint on every machine of the cluster"
                raise UnavailableError(_VALUE, rule, remedy) from None
            raise error.cause from None
        except ray.exceptions.RayError as error:
            rule = f"a worker died, most often for lack of memory ({type(error).__name__}); finished shards stay"
            remedy = "run again, with fewer CPUs a machine (ray start --num-cpus), or set executor: serial"
            raise UnavailableError(_VALUE, rule, remedy) from None


def _in_order(ray: Any, todo: Iterator[Callable[[], Any]]) -> Iterator[Any]:
    """The results of tasks in their order, a few a CPU begun ahead: `ray.cancel` of many can crash the driver."""
    waiting: deque[Any] = deque()
    while True:
        room = int(_AHEAD * ray.cluster_resources().get("CPU", 1)) - len(waiting)  # machines come and go
        waiting.extend(task() for task in islice(todo, max(room, 0)))
        if not waiting:
            return
        yield ray.get(waiting.popleft())


def _work(folder: str, function: Callable[[Any], Any], job: Any) -> Any:
    """One job, on whichever machine, in the folder that its relative paths mean."""
    try:
        os.chdir(folder)
    except OSError:
        rule = "the project's folder is not on this machine of the cluster"
        remedy = "mount it there under the same path"
        raise UnavailableError(f"{socket.gethostname()}:{folder}", rule, remedy) from None
    use_one_thread()
    return function(job)


@contextmanager
def connected() -> Iterator[Any]:
    """Ray, connected; what was started here is stopped at the end, and its files are removed. Within another of these
    contexts it is that one's connection, and stays.
    """
    ray = sys.modules.get("ray")
    if ray is not None and ray.is_initialized():
        yield ray
        return
    address = os.environ.get("RAY_ADDRESS") or _LOCAL
    _require_answer(address)
    ray = _imported(address)
    # In /tmp: the path of a socket is short.
    with TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        own = {
            "include_dashboard": False,
            "num_cpus": cores.available(),
            "object_store_memory": _OBJECTS,
            "_temp_dir": folder,
        }
        try:
            ray.init(address, log_to_driver=False, logging_level="ERROR", **(own if address == _LOCAL else {}))
        except Exception as error:  # many kinds: other versions, a wrong token, no memory to share
            raise _unavailable(address, error) from None
        try:
            yield ray
        finally:
            ray.shutdown()


def _require_answer(address: str) -> None:
    """Ray itself would try for minutes."""
    found = re.fullmatch(rf"{_LOCAL}|auto|\[?([^\s/]+?)\]?:(\d{{1,5}})", address)
    if found is None:
        rule = "a cluster is named by HOST:PORT of its head, or is auto or local"
        raise ConfigError(f"RAY_ADDRESS = {address!r}", rule, "set it to HOST:6379, or unset it")
    if found[1] is not None:
        try:
            socket.create_connection((found[1], int(found[2])), timeout=_ANSWER_S).close()
        except (OSError, OverflowError) as error:
            raise _unavailable(address, error) from None


def _unavailable(address: str, error: Exception) -> UnavailableError:
    rule = f"no Ray cluster is available ({type(error).__name__}: {error})"
    remedy = "see there: ray status; unset it to use this machine alone"
    return UnavailableError(f"RAY_ADDRESS = {address!r}", rule, remedy)


def _imported(address: str) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # otherwise Ray reports to its makers
    if address == _LOCAL:
        # Ray's only way to stay on the loopback interface, whatever the name says.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
    except ImportError:
        raise UnavailableError(_VALUE, "the package ray is not installed", "run: make ray-env") from None
    return ray
