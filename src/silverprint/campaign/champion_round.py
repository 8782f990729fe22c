"""Champion of a campaign: the round whose model no later one beat by more than chance."""

from silverprint import layout
from silverprint.config import Params


def find(params: Params) -> str | None:
    """The champion by the labels of the last model that was judged; None where none was.

    Raises:
        UnavailableError: a model that was judged is not on this disk.
    """
    from silverprint.core.evaluation import champion  # loads scipy: not before
    from silverprint.store import evaluations

    metrics = {name: evaluations.metrics(name, "evaluation") for name in params.chain if layout.metrics(name).exists()}
    judged = [name for name, found in metrics.items() if found["evaluation"]["n"]]
    judgements = {name: rows for name in judged if not (rows := evaluations.read(layout.model(name))).is_empty()}
    if not judgements:
        return None
    return champion.champion(next(iter(judgements)), champion.challenges(judgements))
