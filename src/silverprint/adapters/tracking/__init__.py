"""MLflow, a view of the rounds: a run per round, the campaign's learning curve, the best model in the registry.

All of it is rebuilt from the outputs alone. Importing this package does not import MLflow.
"""

from collections.abc import Sequence

from silverprint import console, layout
from silverprint.adapters.tracking import round_facts, tracking_uri
from silverprint.config import Params
from silverprint.errors import SilverprintError


def after_round(params: Params, name: str) -> None:
    """Shows a round that was just trained, where an MLflow is named; says one line where it is not reachable."""
    uri = tracking_uri.configured_uri()
    if uri is None:
        return
    if not tracking_uri.is_answering(uri):
        console.say(f"MLflow at {uri} is not reachable; the round is complete; later: silverprint track sync")
        return
    try:
        publish(params, uri, [name])
    except SilverprintError as error:
        console.say(f"{error}; the round is complete; later: silverprint track sync")


def sync(params: Params) -> None:
    """Rebuilds every run from the outputs on this disk; what is there already stays as it is.

    Raises:
        UnavailableError: the MLflow that was named is not reachable.
        NotAllowedError: it refuses us.
    """
    publish(params, tracking_uri.resolve(), round_facts.trained_rounds(params))


def publish(params: Params, uri: str, names: Sequence[str]) -> None:
    """Brings MLflow at `uri` up to date with the rounds `names`, and with the campaign as a whole."""
    from silverprint.adapters.tracking.campaign_run import show_campaign
    from silverprint.adapters.tracking.champion import show_best
    from silverprint.adapters.tracking.client import Experiment
    from silverprint.adapters.tracking.round_run import show_round

    trained = round_facts.trained_rounds(params)
    if not trained:
        console.say("MLflow: no round is trained yet, nothing to show")
        return
    with Experiment.open(uri, params.dataset.name) as store:
        changed = sum(show_round(store, params, round_facts.read(params, name)) for name in names)
        figures = {name: round_facts.metrics(name) for name in trained}
        labelling = {name: round_facts.labelling(params, name) for name in trained}
        show_campaign(store, params.dataset.campaign, figures, labelling)
        show_best(store, params, figures)
    absent = [str(root) for root in map(layout.raw, params.sources) if not root.exists()]
    if changed and absent:
        console.say(
            f"MLflow: without sheets of the hardest pictures, for {absent[0]} is not here: dvc pull {absent[0]}"
        )
    console.say(f"MLflow: {changed} of {len(names)} runs updated, see {store.page}")
