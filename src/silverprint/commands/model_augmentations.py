"""silverprint model augmentations FILE: a page of what fine-tuning would show a network, before anybody trains one."""

from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.adapters import html
from silverprint.adapters.html.view import AugmentationsView, DrawnRow, DrawnSection
from silverprint.adapters.plots.thumbnails import data_uri, thumbnail
from silverprint.campaign import withheld_signs
from silverprint.config import Params
from silverprint.console import file_size, say
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import MANIFEST
from silverprint.store import files, shown_pictures, tables

PICTURES: Final = 16
DRAWS: Final = 8
SIDE: Final = 112  # pixels of a thumbnail


def run(params: Params, path: Path) -> None:
    """Writes the page to `path`; it needs no other file. The pictures are the first ones by name, which is by chance.

    Raises:
        UsageError: a folder is in the file's place.
        UnavailableError: the manifest or a source's shards are not here, or no picture may be shown.
        DataError: a picture does not decode.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(str(path), "no file can be written there", "name a file in a folder that is there")
    image_ids = _pictures(params)

    from silverprint.model.finetune.draws import draws, originals
    from silverprint.model.round_model import shards

    shown = originals(shards(), image_ids, params.embed.size)
    sections = [
        DrawnSection(
            made.title,
            [
                DrawnRow(name, _uri(shown[row]), [_uri(draw) for draw in made.shown[:, row]])
                for row, name in enumerate(image_ids)
            ],
        )
        for made in draws(shown, params.model.finetune, DRAWS, params.seed)
    ]
    knobs = {**vars(params.model.finetune.augment), "size": f"{params.embed.size} pixels"}
    page = html.render_augmentations(AugmentationsView(params.dataset.name, knobs, sections))
    files.write_text(path, page)
    say(f"{path}: {len(image_ids)} pictures, {DRAWS} draws each, {file_size(len(page.encode()))}")


def _pictures(params: Params) -> list[str]:
    kept = tables.read(layout.MANIFEST, MANIFEST).filter(pl.col("kept"))["image_id"].sort()
    withheld = withheld_signs.of(kept).keys() | shown_pictures.blurred_boxes(params).keys()
    image_ids = [name for name in kept if name not in withheld][:PICTURES]
    if not image_ids:
        raise UnavailableError(str(layout.MANIFEST), "no picture may be shown", "run: silverprint repro clean")
    return image_ids


def _uri(pixels: NDArray[np.uint8]) -> str:
    return data_uri(thumbnail(pixels, SIDE))
