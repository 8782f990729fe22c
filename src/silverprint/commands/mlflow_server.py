"""silverprint track up|down|move: MLflow's server and page on this machine, one for all campaigns of its user."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from silverprint import config, layout
from silverprint.adapters import background_server, tracking
from silverprint.adapters.tracking import rounds_page
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import UsageError
from silverprint.store import server_home, server_users
from silverprint.store.server_home import TRACKING


def service(folder: Path | None = None) -> background_server.Service:
    """The MLflow of the campaign that is here: the one of its user, or its own."""
    return background_server.Service("MLflow", "silverprint track up", folder or TRACKING.folder, "/health", 5000)


def up(port: int | None = None, own: bool = False) -> None:
    """Starts MLflow on loopback with SQLite, on its last port or a free one, or says where it runs.

    Args:
        own: whether the campaign gets a server of its own, for good.

    Raises:
        UnavailableError: the port is taken, or it does not start.
    """
    if own and not TRACKING.is_own:
        with server_users.alone(TRACKING):
            server_users.leave(TRACKING)
        server_home.make(layout.TRACKING)
        background_server.add_facts(service(layout.TRACKING))
    dataset = config.load().dataset if layout.PARAMS.exists() else None
    if TRACKING.is_own:
        url = background_server.up(service(), port, _launch)
    else:
        with server_users.alone(TRACKING):
            url = background_server.up(service(), port, _launch)
            server_users.join(TRACKING, dataset.campaign if dataset else Path.cwd().name)
    if dataset:
        shown = rounds_page.find(url, dataset.name)
        none = "no round is there yet; those trained before: silverprint track sync"
        say(f"the rounds: {shown}" if shown else none)


def _launch(port: int) -> background_server.Launch:
    folder = TRACKING.folder.resolve()
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


def down(everyone: bool = False) -> None:
    """Stops it, unless another campaign uses it; the runs stay.

    Args:
        everyone: whether it is stopped for the other campaigns, too.
    """
    if users := server_users.down(TRACKING, everyone, _stop):
        say(f"MLflow goes on, for {users} uses it; to stop it for all campaigns: silverprint track down --all")


def _stop() -> None:
    say("MLflow is stopped" if background_server.down(service()) else "MLflow is not running")


def move(params: Params) -> None:
    """Has the campaign use the MLflow of all campaigns of its user: its runs are made there from the outputs.

    Raises:
        UsageError: it has none of its own, or that runs.
    """
    if not TRACKING.is_own:
        raise UsageError("track move", "this campaign has no MLflow of its own", "run: silverprint track up")
    if background_server.is_held(service()):
        raise UsageError("MLflow", "it runs, on data that would be moved", "run: silverprint track down")
    aside = layout.TRACKING.with_name(f"{layout.TRACKING.name}-before-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    layout.TRACKING.rename(aside)
    say(f"MLflow: this campaign uses that of all your campaigns from now on; what it had is kept in {aside}")
    tracking.sync(params)
