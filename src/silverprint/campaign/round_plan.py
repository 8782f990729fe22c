"""Plan of the rounds in params.yaml, as text: `planned` those to come in their order, `rounds` those that were opened.

Every function gives the new text; comments and order stay.
"""

from collections.abc import Mapping
from typing import Any, Final

from silverprint import layout, yamltext
from silverprint.config import START
from silverprint.dvcfiles import yaml_edit

_FIRST: Final = {"strategy": "auto", "budget": 100, "control": 0.2, "overlap": 2}  # of a campaign without any round
_OPENED_ONLY: Final = ("prev", "draw")  # knobs that a planned round has not


def plan(text: str, name: str, knobs: Mapping[str, Any]) -> str:
    """With `name` planned behind the others, as the round before it but for `knobs`."""
    document = yamltext.mapping(text, layout.PARAMS)
    before = [*(document.get("rounds") or {}).values(), *(document.get("planned") or {}).values()]
    entry = {key: value for key, value in (before or [_FIRST])[-1].items() if key not in _OPENED_ONLY}
    return yaml_edit.put_entry(_with_planned(text), ("planned", name), {**entry, **knobs})


def open_planned(text: str, name: str, knobs: Mapping[str, Any]) -> str:
    """With the planned round `name` opened after the last opened one, as it was planned but for `knobs`."""
    last = yamltext.mapping(text, layout.PARAMS)["last"]
    text = yaml_edit.move(text, "planned", name, "rounds")
    text = yaml_edit.put_first(text, ("rounds", name, "prev"), last)
    for knob, value in knobs.items():
        text = yaml_edit.put(text, ("rounds", name, knob), value)
    return yaml_edit.put(text, ("last",), name)


def plan_again(text: str, name: str) -> str:
    """With the last opened round planned again, as the next one."""
    document = yamltext.mapping(text, layout.PARAMS)
    entry = document["rounds"][name]
    for knob in _OPENED_ONLY:
        if knob in entry:
            text = yaml_edit.drop(text, ("rounds", name, knob))
    text = yaml_edit.move(_with_planned(text), "rounds", name, "planned", first=True)
    return yaml_edit.put(text, ("last",), entry["prev"])


def forget(text: str, name: str) -> str:
    """Without the planned round `name`."""
    return yaml_edit.drop(text, ("planned", name))


def all_planned(text: str) -> str:
    """With every opened round planned again: as before the first was opened."""
    document = yamltext.mapping(text, layout.PARAMS)
    while (last := document["last"]) != START:
        text = plan_again(text, last)
        document = yamltext.mapping(text, layout.PARAMS)
    return text


def _with_planned(text: str) -> str:
    if "planned" in yamltext.mapping(text, layout.PARAMS):
        return text
    return yaml_edit.put_section(text, "planned", before="rounds")
