"""Figures as plain sentences, with the limits of what they show."""

import re
from collections.abc import Callable
from typing import Any, Final

from silverprint.adapters.html.view import RoundView, View

_WHOLE_NAME: Final = re.compile("(base64,[A-Za-z0-9+/=]*|[0-9a-f]{12}(?=[0-9a-f]{52}))[0-9a-f]*")
_SAME: Final = 0.05  # points that are printed as 0.0

ROLES: Final = {
    "evaluation": "random ones to measure on",
    "audit": "random ones to test automatic labels on",
    "train": "chosen by the strategy",
    "control": "random ones to compare with",
    "gold": "with a known answer",
    "relabel": "for a second look",
}


def with_short_names(text: str) -> str:
    """The text with 12 digits of each image_id in it, pictures in it as they are: by a whole one a purge and its proof
    know what a page shows.
    """
    return _WHOLE_NAME.sub(r"\1", text)


def percent(share: float | None, digits: int = 1) -> str:
    return "-" if share is None else f"{100 * share:.{digits}f} %"


def positive_percent(share: float) -> str:
    """A share that is not nothing, however small."""
    return "< 0.1 %" if 0 < share < 0.0005 else percent(share)


def points(difference: float) -> str:
    """A difference of two shares in percentage points, with its sign: +2.1."""
    return f"{100 * difference:+.1f}".replace("-", "\u2212")


def verdict(view: View) -> list[str]:
    """First facts for a lead: the model's accuracy, what the last round and the strategy gained."""
    last = view.measured
    if last is None or last.evaluation is None or last.metrics is None:
        return ["No model has been measured yet: there are no evaluation labels."]
    at = last.evaluation
    sentences = [
        f"After {last.name}, with {last.metrics['labels']:,} labels, the model agrees with people on "
        f"{percent(at['accuracy'])} of {at['n']:,} evaluation pictures "
        f"(95 % interval {percent(at['accuracy_low'])} to {percent(at['accuracy_high'])})."
    ]
    before = [entry for entry in view.rounds if entry.evaluation and entry.name != last.name]
    if before:
        sentences.append(_progress(before[-1], last))
    if last.control:
        sentences.append(f"In {last.name}, {gain(last.control)}.")
    found = view.qualities.automatic if view.qualities else None
    if found and found["released"]:
        right = percent(found["precision"])
        sentences.append(f"The model labels {found['released']:,} further pictures; {right} of audited ones are right.")
    return sentences + _gates(view)


def _gates(view: View) -> list[str]:
    gates = {entry.name: entry.gate for entry in view.rounds if entry.gate}
    waived = [name for name, gate in gates.items() if gate.get("waived")]
    failed = [name for name, gate in gates.items() if not gate["passed"] and name not in waived]
    if failed:
        return [f"The labels of {', '.join(failed)} did not pass their gate."]
    if waived:
        return [f"A failed check of the labels was waived in {', '.join(waived)}: see there why."]
    return ["The labels passed every critical check."] if gates else []


def _progress(before: RoundView, last: RoundView) -> str:
    old, new = before.evaluation, last.evaluation
    if not old or not new or not before.metrics or not last.metrics:
        return ""
    more = last.metrics["labels"] - before.metrics["labels"]
    change = 100 * (new["accuracy"] - old["accuracy"])
    if abs(change) < _SAME:
        return f"That is the same as after {before.name}, with {more:,} more labels."
    direction = "more" if change > 0 else "fewer"
    size = f"{abs(change):.1f} points {direction} than after {before.name}, with {more:,} more labels"
    return f"That is {size}; silverprint compare {before.name} {last.name} says whether that can be chance."


def gain(control: dict[str, Any]) -> str:
    """Whether the strategy beat random pictures, by how much, and how sure that is."""
    low, high = control["gain_low"], control["gain_high"]
    span = f"{points(control['gain'])} points, 95 % interval {points(low)} to {points(high)}"
    if low > 0:
        return f"{control['k']} chosen pictures taught the model more than {control['k']} random ones ({span})"
    if high < 0:
        return f"{control['k']} chosen pictures taught the model less than {control['k']} random ones ({span})"
    return (
        f"{control['k']} chosen pictures taught the model about as much as {control['k']} random ones "
        f"({span}{_detectable(control)})"
    )


def _detectable(control: dict[str, Any]) -> str:
    """What so few pictures can show at all; figures of an earlier version do not say."""
    least = control.get("gain_detectable")
    return "" if least is None else f"; so few show a gain only from about {100 * least:.0f} points on"


def automatic(figures: dict[str, Any]) -> str:
    """What `core.automatic_labels.figures` says of the automatic labels as a whole."""
    promise = f"{percent(figures['promised'])} of them right, with confidence {percent(figures['confidence'], 0)}"
    if not figures["above"]:
        return (
            f"The promise is {promise}. The {figures['audited']:,} audited pictures do not show that any automatic "
            "label would keep it, so there is none."
        )
    return (
        f"The promise is {promise}. Measured: {percent(figures['precision'])} of {figures['above']:,} audited pictures "
        f"above the threshold (95 % interval {percent(figures['low'])} to {percent(figures['high'])}). "
        f"{figures['released']:,} of {figures['pool']:,} pictures that nobody was asked about have such a label: "
        f"{percent(figures['coverage'])}.{hidden(figures)}"
    )


def hidden(figures: dict[str, Any]) -> str:
    """What was done about audit pictures that one answer settles; nothing where there was none."""
    if "hidden" not in figures:
        return ""
    return (
        f" Audit pictures whose first answer was the label were asked about once. That may take up to "
        f"{percent(figures['hidden'])} of wrong labels for right, as often as these people err at most; so "
        f"{percent(figures['tested'])} was tested, and the interval begins lower."
    )


def anchoring(figures: dict[str, Any]) -> str:
    """What `core.votes.anchoring.figures` found, in a few sentences."""
    shown, hidden = figures["pictures_shown"], figures["pictures_hidden"]
    said = f"{shown:,} pictures showed the prediction, {hidden:,} hid it by chance."
    words = {
        "acceptance": "The answer is the prediction on",
        "accuracy": "The answer is right, by gold or by most of the others, on",
    }
    for name, start in words.items():
        if one := figures[name]:
            said += (
                f" {start} {percent(one['shown'])} of those that showed it and {percent(one['hidden'])} of those that "
                f"hid it: {100 * one['effect']:+.1f} points (95 % interval {100 * one['low']:+.1f} to "
                f"{100 * one['high']:+.1f})."
            )
    if one := figures["seconds"]:
        said += (
            f" A vote takes {one['shown']:.1f} s and {one['hidden']:.1f} s: {one['effect']:.2f} times as long (95 % "
            f"interval {one['low']:.2f} to {one['high']:.2f})."
        )
    return said


def consistency(figures: dict[str, float]) -> str:
    """What `core.reporting.dataset_metrics.consistency` found, in one sentence without its end."""
    said: dict[str, Callable[[float], str]] = {
        "alpha_round": lambda alpha: f"alpha {alpha:.2f} in the last round",
        "agreement": lambda share: f"{percent(share)} of pairs of votes on evaluation pictures agree",
        "gold_accuracy": lambda share: f"{percent(share)} of answers about gold pictures are right",
        "disputed": lambda share: f"votes differ on {percent(share)} of the pictures with two or more",
    }
    return "; ".join(say(figures[name]) for name, say in said.items() if name in figures)
