"""MLflow client: one experiment, its runs found by tag, MLflow's errors as ours."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from silverprint.adapters.tracking import rounds_page, tracking_uri
from silverprint.errors import NotAllowedError, SilverprintError, UnavailableError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from requests.exceptions import RequestException

_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
CONTENT = "silverprint.content"  # tag: digest of what a run shows, set when it is complete


def quiet_settings() -> None:
    """How MLflow's own code behaves in this process, where the environment does not say it; before its import."""
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)


@dataclass(frozen=True)
class Experiment:
    """An MLflow at hand."""

    client: "MlflowClient"
    uri: str
    experiment: str  # id of the experiment

    @classmethod
    @contextmanager
    def open(cls, uri: str, experiment: str) -> Iterator["Experiment"]:
        """The experiment at `uri`, made if need be.

        Raises:
            UnavailableError: MLflow is not reachable, or answers with an error.
            NotAllowedError: it refuses us.
        """
        quiet_settings()
        from mlflow import MlflowClient

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        with translate_errors(uri):
            with tracking_uri.making_tables(uri):
                client = MlflowClient(tracking_uri=uri, registry_uri=uri)
                found = _experiment(client, experiment, uri)
            yield cls(client, uri, found)

    @property
    def page(self) -> str:
        """Where a person looks at it."""
        if self.uri.startswith("http"):
            return rounds_page.address(self.uri, self.experiment)
        return "it by: silverprint track up"

    def find(self, **tags: str) -> "Run | None":
        """The run with these tags below `silverprint.`; the newest if there are several."""
        terms = [f"tags.`silverprint.{name}` = '{value}'" for name, value in tags.items()]
        runs = self.client.search_runs([self.experiment], " and ".join(terms), max_results=1)
        return runs[0] if runs else None

    def is_current(self, run: "Run | None", digest: str) -> bool:
        return run is not None and run.data.tags.get(CONTENT) == digest

    def close(self, run_id: str, digest: str) -> None:
        """Marks the run as complete."""
        self.client.set_tag(run_id, CONTENT, digest)
        self.client.set_terminated(run_id, "FINISHED")


def _experiment(client: "MlflowClient", name: str, uri: str) -> str:
    found, place = client.get_experiment_by_name(name), tracking_uri.artifacts(uri)
    if found is None:
        return str(client.create_experiment(name, artifact_location=place))
    tracking_uri.require_ours(name, place, str(found.artifact_location))
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


@contextmanager
def translate_errors(uri: str) -> Iterator[None]:
    """MLflow's exceptions, and those of the libraries below it, as ours."""
    from mlflow.exceptions import MlflowException
    from requests.exceptions import RequestException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SilverprintError:
        raise
    except MlflowException as error:
        status = int(error.get_http_status_code())  # type: ignore[no-untyped-call]
        if status in {401, 403}:
            remedy = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
            raise NotAllowedError(f"MLflow at {uri}", f"denies access (HTTP {status})", remedy) from error
        if isinstance(cause := error.__cause__ or error.__context__, RequestException):
            raise _of_request(uri, cause) from error
        if re.search(r"<(!doctype|html)", str(error), re.IGNORECASE):
            rule = f"something other than MLflow answers (a web page, HTTP {status})"
            raise UnavailableError(f"MLflow at {uri}", rule, "set MLFLOW_TRACKING_URI to it, or unset it") from error
        rule = f"answers with an error ({' '.join(str(error).split())[:160]})"
        raise UnavailableError(f"MLflow at {uri}", rule, "see its log; later: silverprint track sync") from error
    except RequestException as error:
        raise _of_request(uri, error) from error
    except SQLAlchemyError as error:
        rule = f"not a usable database ({' '.join(str(error).split())[:160]})"
        raise UnavailableError(f"MLflow at {uri}", rule, "move it away and run: silverprint track sync") from error


def _of_request(uri: str, error: "RequestException") -> UnavailableError:
    """Of a request that failed: MLflow did not answer; or it did, and its database or its storage fails."""
    repeated = re.search(r"too many (\d{3}) error responses", str(error))  # after which there is no response
    status = int(repeated[1]) if repeated else error.response.status_code if error.response is not None else None
    if status is None or status in tracking_uri.OF_A_PROXY:
        return tracking_uri.unreachable_error(uri)
    fails = "its storage of artefacts fails" if "/mlflow-artifacts/" in str(error) else "answers with an error"
    remedy = "see its log; later: silverprint track sync"
    return UnavailableError(f"MLflow at {uri}", f"{fails} (HTTP {status})", remedy)
