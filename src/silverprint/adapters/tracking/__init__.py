"""MLflow: a view of the rounds, rebuilt from the outputs alone. Importing this loads nothing of MLflow."""

from silverprint.adapters.tracking.publish import after_round, sync

__all__ = ["after_round", "sync"]
