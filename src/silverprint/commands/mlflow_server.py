"""silverprint track up|down: MLflow's server and page on this machine."""

import sys
from typing import Final

from silverprint import layout
from silverprint.adapters import services
from silverprint.console import say

SERVICE: Final = services.Service("MLflow", "silverprint track up", layout.TRACKING, "/health")


def up(port: int) -> None:
    """Starts MLflow on loopback with SQLite under var/mlflow, or says where it runs.

    Raises:
        UnavailableError: the port is taken, or it does not start.
    """
    services.up(SERVICE, port, lambda: _launch(port))


def _launch(port: int) -> services.Launch:
    folder = layout.TRACKING.resolve()
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", services.HOST, "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    # Job execution starts workers that hold 2 GB and that we never use.
    settings = {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    return services.Launch(command, services.environment(**settings), folder)


def down() -> None:
    """Stops it; the runs stay."""
    say("MLflow is stopped" if services.down(SERVICE) else "MLflow is not running")
