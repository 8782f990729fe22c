"""Strategy as everything else sees it: the arrays that it is given, what it gives back, and what it declares."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
from jaxtyping import Float, Int64
from numpy.typing import NDArray

from silverprint.core.selection.content_hash import Keys, content_keys, uniform_numbers

Indices = Int64[NDArray[np.int64], " b"]
Values = Float[NDArray[np.float64], " b"]
Picks: TypeAlias = tuple[Indices, Values]

NO_LABEL: Final = -1  # in `brought`, and in `labels` of a picture that is none of the classes or not known yet

CENTRE_ROWS: Final = 10_000  # enough for a mean


@dataclass(frozen=True)
class Whole:
    """The pool that the rows of a request were drawn from by a first pass.

    Attributes:
        rows: their number there.
        keys: (N,) of the rows of the request, as they are among all.
        centre: (D,) of all.
    """

    rows: int
    keys: Keys
    centre: NDArray[np.float32]


@dataclass(frozen=True)
class Pool:
    """A checked request. Strategies read it and return (indices, values): the best first, `budget` of `candidates`.

    Values are acquisition values when the row was picked, higher is better; NaN where a strategy has none. The arrays
    may be memory maps of a million rows: `rows`, `offsets` and `directions` read the few that are asked for.
    """

    embeddings: NDArray[np.floating]  # (N, D), finite
    probabilities: NDArray[np.floating] | None  # (N, C) or (M, N, C), rows sum to 1
    labeled: NDArray[np.int64]  # (L,), rows
    labels: NDArray[np.int64] | None  # (L,), class ids
    budget: int  # 0..number of rows not labelled
    seed: int
    brought: NDArray[np.int64] | None = None  # (N,), class ids that sources brought, NO_LABEL where there is none
    whole: Whole | None = None  # what these rows were drawn from; None: they are the pool

    @property
    def size(self) -> int:
        """Rows of the whole pool."""
        return self.whole.rows if self.whole else len(self.embeddings)

    @property
    def asked(self) -> "Asked":
        """The request in three figures."""
        taught = self.labels is None or bool((self.labels != NO_LABEL).any())
        return Asked(len(self.covered), self.budget, taught)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """All rows, (N,), in an order that depends on their content and the seed only, not on where they stand.

        Strategies work through the rows in this order and break ties by it, so that they neither prefer the first
        rows nor change their choice when the rows are shuffled. Only exact copies are distinguished by their position.
        """
        return np.argsort(self._keys, kind="stable").astype(np.int64)

    @cached_property
    def candidates(self) -> NDArray[np.int64]:
        """The rows that are not labelled, in `order`."""
        return self.order[~self.is_labeled[self.order]]

    @cached_property
    def covered(self) -> NDArray[np.int64]:
        """The labelled rows, each once, in `order`."""
        return self.order[self.is_labeled[self.order]]

    @cached_property
    def is_labeled(self) -> NDArray[np.bool_]:
        """(N,)"""
        mask = np.zeros(len(self.embeddings), dtype=bool)
        mask[self.labeled] = True
        return mask

    def chance(self, places: NDArray[np.int64], stream: int) -> NDArray[np.float64]:
        """A number in (0, 1) for each row, by its content, the seed and `stream`."""
        return uniform_numbers(self._keys[places], stream)

    def rows(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """A copy of the embeddings at `places`, (n, D)."""
        return np.asarray(self.embeddings[places], dtype=np.float32)

    def offsets(self, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """The embeddings at `places` less the pool's centre, (n, D): as far apart, and closer to zero."""
        return self.rows(places).astype(np.float64) - self._centre

    def directions(self, places: NDArray[np.int64]) -> NDArray[np.float32]:
        """The embeddings at `places`, centred and of length one, (n, D); a row at the centre stays zero."""
        centred = self.rows(places) - self._centre
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        np.divide(centred, lengths, out=centred, where=lengths > 0)
        return centred

    @property
    def predictions(self) -> NDArray[np.floating]:
        """The probabilities, for a strategy that has said that it needs a model."""
        if self.probabilities is None:
            raise TypeError("a strategy that reads predictions says needs_model=True")
        return self.probabilities

    @property
    def brought_labels(self) -> NDArray[np.int64]:
        """The labels that sources brought, for a strategy that has said that it needs them."""
        if self.brought is None:
            raise TypeError("a strategy that reads brought labels says needs_brought=True")
        return self.brought

    @cached_property
    def _keys(self) -> Keys:
        return self.whole.keys if self.whole else content_keys(self.embeddings, self.seed)

    @cached_property
    def _centre(self) -> NDArray[np.float32]:
        """The mean of a random sample of the rows, (D,)."""
        return self.whole.centre if self.whole else centre_of(self.rows(self.order[:CENTRE_ROWS]))


def centre_of(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """The pool's centre, (D,), by the first CENTRE_ROWS rows of its order."""
    total = sample.sum(axis=0, dtype=np.float64)
    return np.asarray(total / max(1, len(sample)), dtype=np.float32)


@dataclass(frozen=True)
class Asked:
    """What the weights of a strategy's draw depend on, beside the rows.

    Attributes:
        covered: labelled rows.
        budget: rows to choose.
        taught: whether one of the labels is a class, so that the model learnt from labels of ours.
    """

    covered: int
    budget: int
    taught: bool


Weights: TypeAlias = Callable[[NDArray[np.float64] | None, int, Asked], NDArray[np.float64]]


@dataclass(frozen=True)
class Strategy:
    """An acquisition function.

    Attributes:
        pick: `pick(pool: Pool, **options)`: the rows, best first, and their acquisition values.
        looks_for: half a sentence for whoever is asked why; `{score}` is the acquisition value.
        needs_model: whether it cannot do without class probabilities, and so cannot choose a first round.
        needs_brought: whether it chooses among labels that came with the pictures.
        needs_members: members of the model's ensemble below which its choice means nothing.
        draws_by: (margin uncertainty (n,) or None without a model, n, request) to the weights of n unlabelled rows, by
            which it draws those that it looks at; None: it looks at all.
    """

    pick: Callable[..., Picks]
    looks_for: str
    needs_model: bool = False
    needs_brought: bool = False
    needs_members: int = 1
    draws_by: Weights | None = None
