"""Learning of a round's head from labels and the pool, and of the heads that are only compared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from silverprint.config import Model
from silverprint.core.features.lens import Lens
from silverprint.core.semisupervised import Doubtful, Fitted, Kernel, fit, of_random_draw
from silverprint.model.fit import fit as fit_members
from silverprint.model.head import Head


@dataclass(frozen=True)
class Material:
    """What a head is learnt from, as the lens shows it.

    Attributes:
        rows: (L, k) of the labelled pictures.
        labels: (L,) class ids.
        targets: (L, C) how likely each class is, as `core.evaluation.targets` says.
        random: (L,) whether the label is of a random draw: by these the shares of the classes are estimated.
        pool: (N, k) of pictures that nobody labelled.
        classes: C.
        doubtful: ways to take labels that sources brought, of pictures in the pool.
    """

    rows: NDArray[np.float32]
    labels: NDArray[np.int64]
    targets: NDArray[np.floating]
    random: NDArray[np.bool_]
    pool: NDArray[np.float32]
    classes: int
    doubtful: Sequence[Doubtful] = ()


class Learnt(NamedTuple):
    """A head, and what was learnt about its own examples."""

    head: Head
    held_out: NDArray[np.float32]  # (L, C), for each what a model says that did not see its label
    facts: dict[str, Any]  # how it was learnt, for the card


def learn(material: Material, lens: Lens, recipe: Model, seed: int) -> Learnt:
    """A head of `recipe.members` members by `recipe.omega`, with a cross-fitted temperature."""
    shares = of_random_draw(material.labels[material.random], material.classes)
    fitted = fit(
        material.rows,
        material.labels,
        material.pool,
        classes=material.classes,
        omega=recipe.omega,
        seed=seed,
        shares=shares,
        members=recipe.members,
        targets=material.targets,
        doubtful=material.doubtful,
    )
    facts = {
        "omega": fitted.omega,
        "features": type(fitted.view).__name__.lower(),
        "penalty": fitted.penalty,
        "temperature": round(fitted.temperature, 4),
        "pool": fitted.pool,
        "shares": "labels" if shares is None else "control",
        "tried": [{"omega": name, "brier": round(brier, 4)} for name, brier in fitted.tried],
    }
    if material.doubtful:
        facts["brought"] = fitted.doubtful or "none"
    return Learnt(head_of(fitted, lens), np.asarray(fitted.held_out, dtype=np.float32), facts)


def head_of(fitted: Fitted, lens: Lens) -> Head:
    """The same model as a head that takes features as they are stored: lens and scaling become parts of its weights."""
    view = fitted.view
    weight, bias = (part.astype(np.float64) for part in (fitted.weight[:, :-1], fitted.weight[:, -1]))
    tensors = {
        "centre": lens.centre,
        "scale": np.ones(len(lens.centre)),
        "temperature": np.array(fitted.temperature),
        "bias": bias - view.outer.shift @ weight,
    }
    if isinstance(view, Kernel):
        tensors["weight"] = view.basis @ (weight / view.outer.scale)
        tensors["kernel.lens"] = lens.matrix / view.plain.scale
        tensors["kernel.landmarks"] = view.landmarks + view.plain.shift
        tensors["kernel.width"] = np.array(view.width)
    else:
        tensors["weight"] = lens.matrix @ (weight / view.outer.scale)
    return Head.of(**tensors)


def train_members(
    rows: NDArray[np.float32], labels: NDArray[np.int64], weights: NDArray[np.float64], *, classes: int
) -> Head:
    """A head of labels alone, with one member for each row of `weights` (K, N); its temperature is 1."""
    weight, bias = fit_members(rows, labels, weights, classes=classes)
    as_they_are = {"centre": np.zeros(rows.shape[1]), "scale": np.ones(rows.shape[1])}
    return Head.of(**as_they_are, weight=weight, bias=bias, temperature=np.array(1.0))
