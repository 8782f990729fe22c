"""Labels that sources brought, as far as a round's model may learn from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from silverprint.campaign import brought_labels
from silverprint.campaign.brought_labels import Lesson
from silverprint.core.brought_labels.belief import Brought, believe
from silverprint.core.features.lens import Lens
from silverprint.core.semisupervised import Doubtful
from silverprint.records import BELIEVED, conform, empty
from silverprint.store.features import Features


@dataclass(frozen=True)
class Taught:
    """
    Attributes:
        believed: BELIEVED of what sources brought.
        ways: how a model may learn from it, and `image_ids` of the pictures that these are about.
    """

    believed: pl.DataFrame
    ways: Sequence[Doubtful] = ()
    image_ids: Sequence[str] = ()

    def card(self, facts: dict[str, Any]) -> dict[str, Any]:
        """What the card says of brought labels: the pictures, where a way was taken."""
        taken = facts.get("brought", "none") != "none"
        return {"brought_trained_on": list(self.image_ids)} if taken else {}


def teach(said: Lesson | None, features: Features, lens: Lens, seed: int) -> Taught:
    """How likely each label that sources brought is right, and the ways to learn from it; None where there is none."""
    if said is None:
        return Taught(empty(BELIEVED))
    names = said.rows["image_id"].to_list()
    rows = np.concatenate([lens(batch) for batch in features.batches(names)])
    brought = Brought(rows, said.labels, said.sources, said.teaches)
    belief = believe(brought, told=said.told, classes=len(said.classes), seed=seed)
    right = pl.Series("right", belief.right.round(6))
    image_ids = said.rows["image_id"][belief.taught(seed)].to_list()
    return Taught(conform(said.rows.with_columns(right), BELIEVED), belief.ways(seed), image_ids)


def figures(round_name: str, card: dict[str, Any]) -> dict[str, Any]:
    """How many brought labels the model learnt from, and what people measured of each source."""
    sources = brought_labels.measured(round_name)
    return {"trained_on": len(card.get("brought_trained_on", [])), "sources": dict(sources)}
