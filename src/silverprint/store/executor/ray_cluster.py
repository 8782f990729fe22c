"""Executor on a Ray cluster: the one that RAY_ADDRESS names, or a local one that ends with this process.

A job whose machine is lost is worked through again on another one. Every machine has the same silverprint. Where a job
reads from the disk, every machine sees the project's folder under the same path; docs/scaling.md says when that is so,
and how such a cluster is started.
"""

import os
import re
import socket
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from silverprint.errors import ConfigError, UnavailableError
from silverprint.store.executor import cores
from silverprint.store.executor.kinds import CORE, GPU, Kind
from silverprint.store.executor.processes import use_one_core
from silverprint.store.executor.threads import run_on_threads
from silverprint.store.s3 import SCHEME

_VALUE: Final = "executor = 'ray'"
_LOCAL: Final = "local"
_RETRIES: Final = 3  # retries of a job whose worker died
_OBJECTS: Final = 512 * 2**20  # bytes of jobs and results on their way; what is more waits on the disk
_ANSWER_S: Final = 10.0  # time for the cluster's head to answer
_AHEAD: Final = 4  # tasks a worker that are begun before the first of them is asked for
_PACK: Final = 16  # jobs a thread in one task, where a worker has several: they are through at about the same time


def run_on_ray(function: Callable[[Any], Any], jobs: Iterable[Any], kind: Kind) -> Iterator[Any]:
    """See `executor.run`. Jobs still at work when it ends early are killed with their workers."""
    todo = iter(jobs)
    first = list(islice(todo, 1))
    if not first:
        return
    with connected() as ray:
        needs = resources(kind, [node["Resources"] for node in ray.nodes() if node["Alive"]])
        # A worker serves for as long as the run lasts: what it has loaded, it keeps.
        work = ray.remote(max_calls=0, max_retries=_RETRIES, num_cpus=needs["CPU"], num_gpus=needs["GPU"])(_work)
        tasks = _tasks(work, function, chain(first, todo), needs["CPU"])
        try:
            yield from chain.from_iterable(_in_order(ray, tasks, needs["CPU"]))
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ray.exceptions.RayError):
                rule = f"a worker cannot start ({str(error.cause).splitlines()[0]})"
                remedy = "install the same silverprint on every machine of the cluster"
                raise UnavailableError(_VALUE, rule, remedy) from None
            raise error.cause from None
        except ray.exceptions.RayError as error:
            rule = f"a worker died, most often for lack of memory ({type(error).__name__}); what was written stays"
            remedy = "run again, with fewer CPUs a machine (ray start --num-cpus), or set executor: serial"
            raise UnavailableError(_VALUE, rule, remedy) from None


def resources(kind: Kind, nodes: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """CPUs and GPUs of one task, so that it fits on every machine that it is for.

    Args:
        nodes: what each machine has, by Ray's names.
    """
    if kind == CORE:
        return {"CPU": 1, "GPU": 0}
    with_gpu = [node for node in nodes if kind == GPU and node.get("GPU", 0) >= 1]
    cpus = [node.get("CPU", 0) // node["GPU"] for node in with_gpu] or [node.get("CPU", 0) for node in nodes]
    return {"CPU": max(1, int(min((count for count in cpus if count), default=1))), "GPU": int(bool(with_gpu))}


def _tasks(work: Any, function: Callable[[Any], Any], jobs: Iterator[Any], cpus: int) -> Iterator[Callable[[], Any]]:
    """Tasks to begin: of a job each, or of a pack where the worker has several threads."""
    folder = str(Path.cwd())
    while pack := list(islice(jobs, 1 if cpus == 1 else _PACK * cpus)):
        yield partial(work.remote, folder, function, pack, cpus)


def _in_order(ray: Any, todo: Iterator[Callable[[], Any]], cpus: int) -> Iterator[Any]:
    """The results of tasks in their order, a few a worker begun ahead: `ray.cancel` of many can crash the driver."""
    waiting: deque[Any] = deque()
    while True:
        workers = ray.cluster_resources().get("CPU", 1) / cpus  # machines come and go
        waiting.extend(task() for task in islice(todo, max(int(_AHEAD * workers) - len(waiting), 0)))
        if not waiting:
            return
        yield ray.get(waiting.popleft())


def _work(folder: str, function: Callable[[Any], Any], jobs: Sequence[Any], cpus: int) -> list[Any]:
    """Some jobs, on whichever machine; in the folder that relative paths mean, or where they mean nothing."""
    here = Path(folder).is_dir()
    os.chdir(folder if here else "/")
    use_one_core()
    cores.grant(cpus)
    try:
        return list(run_on_threads(function, jobs) if cpus > 1 else map(function, jobs))
    except UnavailableError as error:
        if here or SCHEME in error.value:
            raise
        rule = f"the project's folder is not on this machine of the cluster, and the job reads {error.value}"
        remedy = "mount it there under the same path, or keep the pictures on S3 (storage in params.yaml)"
        raise UnavailableError(f"{socket.gethostname()}:{folder}", rule, remedy) from None


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
