"""MLflow: a view of the rounds, rebuilt from the outputs alone. Importing this package does not import MLflow."""

from silverprint.adapters.tracking.publish import after_round, sync

__all__ = ["after_round", "sync"]
