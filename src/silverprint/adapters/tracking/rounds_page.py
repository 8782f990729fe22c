"""MLflow's page that compares the rounds: its address. MLflow's home page is about other things."""

import httpx


def address(uri: str, experiment_id: str) -> str:
    return f"{uri.rstrip('/')}/#/experiments/{experiment_id}/runs?workflowType=machine_learning"


def find(uri: str, experiment: str) -> str | None:
    """The address of the experiment of that name; None where MLflow has none yet, or does not say."""
    try:
        with httpx.Client(trust_env=False, timeout=20) as client:
            where = f"{uri}/api/2.0/mlflow/experiments/get-by-name"
            answer = client.get(where, params={"experiment_name": experiment})
            return address(uri, answer.json()["experiment"]["experiment_id"]) if answer.is_success else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
