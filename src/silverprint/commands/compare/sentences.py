"""Sentences of the comparison: what the table rests on, what changed, and whether that is more than chance."""

from collections.abc import Iterator

from silverprint.campaign.round_comparison import RoundComparison
from silverprint.commands.compare.label_effect import LabelEffect
from silverprint.commands.compare.rows import points
from silverprint.core.evaluation.paired import Estimate
from silverprint.core.reporting.flipped_labels import commonest_flips, of_training

_PAIRS, _TRACED = 5, 3


def sentences(found: RoundComparison, effect: LabelEffect | None, *, asked: bool) -> Iterator[str]:
    """
    Args:
        effect: of the labels that flipped; None where it was not measured.
        asked: whether it should have been.
    """
    if found.pictures:
        yield (
            f"Judged on the {found.pictures:,} evaluation pictures that all of these models judged, by what people say "
            f"of them by {found.last.name}; in brackets: 95 % intervals."
        )
    else:
        yield "No evaluation picture was judged by all of these models: their accuracy cannot be compared."
    if found.left_out:
        yield f"{found.left_out:,} others are left out: their classes were changed since, and cannot be compared."
    for name, change in found.gains.items():
        yield (
            f"{name} against {found.first.name}: {_gain(change.accuracy)}; {name} alone is right on "
            f"{change.won:,} pictures, {found.first.name} alone on {change.lost:,}."
        )
    for entry in found.rounds:
        if entry.name in found.rebuilt:
            yield (
                f"{entry.name}: rebuilt on the features of {found.last.name} (silverprint round rebuild); the model of "
                f"its time was {100 * entry.recorded['accuracy']:.1f} % right by the labels of its time."
            )
    for why in found.incomparable.values():
        yield f"Not comparable: {why}; a difference would not be the labels' doing."
    if any("different features" in why for why in found.incomparable.values()):
        yield "To compare them on the features at hand: silverprint round rebuild"
    for name, knobs in found.differing.items():
        if knobs:
            yield f"Mind: {name} was trained otherwise than {found.first.name}: {', '.join(knobs)}."
    yield from _flips(found, effect, asked)


def _gain(accuracy: Estimate) -> str:
    chance = "more than chance" if accuracy.more_than_chance else "may be chance"
    return f"accuracy {points(accuracy)} points, {chance}"


def _flips(found: RoundComparison, effect: LabelEffect | None, asked: bool) -> Iterator[str]:
    first, last, flips = found.first.name, found.last.name, found.flips
    if flips.is_empty():
        yield f"No label that {first} knew is another one in {last}."
        return
    trained_on = of_training(flips).height
    pairs = ", ".join(
        f"{before or 'no label'} -> {after or 'no label'} {n}"
        for before, after, n in commonest_flips(flips, _PAIRS).iter_rows()
    )
    yield (
        f"{flips.height:,} labels flipped from {first} to {last}, {trained_on:,} of them of pictures to train on: "
        f"{pairs}{'' if flips.n_unique(['before', 'after']) <= _PAIRS else ', and others'}."
    )
    seen = ", ".join(image_id[:12] for image_id in flips["image_id"].head(_TRACED))
    yield f"Look at one: silverprint trace IMAGE_ID, such as {seen}."
    if effect is not None:
        yield (
            f"What that did: trained on the same {effect.pictures:,} pictures, of which {effect.flipped:,} flipped, "
            f"a model is {100 * effect.old.value:.1f} % right with {first}'s labels and "
            f"{100 * effect.new.value:.1f} % with {last}'s: {_gain(effect.gain)}."
        )
    elif asked:
        yield "What that did: nothing to train on flipped, or there is nothing to judge it on."
    elif trained_on:
        yield "What that did to the accuracy: add --flips, which trains once with the old labels and once with the new."
