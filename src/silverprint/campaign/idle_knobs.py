"""Knobs that were changed after they could have an effect: those of a queue that people are asked by."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from silverprint import layout
from silverprint.campaign import round_state
from silverprint.config import Evaluation, Params, Round, SequentialOverlap
from silverprint.dvcfiles import lock

_BY_COMMANDS: Final = ("prev", "draw")  # knobs of a round that say nothing about what is asked


def hints(params: Params) -> Iterator[str]:
    """A sentence for each such knob: what was changed, why nothing comes of it, and where it would count.

    What it was is what dvc.lock knows of the last run, so a change is told once, before the next run.
    """
    ran = lock.stages()
    for name in params.chain:
        stage = ran.get(f"queue@{name}")
        before = stage.params.get(str(layout.PARAMS), {}) if stage else {}
        if not before or not round_state.is_opened(name):
            continue
        final = f"{name}'s queue is final since people are asked by it"
        for knob, was, now in _changed(before.get(f"rounds.{name}"), params.rounds[name], _BY_COMMANDS):
            where = f"silverprint round add NAME {_option(knob, now)}"
            yield f"rounds.{name}.{knob} = {now} (before: {was}) changes nothing: {final}; for a round to come: {where}"
        if name == params.chain[0]:
            for knob, was, now in _changed(before.get("evaluation"), params.evaluation):
                yield f"evaluation.{knob} = {now} (before: {was}) changes nothing: {final}; that drew it for good"


def _changed(before: Any, section: Round | Evaluation, but: Collection[str] = ()) -> Iterator[tuple[str, Any, Any]]:
    """Knob, what it was, what it is, `but` of those; one that was not written had its default."""
    for knob, now in vars(section).items() if isinstance(before, dict) else ():
        was = before.get(knob, getattr(type(section), knob, None))
        if isinstance(was, dict):
            was = SequentialOverlap(**was)
        if was != now and knob not in but:
            yield knob, was, now


def _option(knob: str, value: Any) -> str:
    name = knob.replace("_", "-")
    if isinstance(value, SequentialOverlap):
        return f"--{name} {value.min}-{value.max}:{value.until}"
    return f"--{'' if value else 'no-'}{name}" if isinstance(value, bool) else f"--{name} {value}"
