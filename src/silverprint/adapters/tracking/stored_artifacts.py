"""Artefacts of an MLflow that is not this machine's: listed, read and removed, one file at a time."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from silverprint.adapters.tracking import tracking_uri
from silverprint.adapters.tracking.client import CONTENT, quiet_settings, translate_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient

_Answer = TypeVar("_Answer")
_PAGE = 500  # runs asked for at once


def address_elsewhere() -> str | None:
    """The MLflow that the environment names; None where there is no other than in var/, on this disk."""
    return os.environ.get("MLFLOW_TRACKING_URI") or None


class Artifacts:
    """The artefacts of a dataset's experiment, deleted runs with them. A path is the run's id, a slash, and its own.

    Its methods raise UnavailableError where MLflow does not answer, NotAllowedError where it refuses us.
    """

    def __init__(self, uri: str, experiment: str) -> None:
        self._uri, self._experiment = uri, experiment

    def files(self) -> Iterator[tuple[str, int]]:
        """(path, bytes) of every file."""
        from mlflow.entities import ViewType

        if not tracking_uri.is_answering(self._uri):
            raise tracking_uri.unreachable_error(self._uri)
        with translate_errors(self._uri):
            client, token = self._client(), None
            found = client.get_experiment_by_name(self._experiment)
            while found is not None:
                runs = client.search_runs([found.experiment_id], "", ViewType.ALL, _PAGE, page_token=token)
                for run in runs:
                    yield from _below(client, run.info.run_id)
                token = runs.token
                if not token:
                    return

    def read(self, path: str, work: Callable[[BinaryIO], _Answer]) -> _Answer:
        """What `work` makes of a file."""
        run_id, _, name = path.partition("/")
        with translate_errors(self._uri), tempfile.TemporaryDirectory() as folder:
            copy = Path(self._client().download_artifacts(run_id, name, folder))
            with copy.open("rb") as stream:
                return work(stream)

    def remove(self, paths: list[str]) -> None:
        """Removes files; `silverprint track sync` then draws the run's figures anew."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        with translate_errors(self._uri):
            client = self._client()
            for path in paths:
                run_id, _, name = path.partition("/")
                run = client.get_run(run_id)
                stored: Any = get_artifact_repository(run.info.artifact_uri, self._uri, self._uri)
                stored.delete_artifacts(name)
                if run.info.lifecycle_stage == "active":
                    client.set_tag(run_id, CONTENT, "")

    def _client(self) -> "MlflowClient":
        quiet_settings()
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)


def _below(client: "MlflowClient", run_id: str, folder: str | None = None) -> Iterator[tuple[str, int]]:
    for one in client.list_artifacts(run_id, folder):
        if one.is_dir:
            yield from _below(client, run_id, one.path)
        else:
            yield f"{run_id}/{one.path}", int(one.file_size or 0)
