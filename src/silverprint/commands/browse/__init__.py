"""silverprint browse: the pool on a page of this machine's browser; what is selected there becomes lines of ledgers."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.adapters.browse.pool import Pool
from silverprint.adapters.browse.serve import listening, serve
from silverprint.adapters.browse.site import Site
from silverprint.campaign import gold_list, ledgers, pool_table
from silverprint.commands.browse import actions, words
from silverprint.config import Params
from silverprint.console import err, say
from silverprint.dvcfiles import missing_outputs
from silverprint.store import shown_pictures
from silverprint.store.executor import cores
from silverprint.store.feature_map import FeatureMap
from silverprint.store.shown_pictures import ShownPictures

T = TypeVar("T")


def run(params: Params, port: int | None = None) -> None:
    """Prints the address, and serves until Ctrl+C.

    Raises:
        UnavailableError: the manifest, a source's shards or the port are not there.
        DataError: a table or the features are not readable.
    """
    folders = [layout.raw(source) for source in params.sources]
    missing_outputs.require_pulled(layout.CLEAN, *folders)
    with err.status("reading the pool"):
        pool = _pool(params, shown_pictures.shown(params))
    site = Site(pool)

    def ready(address: str) -> None:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        say("the pool is at this address, for this machine alone; Ctrl+C ends it")

    try:
        serve(site, listening(port), ready)
    except KeyboardInterrupt:  # how it is meant to end
        say("ended")


def _pool(params: Params, pictures: ShownPictures) -> Pool:
    rows = pool_table.read(params)
    coordinates: NDArray[np.float32] = np.full((rows.height, 2), np.nan, dtype=np.float32)
    similar: Callable[[int], NDArray[np.float32]] = partial(_unlike, rows.height)
    described, lacking = None, words.lacking(params)
    if (layout.EMBED / "embed.json").exists():
        found = FeatureMap(layout.EMBED, rows["image_id"], layout.BROWSE / "map.kept", cores.available())
        coordinates = found.coordinates()
        similar = found.similar
        described = None if lacking else words.Words(params.embed, found)
    return Pool(
        name=params.dataset.name,
        classes=params.dataset.classes,
        rows=rows,
        coordinates=coordinates,
        similar=similar,
        stored=lambda image_id: next(iter(pictures.read([image_id])))[1],
        gone=_Fresh((layout.TAKEDOWNS, layout.WITHDRAWN), ledgers.withdrawn_images),
        marks=_Fresh((layout.INCLUDE, layout.EXCLUDE, layout.GOLD), partial(_marks, params)),
        facts=(*_facts(params), lacking or words.HOW),
        actions=actions.actions(params),
        described=described,
    )


def _unlike(count: int, _: int) -> NDArray[np.float32]:
    """Similarities where there are no features."""
    return np.full(count, np.nan, dtype=np.float32)


class _Fresh(Generic[T]):
    """What a function reads from ledgers, read again once one of them changed."""

    def __init__(self, paths: Sequence[Path], read: Callable[[], T]) -> None:
        self._paths, self._read = paths, read
        self._seen: tuple[tuple[int, int] | None, ...] | None = None

    def __call__(self) -> T:
        seen = tuple(_stamp(path) for path in self._paths)
        if seen != self._seen:
            self._known, self._seen = self._read(), seen
        return self._known


def _stamp(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        return None
    found = path.stat()
    return found.st_mtime_ns, found.st_size


def _marks(params: Params) -> Mapping[str, tuple[str, ...]]:
    """image_id -> what the lists say of it."""
    marks: dict[str, tuple[str, ...]] = {}
    listed = [
        *(
            (image_id, f"include {name}")
            for name, image_id in _columns(ledgers.included_images(params.round_names), "round")
        ),
        *((image_id, "exclude") for image_id in ledgers.excluded_images()["image_id"]),
        *((image_id, f"gold: {label}") for label, image_id in _columns(gold_list.whole(params), "label")),
    ]
    for image_id, mark in listed:
        marks[image_id] = (*marks.get(image_id, ()), mark)
    return marks


def _columns(rows: pl.DataFrame, name: str) -> list[tuple[str, str]]:
    return rows.select(name, "image_id").rows()


def _facts(params: Params) -> Sequence[str]:
    scored, labelled = pool_table.scored_round(params), pool_table.labelled_round(params)
    return (
        f"Predictions are those before round {scored}." if scored else "No model predicted the pool yet.",
        f"Labels are those of round {labelled}." if labelled else "Nobody was asked yet.",
        "Similar pictures: the cosine of the features of every picture, centred, each block weighing the same.",
        "The map shows the two directions in which these features differ most; near is often alike, not always.",
        "What is taken down, has no usable licence or does not decode is not here.",
        "What changes while this page runs, but for ledgers, is seen once silverprint browse is started again.",
    )
