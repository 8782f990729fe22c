"""Stages over pixels on machines that share nothing but a bucket: the same bytes, though one machine is lost."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from silverprint import config, layout
from silverprint.config import Embed, Params, Persons
from silverprint.core.duplicates import band_jobs, near_duplicate_groups
from silverprint.core.features import nearest_neighbours
from silverprint.core.features.nearest_neighbours import nearest
from silverprint.core.features.sketches import LENGTH
from silverprint.core.jobs import Run
from silverprint.errors import UnavailableError
from silverprint.model.head import Head
from silverprint.model.predict import predict
from silverprint.model.predict_in_jobs import predict_in_jobs
from silverprint.stages import embed, measure, persons
from silverprint.stages.queue import pool
from silverprint.store import ShardReader, ShardWriter, executor, features
from silverprint.store.features import Features
from silverprint.store.storage import storage
from tests.helpers import album, needs
from tests.helpers.album import Found, acquire, jpeg, tile
from tests.helpers.other_machine import elsewhere, when_told
from tests.helpers.ray_cluster import lose

pytestmark = pytest.mark.slow

real_run = executor.run


def written(*folders: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for folder in folders for path in folder.iterdir()}


def run_stages(params: Params) -> dict[str, bytes]:
    measure.run(params, "web")
    embed.run(params)
    persons.run(params)
    return written(layout.measured("web"), layout.EMBED, layout.PERSONS)


@pytest.fixture
def params(project: Path, monkeypatch: pytest.MonkeyPatch) -> Params:
    needs.module("facenet_pytorch", "pip install --no-deps facenet-pytorch==2.6.0")
    loaded = config.load()
    monkeypatch.setattr(measure, "SPAN", 2)
    return replace(
        loaded, sources={"web": loaded.sources["web"]}, persons=Persons(detector="mtcnn"),
        embed=Embed(backbone="efficientnet_lite0", size=32, batch=2),
    )  # fmt: skip


@pytest.mark.usefixtures("server")
def test_a_cluster_of_machines_with_a_bucket_gives_the_same_bytes(
    cluster: Any, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(album, "ShardWriter", partial(ShardWriter, storage=storage("s3://bucket/objects")))
    acquire("web", [Found(jpeg(tile(number)), f"u{number}") for number in range(9)])
    assert not list(layout.raw("web").glob("*.tar"))
    alone = run_stages(replace(params, executor="serial"))
    for path in alone:
        Path(path).unlink()

    settings = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    told = tmp_path / "told"
    told.mkdir()

    def run(
        name: str, function: Callable[[Any], Any], jobs: Iterable[Any], *, kind: executor.Kind = "core"
    ) -> Iterator[Any]:
        return real_run(name, partial(elsewhere, function, told, settings), jobs, kind=kind)

    monkeypatch.setattr(executor, "run", run)
    monkeypatch.setattr(Path, "cwd", classmethod(lambda cls: cls("/on/another/machine")))
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    loser = Thread(target=lose, args=(cluster, [cluster.add_node(num_cpus=1)], told, 3))
    loser.start()
    assert run_stages(replace(params, executor="ray")) == alone
    loser.join()


@pytest.mark.usefixtures("project")
def test_without_a_bucket_the_error_says_what_the_machine_lacks(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    acquire("web", [Found(jpeg(tile(0)), "u")])
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    monkeypatch.setattr(Path, "cwd", classmethod(lambda cls: cls("/on/another/machine")))
    span = ShardReader(layout.raw("web")).stored
    with pytest.raises(
        UnavailableError,
        match=r"/on/another/machine: the project's folder is not on this .*data/raw/web.*storage in params",
    ):
        list(real_run("ray", measure.measure_span, [span]))


@dataclass(frozen=True)
class Made:
    """What jobs are about: hashes, sketches, features of a pool with a head for them and what it thinks."""

    words: NDArray[np.uint64]
    sketches: NDArray[np.int16]
    pool: Features
    ids: list[str]
    head: Head


@pytest.fixture
def made(tmp_path: Path) -> Made:
    rng = np.random.default_rng(4)
    words = rng.integers(0, 2**64, (300, 4), dtype=np.uint64)
    words[150:] = words[:150] ^ np.uint64(5)
    points = rng.normal(size=(300, 8))
    sketches = np.rint(LENGTH * points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.int16)
    features.write_description(tmp_path, {"backbone": "b", "size": 1, "weights_sha256": "w", "blocks": {"final": 6}})
    ids = [f"{number:064x}" for number in range(300)]
    features.append(tmp_path, ids, [rng.normal(size=(300, 6)).astype(np.float16)])
    head = Head.of(
        centre=np.zeros(6), scale=np.ones(6), weight=rng.normal(size=(2, 6, 4)), bias=rng.normal(size=(2, 4)),
        temperature=np.array(1.5),
    )  # fmt: skip
    return Made(words, sketches, Features(tmp_path), ids, head)


def hashes_of_clean(made: Made, work: Run) -> list[Any]:
    return [near_duplicate_groups(made.words, 8, work)]


def look_alikes_of_clean(made: Made, work: Run) -> list[Any]:
    return [*vars(nearest(made.sketches, np.ones(300, np.bool_), 3, 0, run=work)).values()]


def score(made: Made, work: Run) -> list[Any]:
    return [predict_in_jobs(made.head, made.pool, made.ids, work, "score")]


def queue(made: Made, work: Run) -> list[Any]:
    examples = pl.DataFrame({"row": list(range(0, 300, 30)), "class_id": [0, 1, 2, 3, -1] * 2})
    thought = predict(made.head, made.pool, made.ids).astype(np.float16)
    read = pool.read_pool(made.pool, made.ids, examples, thought, 7, work)
    return [read.rows, read.hashes, read.unsure]


@pytest.mark.parametrize("found_by", [hashes_of_clean, look_alikes_of_clean, score, queue])
def test_jobs_over_tables_and_features_find_on_a_cluster_what_one_process_finds(
    found_by: Callable[[Made, Run], list[Any]],
    cluster: Any,
    made: Made,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those of `clean`, `score` and `queue`, on machines that have none of the files, one of which is lost."""
    alone = found_by(made, map)
    monkeypatch.setattr(band_jobs, "WHOLE", 0)
    monkeypatch.setattr(band_jobs, "_ROWS", 100)
    monkeypatch.setattr(nearest_neighbours, "_FEW", 0)
    monkeypatch.setattr(pool, "FEW", 0)
    monkeypatch.setattr(pool, "BATCH", 50)
    monkeypatch.setattr(Features.half_batches, "__defaults__", (50,))
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    told = tmp_path / "told"
    told.mkdir()
    nodes = cluster.worker_nodes
    loser = Thread(target=lose, args=(cluster, [*nodes, cluster.add_node(num_cpus=1)], told, 1))
    loser.start()
    with executor.opened("ray") as opened:
        found = found_by(made, lambda function, jobs: opened(partial(when_told, function, told), jobs))
    loser.join()
    assert len(list(told.iterdir())) >= 3  # the node that was lost, one that did its job again, and `go`
    for ours, theirs in zip(alone, found, strict=True):
        np.testing.assert_array_equal(ours, theirs)
