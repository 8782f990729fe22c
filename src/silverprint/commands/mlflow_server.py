"""silverprint track up|down: MLflow's server and page on this machine."""

import sys
from typing import Final

from silverprint import layout
from silverprint.adapters import background_server
from silverprint.console import say

SERVICE: Final = background_server.Service("MLflow", "silverprint track up", layout.TRACKING, "/health", 5000)


def up(port: int | None = None) -> None:
    """Starts MLflow on loopback with SQLite under var/mlflow, on its last port or a free one, or says where it runs.

    Raises:
        UnavailableError: the port is taken, or it does not start.
    """
    background_server.up(SERVICE, port, _launch)


def _launch(port: int) -> background_server.Launch:
    folder = layout.TRACKING.resolve()
    command = [
        sys.executable, "-m", "mlflow", "server",
        "--host", background_server.HOST, "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder / "artifacts"),
    ]  # fmt: skip
    # Job execution starts workers that hold 2 GB and that we never use.
    settings = {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
    }
    return background_server.Launch(command, background_server.environment(**settings), folder)


def down() -> None:
    """Stops it; the runs stay."""
    say("MLflow is stopped" if background_server.down(SERVICE) else "MLflow is not running")
