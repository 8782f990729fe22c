"""Campaign: the files of one campaign as frames, pictures, arrays and models."""

from collections.abc import Iterable, Iterator
from contextlib import chdir, contextmanager
from functools import cached_property
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL.Image import Image

from silverprint import config, layout
from silverprint.campaign import root
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import ConfigError
from silverprint.model.classifier import Model
from silverprint.notebook import frames, models, pictures
from silverprint.store import ShardReader, shown_pictures
from silverprint.store.features import Features

_LOCK: Final = RLock()


class Campaign:
    """One campaign, to read only. `silverprint.open` makes it.

    Frames are read anew at each call, so that they show what is on the disk by then; a takedown counts at once.

    Attributes:
        folder: the campaign's, absolute.
        params: its params.yaml as it was when the campaign was opened.
        classes: names of its classes.
        rounds_opened: names of the opened rounds, in their order.

    Raises:
        ConfigError: there is no campaign in `folder` nor above it, or its params.yaml breaks a rule.
    """

    def __init__(self, folder: str | PathLike[str] = ".") -> None:
        found = root.find(Path(folder).absolute())
        if found is None:
            raise ConfigError(str(folder), "no dvc.yaml there or above", "name a campaign's folder: silverprint.open()")
        self.folder: Final = found
        with self._here():
            self.params: Final = config.load()
        self.classes: Final = self.params.dataset.classes
        self.rounds_opened: Final = self.params.chain

    def __repr__(self) -> str:
        rounds = ", ".join(self.rounds_opened) or "none opened"
        return f"<Campaign {self.params.dataset.name!r} in {self.folder}, rounds: {rounds}>"

    def images(self) -> pl.DataFrame:
        """The manifest: one row for each acquired image, kept or rejected with the reason (records.MANIFEST).

        Raises:
            UnavailableError: it is not on this disk.
        """
        with self._here():
            return frames.images()

    def labels(self, round_name: str | None = None) -> pl.DataFrame:
        """The consensus of each image that people were asked about (records.LABELS), as of the end of a round.

        Args:
            round_name: default: the newest round that has labels.

        Raises:
            UsageError: there is no such round.
            UnavailableError: it has no labels, or they are not on this disk.
        """
        with self._here():
            return frames.labels(self.params, round_name)

    def votes(self, round_name: str | None = None) -> pl.DataFrame:
        """Every vote that was pulled so far (records.VOTES), as it counts by now; with a round, those of that round.

        Raises:
            UsageError: there is no such round.
        """
        with self._here():
            return frames.votes(self.params, round_name)

    def annotators(self) -> pl.DataFrame:
        """Who voted, and how well (records.ANNOTATORS), as of the newest round that has labels.

        Raises:
            UnavailableError: no round has any, or they are not on this disk.
        """
        with self._here():
            return frames.annotators(self.params)

    def rounds(self) -> pl.DataFrame:
        """One row for each round, the opened ones in their order, then the planned ones (frames.ROUNDS)."""
        with self._here():
            return frames.rounds(self.params)

    def queue(self, round_name: str | None = None) -> pl.DataFrame:
        """What people were asked about and why: `round` and records.QUEUE, best rank first; default: all rounds.

        Raises:
            UsageError: there is no such round.
            UnavailableError: its queue is not drawn yet.
        """
        with self._here():
            return frames.queue(self.params, round_name)

    def picture(self, image_id: str, *, side: int | None = None) -> Image:
        """One of `pictures`."""
        ((_, found),) = self.pictures([image_id], side=side)
        return found

    def pictures(self, image_ids: str | Iterable[str], *, side: int | None = None) -> Iterator[tuple[str, Image]]:
        """(image_id, picture) in the order asked, one at a time, as people see them: upright, sRGB, the first frame,
        faces blurred where `persons.policy` says so.

        Args:
            side: pixels, of the longer side at most; default: as large as stored.

        Raises:
            UsageError: an image_id that the campaign does not know.
            NotAllowedError: a picture that is withdrawn, or has no usable licence.
            DataError: a picture that does not decode.
            UnavailableError: a source's shards are not on this disk.
        """
        names = _listed(image_ids)
        with self._here():
            pictures.require_shown(names)
            stored = shown_pictures.shown(self.params, self._shards).read(names)
        return pictures.decoded(stored, side)

    def features(self, image_ids: str | Iterable[str]) -> NDArray[np.float32]:
        """The features of these images, (n, D) float32, in the order asked.

        An image takes 4 D bytes. For more images than the memory holds there is `feature_batches`.

        Raises:
            NotAllowedError: an image that is withdrawn.
            DataError: an image that has no features.
            UnavailableError: they are not on this disk.
        """
        names = pl.Series("image_id", _listed(image_ids), dtype=pl.String)
        once = names.unique(maintain_order=True)
        rows = self._readable(once).gathered(once)
        if len(once) == len(names):
            return rows
        places = pl.DataFrame({"image_id": names}).join(
            pl.DataFrame({"image_id": once}).with_row_index("place"), on="image_id", maintain_order="left"
        )
        repeated: NDArray[np.float32] = rows[places["place"].to_numpy()]
        return repeated

    def feature_batches(
        self, image_ids: Iterable[str], *, size: int = 4096
    ) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
        """image_ids and features, (n, D) float32, of at most `size` images at a time, in the order on the disk.

        Raises:
            As `features`.
        """
        names = pl.Series("image_id", _listed(image_ids), dtype=pl.String).unique(maintain_order=True)
        found = self._readable(names)
        return ((names[places].to_list(), rows) for places, rows in found.scan(names, size))

    def model(self, round_name: str | None = None) -> Model:
        """The model that a round trained; default: the newest.

        Raises:
            UsageError: there is no such round.
            UnavailableError: it has no model, or that is not on this disk.
            ConfigError: it was trained on other features than those at hand.
        """
        with self._here():
            return models.of_round(self.params, self.folder, round_name)

    def champion(self) -> Model:
        """The model that no later one beat by more than chance on the evaluation set: MLflow's alias `best`.

        Raises:
            UnavailableError: no model was judged yet, or one that was is not on this disk.
            ConfigError: it was trained on other features than those at hand.
        """
        with self._here():
            return models.champion(self.params, self.folder)

    @contextmanager
    def _here(self) -> Iterator[None]:
        """The block runs in the campaign's folder, from which all of its files are named."""
        with _LOCK, chdir(self.folder):
            yield

    @cached_property
    def _shards(self) -> ShardReader:
        folders = [layout.raw(source) for source in self.params.sources]
        missing_outputs.require_pulled(*folders)
        return ShardReader([self.folder / folder for folder in folders])  # which are opened later, and elsewhere

    def _readable(self, image_ids: pl.Series) -> Features:
        with self._here():
            frames.require_standing(image_ids)
            missing_outputs.require_pulled(layout.EMBED)
            return Features(self.folder / layout.EMBED)


def _listed(image_ids: str | Iterable[str]) -> list[str]:
    return [image_ids] if isinstance(image_ids, str) else list(image_ids)
