"""Stages that would run again after an upgrade, and why; and the lines of dvc.lock that keep the others from it.

DVC runs a stage again when dvc.lock differs from what the stage reads. A knob that comes in with the value which the
campaign had without it changes nothing that a stage writes, so dvc.lock gets it, too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from silverprint import layout
from silverprint.dvcfiles import lock
from silverprint.dvcfiles.resolved_stages import Resolved, value_at

_PARAMS: Final = str(layout.PARAMS)
_MISSING: Final = object()


@dataclass(frozen=True)
class Rerun:
    """
    Attributes:
        stage: its name in dvc.yaml.
        items: of a foreach stage, in which of its items.
        reasons: why, each a few words.
    """

    stage: str
    items: tuple[str, ...]
    reasons: tuple[str, ...]


Lock = Mapping[str, lock.Stage]
Documents = Mapping[str, Mapping[str, Any]]  # file -> its values


def kept_valid(
    locked: Lock, stages: Mapping[str, Resolved], before: Mapping[str, Any], as_before: Mapping[str, Any]
) -> dict[tuple[str, str], Any]:
    """(stage, knob) -> value that dvc.lock gets, so that what means the same is no change.

    Args:
        locked: the stages of dvc.lock.
        stages: those of the new dvc.yaml.
        before: the values of params.yaml before the upgrade.
        as_before: those with which the campaign goes on as before.
    """
    found = {}
    for name, stage in stages.items():
        if name not in locked:
            continue
        recorded = locked[name].params.get(_PARAMS, {})
        for knob in stage.params.get(_PARAMS, ()):
            was, now = value_at(before, knob, _MISSING), value_at(as_before, knob, _MISSING)
            if now is not _MISSING and now != was and recorded.get(knob, _MISSING) == was:
                found[name, knob] = now
    return found


def plan(locked: Lock, stages: Mapping[str, Resolved], documents: Documents, changed: Iterable[Path]) -> list[Rerun]:
    """What would run again, in the order of dvc.yaml.

    Args:
        documents: the values of params.yaml and versions.yaml.
        changed: the other files that an upgrade writes.
    """
    files = {str(path) for path in changed}
    why: dict[str, tuple[str, ...]] = {}
    for name, stage in stages.items():
        reasons = tuple(_reasons(locked.get(name), stage, documents, files))
        if reasons:
            why[name] = reasons
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, reasons in why.items():
        grouped.setdefault((stages[name].stage, reasons), []).append(name.partition("@")[2])
    return [Rerun(stage, tuple(filter(None, items)), reasons) for (stage, reasons), items in grouped.items()]


def _reasons(was: lock.Stage | None, stage: Resolved, documents: Documents, files: set[str]) -> Iterator[str]:
    if was is None:
        yield "it never ran here"
        return
    if was.cmd != stage.cmd:
        yield f"its command was {was.cmd!r}"
    for dep in stage.deps:
        if dep not in was.deps:
            yield f"it reads {dep}, too"
        elif dep in files:
            yield f"{dep} changes"
    yield from (f"it reads {dep} no more" for dep in was.deps if dep not in stage.deps)
    yield from (f"it writes {out}, too" for out in stage.outs if out not in was.outs)
    for file, knobs in stage.params.items():
        for knob in knobs:
            old, new = was.params.get(file, {}).get(knob, _MISSING), value_at(documents.get(file, {}), knob, _MISSING)
            if old != new:
                yield _change(file, knob, old, new)


def _change(file: str, knob: str, old: Any, new: Any) -> str:
    if file == str(layout.VERSIONS):
        return "it has no version yet" if old is _MISSING else f"its version rises from {old} to {new}"
    if old is _MISSING:
        return f"it reads {knob}, too"
    if isinstance(old, dict) and isinstance(new, dict):
        names = [name for name in {**old, **new} if old.get(name, _MISSING) != new.get(name, _MISSING)]
        return f"{', '.join(f'{knob}.{name}' for name in names)} changes"
    return f"{knob} changes"
