"""Answers "not one of these": what the pictures about which people gave them teach a round's model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from silverprint.records import NONE_HELD_OUT, conform
from silverprint.stages.train.trainers import Material
from silverprint.store import tables

if TYPE_CHECKING:
    from silverprint.model.head import Head


@dataclass(frozen=True)
class Rejection:
    """
    Attributes:
        head: tells pictures of no class from the others.
        held_out: NONE_HELD_OUT of the pictures that taught it.
        card: what the model's card says of it.
    """

    head: "Head"
    held_out: pl.DataFrame
    card: dict[str, Any]

    @classmethod
    def learnt(cls, given: Material, of_no_class: list[str]) -> Self | None:
        """From the labelled pictures and those of no class; None where these are too few."""
        from silverprint.model.none_of_these import learn

        names = [*given.training["image_id"], *of_no_class]
        none = np.arange(len(names)) >= given.training.height
        rows = np.concatenate([given.rows, given.features.matrix(of_no_class)])
        found = learn(given.lens(rows), none, given.lens(given.pool), given.lens, given.seed)
        if found is None:
            return None
        held_out = pl.DataFrame({"image_id": names, "none": found.held_out.astype(np.float64)})
        card = {"none_of_these": found.facts, "none_trained_on": of_no_class}
        return cls(found.head, conform(held_out, NONE_HELD_OUT), card)

    @classmethod
    def kept(cls, folder: Path) -> Self | None:
        """That of a model that stays, whose card stays as well."""
        from silverprint.model.none_of_these import HELD_OUT, load

        head = load(folder)
        return None if head is None else cls(head, tables.read(folder / HELD_OUT, NONE_HELD_OUT), {})

    def save(self, folder: Path) -> None:
        from silverprint.model.none_of_these import HELD_OUT, save

        save(self.head, folder)
        tables.write(self.held_out, folder / HELD_OUT, NONE_HELD_OUT)
