"""Tracking URI: the one in MLFLOW_TRACKING_URI, else the server on this machine, else its database."""

import json
import os
from pathlib import Path

import httpx

from silverprint import layout
from silverprint.errors import UnavailableError

_PATIENCE_S = 3.0
OF_A_PROXY = frozenset({502, 504})  # what answers where there is no MLflow behind it
_REMEDY = "start it (silverprint track up) or set MLFLOW_TRACKING_URI; later: silverprint track sync"


def configured_uri() -> str | None:
    """The address that the environment or var/mlflow/server.json names; None where neither does."""
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return uri
    try:
        document = json.loads((layout.TRACKING / "server.json").read_text(encoding="utf-8"))
        return str(document["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def resolve() -> str:
    """An address that answers.

    Raises:
        UnavailableError: MLFLOW_TRACKING_URI does not answer.
    """
    uri = configured_uri()
    if uri is not None:
        if is_answering(uri):
            return uri
        if os.environ.get("MLFLOW_TRACKING_URI"):
            raise unreachable_error(uri)
    layout.TRACKING.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{(layout.TRACKING / 'mlflow.db').resolve()}"


def is_answering(uri: str) -> bool:
    """Whether a server answers at all, and not a proxy alone; addresses that are not HTTP are left to MLflow."""
    if not uri.startswith(("http://", "https://")):
        return True
    try:
        return httpx.get(uri.rstrip("/") + "/health", timeout=_PATIENCE_S).status_code not in OF_A_PROXY
    except httpx.HTTPError:
        return False


def unreachable_error(uri: str) -> UnavailableError:
    return UnavailableError(f"MLflow at {uri}", "is not reachable", _REMEDY)


def artifacts(uri: str) -> str | None:
    """Where a new experiment keeps its figures; None leaves it to a server that is not this machine's.

    A plain folder on this machine serves the server and the bare database alike.
    """
    local = configured_uri() == uri and not os.environ.get("MLFLOW_TRACKING_URI")
    if local or not uri.startswith(("http://", "https://")):
        return Path(layout.TRACKING / "artifacts").resolve().as_uri()
    return None
