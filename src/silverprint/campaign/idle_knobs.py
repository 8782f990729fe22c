"""Knobs that were changed after they could have an effect: those of a queue that people are asked by."""

from collections.abc import Iterator
from typing import Any, Final

from silverprint import layout, yamltext
from silverprint.campaign import round_state
from silverprint.config import Params
from silverprint.dvcfiles import lock

_OF_FIRST: Final = "evaluation"  # a section that the first round's queue alone is drawn by


def hints(params: Params) -> Iterator[str]:
    """A sentence for each such knob: what was changed, why nothing comes of it, and where it would count.

    What it was is what dvc.lock knows of the last run, so a change is told once, before the next run.
    """
    now, ran = yamltext.mapping(yamltext.read(layout.PARAMS), layout.PARAMS), lock.stages()
    for number, name in enumerate(params.chain):
        before = ran[f"queue@{name}"].params.get(str(layout.PARAMS), {}) if f"queue@{name}" in ran else {}
        if not before or not round_state.is_opened(name):
            continue
        then = f"{name}'s queue is final since people are asked by it"
        for knob, was, value in _changed(before.get(f"rounds.{name}"), now["rounds"][name]):
            plan = f"it would count in a round to come: silverprint round add NAME --{knob.replace('_', '-')} {value}"
            yield f"rounds.{name}.{knob} = {value}, before {was}, changes nothing: {then}; {plan}"
        for knob, was, value in _changed(before.get(_OF_FIRST), now[_OF_FIRST]) if number == 0 else ():
            where = "it would count in a new campaign"
            yield f"{_OF_FIRST}.{knob} = {value}, before {was}, changes nothing: {then}; {where}"


def _changed(before: Any, now: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for knob in sorted({*before, *now} if isinstance(before, dict) else ()):
        if before.get(knob) != now.get(knob):
            yield knob, before.get(knob), now.get(knob)
