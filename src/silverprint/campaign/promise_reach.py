"""Reach of the release's promise: whether as many pictures will judge the model as it needs, before they are drawn."""

import math

from silverprint import layout
from silverprint.campaign import forecast
from silverprint.config import Params
from silverprint.core.least_audit import least_audit, most_promised
from silverprint.core.queue import roles


def lack(params: Params) -> str | None:
    """A sentence where the first round's queue is not drawn yet and will draw too few: no automatic label could be
    released then, whatever the answers. Null where they are enough, later, or where nothing is planned.
    """
    name = params.round_names[0] if params.round_names else None
    if name is None or layout.queue(name).exists() or not {*params.dataset.classes} - {*params.release.core_classes}:
        return None
    entry, wanted = params.planned.get(name) or params.rounds[name], params.release.promise
    left = forecast.unasked_pictures(params)
    shares = roles.shares(
        params.evaluation.size + entry.budget if left is None else left,
        evaluation=params.evaluation.size, budget=entry.budget, control=entry.control, audit=entry.audit,
    )  # fmt: skip
    judging = shares.evaluation + shares.audit
    least = least_audit(wanted.precision, wanted.confidence)
    if judging >= least or not judging or (left is not None and left <= shares.total):  # then people label all
        return None
    within = math.floor(100 * most_promised(judging, wanted.confidence)) / 100
    knobs = f"evaluation.size = {params.evaluation.size}, rounds.{name}.audit = {entry.audit:g}"
    needs = (
        f"release.promise of {wanted.precision:g} at confidence {wanted.confidence:g} needs {least}, all of them right"
    )
    remedy = f"raise one of them before the queue of {name} is drawn, or promise {within:g} at most"
    return f"{name}: {judging} pictures judge the model ({knobs}), and the {needs}; {remedy}"
