"""`silverprint` on a cluster whose machines have none of the campaign's files, and of which each stage loses one.

Takes the place of the program in tests (`python -m tests.helpers.machines_lost STAGE …`): each job that a stage gives
to the cluster is begun on a machine of its own, and goes on once the stage's folder below $TOLD has `go` in it. Work
that is too little for a cluster goes there, too.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from silverprint import cli
from silverprint.store import executor
from silverprint.store.executor import ray_cluster
from tests.helpers.other_machine import elsewhere

_LESS: Final[dict[str, dict[str, int]]] = {  # by stage: how much work is enough, or is a job
    "measure": {"silverprint.stages.measure.SPAN": 32},
    "clean": {
        "silverprint.core.duplicates.band_jobs.WHOLE": 0,
        "silverprint.core.features.nearest_neighbours._FEW": 0,
        "silverprint.stages.clean.look_alikes.FEW": 0,
        "silverprint.stages.clean.look_alikes.FEW_PAIRS": 0,
        "silverprint.stages.clean.outliers.FEW": 0,
        "silverprint.stages.clean.turned_copies.FEW_PAIRS": 0,
    },
    "score": {
        "silverprint.model.predict_in_jobs._COLUMNS": 0,
        "silverprint.model.predict_in_jobs._PRODUCTS": 0,
    },
    "queue": {"silverprint.stages.queue.pool.FEW": 0},
}


class _OfAnotherMachine:
    """What the executor asks for the folder that relative paths mean."""

    @staticmethod
    def cwd() -> Path:
        return Path("/on/another/machine")


def main() -> int:
    stage = sys.argv[1]
    for name, value in _LESS.get(stage, {}).items():
        module, _, constant = name.rpartition(".")
        setattr(import_module(module), constant, value)
    told = Path(os.environ["TOLD"]) / "-".join(sys.argv[1:])
    told.mkdir(exist_ok=True)
    settings = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}

    def run(function: Callable[[Any], Any], jobs: Iterable[Any], kind: executor.Kind) -> Iterator[Any]:
        return ray_cluster.run_on_ray(partial(elsewhere, function, told, settings), jobs, kind)

    executor.EXECUTORS["ray"] = run
    ray_cluster.Path = _OfAnotherMachine
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
