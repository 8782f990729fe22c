"""embed: features of every decodable image, each computed once."""

import shutil
from functools import partial
from itertools import chain, islice

from silverprint import console, layout
from silverprint.campaign.decodable_images import decodable_images
from silverprint.config import Params
from silverprint.dvcfiles import missing_outputs
from silverprint.store import ShardReader, executor, features
from silverprint.store.storage import storage

# Pictures. A kill loses at most about this much work; with many more parts DVC would have many more files to look at.
PART = 32_768


def run(params: Params) -> None:
    """Adds to data/embed the pictures that are not there yet; another backbone, size or decoding starts over.

    Raises:
        UnavailableError: the output or an input was not pulled, or the backbone's weights are missing.
        DataError: a picture does not decode any more.
    """
    missing_outputs.require_pulled(layout.EMBED)
    from silverprint.model import embedder
    from silverprint.model.backbones import Weights

    description = embedder.describe(params.embed, Weights.of(params.embed))
    done = _done(description)
    todo = [image_id for image_id in decodable_images(params.sources) if image_id not in done]
    if todo:
        _embed(params, todo, description)
    elif _described() != description:
        _make_room(description)
    console.say(f"embed: {len(todo)} new, {len(done) + len(todo)} pictures with features; next: clean")


def _done(description: dict[str, object]) -> set[str]:
    """The pictures that have features as described."""
    if _described() == description:
        return set(features.Features(layout.EMBED).image_ids.to_list())
    return set()


def _described() -> dict[str, object] | None:
    return features.describe(layout.EMBED) if (layout.EMBED / features.DESCRIPTION).exists() else None


def _make_room(description: dict[str, object]) -> None:
    """Removes features of another description, and what a kill left half-written."""
    if _described() != description:
        (layout.EMBED / features.DESCRIPTION).unlink(missing_ok=True)  # first: a kill here must not look whole
        shutil.rmtree(layout.EMBED, ignore_errors=True)
        features.write_description(layout.EMBED, description)
    for leftover in layout.EMBED.glob(".*.part"):
        leftover.unlink()


def _embed(params: Params, todo: list[str], description: dict[str, object]) -> None:
    from silverprint.model.backbones import Weights
    from silverprint.model.embedder import embed_span

    reader = ShardReader([layout.raw(source) for source in params.sources])
    knobs = params.embed
    work = partial(embed_span, name=knobs.backbone, size=knobs.size, weights=Weights.of(knobs))
    found = executor.run(params.executor, work, reader.span(todo).pieces(knobs.batch), kind=executor.GPU)
    first = list(islice(found, 1))
    _make_room(description)  # now that the network was loaded, and works
    names, place = iter(todo), storage(params.storage)
    ids: list[str] = []
    rows = []
    try:
        with console.bar() as progress:
            task = progress.add_task("embed", total=len(todo))
            for batch in chain(first, found):
                ids += islice(names, len(batch))
                rows.append(batch)
                progress.advance(task, len(batch))
                if len(ids) >= PART:
                    features.append(layout.EMBED, ids, rows, place)
                    ids, rows = [], []
    finally:  # Ctrl-C, or a picture that does not decode any more, costs nothing
        if ids:
            features.append(layout.EMBED, ids, rows, place)
