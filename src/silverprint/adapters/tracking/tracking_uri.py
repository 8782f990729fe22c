"""Tracking URI: the one in MLFLOW_TRACKING_URI, else the server on this machine, else its database.

Server and database are the user's, for all campaigns, or the campaign's own. What MLflow keeps in files, drawings of
pictures and models, is in the campaign's folder in either case.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from silverprint import layout
from silverprint.errors import ConfigError, UnavailableError
from silverprint.store import server_home, server_users
from silverprint.store.server_home import TRACKING

_PATIENCE_S = 3.0
OF_A_PROXY = frozenset({502, 504})  # what answers where there is no MLflow behind it
_REMEDY = "start it (silverprint track up) or set MLFLOW_TRACKING_URI; later: silverprint track sync"


def configured_uri() -> str | None:
    """The address that the environment names, or that of the server that this campaign used; None where neither is."""
    if uri := os.environ.get("MLFLOW_TRACKING_URI"):
        return uri
    return _server_address() if TRACKING.is_own or server_users.this(TRACKING) is not None else None


def _server_address() -> str | None:
    try:
        document = json.loads((TRACKING.folder / "server.json").read_text(encoding="utf-8"))
        return str(document["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def resolve() -> str:
    """An address that answers.

    Raises:
        UnavailableError: MLFLOW_TRACKING_URI does not answer.
    """
    uri = configured_uri() or _server_address()
    if uri is not None:
        if is_answering(uri):
            return uri
        if os.environ.get("MLFLOW_TRACKING_URI"):
            raise unreachable_error(uri)
    server_home.make(TRACKING.folder)
    return f"sqlite:///{(TRACKING.folder / 'mlflow.db').resolve()}"


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


@contextmanager
def making_tables(uri: str) -> Iterator[None]:
    """Where the database is not there yet: nobody else makes its tables until the block ends."""
    is_first = uri.startswith("sqlite:") and not (TRACKING.folder / "mlflow.db").exists()
    with server_users.alone(TRACKING) if is_first and not TRACKING.is_own else nullcontext():
        yield


def require_ours(experiment: str, ours: str | None, theirs: str) -> None:
    """
    Args:
        ours, theirs: where this campaign's figures would be, and where those of the experiment are.

    Raises:
        ConfigError: the experiment is that of another campaign on this machine.
    """
    if ours is None or theirs == ours or not theirs.startswith("file://"):
        return
    other = Path(unquote(urlsplit(theirs).path)).parents[len(layout.TRACKING.parts)]
    if (other / layout.PARAMS).exists():
        rule = f"the campaign in {other} has that name in the MLflow that both would use"
        remedy = "give one another name; or this one a server of its own: silverprint track up --own"
        raise ConfigError(f"dataset.name = {experiment!r}", rule, remedy)


def artifacts(uri: str) -> str | None:
    """Where a new experiment keeps its figures; None leaves it to a server that is not this machine's.

    A plain folder on this machine serves the server and the bare database alike.
    """
    local = _server_address() == uri and not os.environ.get("MLFLOW_TRACKING_URI")
    if local or not uri.startswith(("http://", "https://")):
        return Path(layout.TRACKING / "artifacts").resolve().as_uri()
    return None
