"""silverprint track sync: MLflow's page rebuilt from the outputs alone, on any clone."""

from silverprint.adapters import tracking
from silverprint.config import Params


def sync(params: Params) -> None:
    """Shows every round that was trained; what is not on this disk is skipped with one line.

    Raises:
        UnavailableError: the MLflow that was named is not reachable.
        NotAllowedError: it refuses us.
    """
    tracking.sync(params)
