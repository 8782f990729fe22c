"""Strategy as everything else sees it: what picks, what it needs, how its choice is explained."""

from collections.abc import Callable
from dataclasses import dataclass

from silverprint.core.selection.pool import Picks


@dataclass(frozen=True)
class Strategy:
    """An acquisition function.

    Attributes:
        pick: `pick(pool: Pool, **options)`: the rows, best first, and their acquisition values.
        looks_for: half a sentence for whoever is asked why; `{score}` is the acquisition value.
        needs_model: whether it cannot do without class probabilities, and so cannot choose a first round.
        needs_members: members of the model's ensemble below which its choice means nothing.
    """

    pick: Callable[..., Picks]
    looks_for: str
    needs_model: bool = False
    needs_members: int = 1
