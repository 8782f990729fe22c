"""Rounds side by side, from the files on this disk: their models on the same pictures, their labels, their cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from silverprint import layout
from silverprint.campaign import comparable_models, present_labels
from silverprint.config import Params
from silverprint.core.evaluation import comparison
from silverprint.core.evaluation.comparison import Gain, Judged, Shared
from silverprint.core.reporting.flipped_labels import flipped_labels
from silverprint.core.reporting.labelling_figures import class_counts, labelling_figures
from silverprint.errors import UsageError, restore_remedy
from silverprint.records import VOTES
from silverprint.store import evaluations, json_files, model_card, tables


@dataclass(frozen=True)
class RoundFigures:
    """A round as its own files tell.

    Attributes:
        recorded: `evaluation` of metrics.json: by the labels of its own time.
        work: core.reporting.labelling_figures.
        labels_per_class: class -> pictures that people gave it so far.
        judged: on the pictures that all compared models judged; None where there are none.
    """

    name: str
    model_id: str
    labels: int
    votes: int
    recorded: dict[str, Any]
    work: dict[str, float]
    labels_per_class: dict[str, int]
    judged: Judged | None


@dataclass(frozen=True)
class RoundComparison:
    """
    Attributes:
        rounds: at least two, in the order of the chain.
        pictures: evaluation pictures that all of their models judged.
        left_out: others that were judged once, where classes were changed since: not all models know theirs, or their
            label says nothing any more.
        support: class -> those of them that people give it by now.
        gains: round -> its model against that of the first; only rounds that can be compared with it.
        rebuilt: rounds whose model was rebuilt on the features of the last one's, and stands here for their own.
        incomparable: round -> why its model cannot be compared with the first.
        differing: round -> knobs of training that differ from the first round's, as "epochs 150 -> 80".
        flips: core.reporting.flipped_labels from the first to the last, by the classes of today.
        cost_per_hour, currency: people, of params.yaml.
    """

    rounds: list[RoundFigures]
    pictures: int
    left_out: int
    support: dict[str, int]
    gains: dict[str, Gain]
    rebuilt: list[str]
    incomparable: dict[str, str]
    differing: dict[str, list[str]]
    flips: pl.DataFrame
    cost_per_hour: float
    currency: str

    @property
    def first(self) -> RoundFigures:
        return self.rounds[0]

    @property
    def last(self) -> RoundFigures:
        return self.rounds[-1]


def choose(params: Params, names: Sequence[str]) -> list[str]:
    """The rounds to compare, in their order: those named, or the first and the last that were trained.

    Raises:
        UsageError: fewer than two, an unknown one, or one that was not trained yet.
    """
    trained = [name for name in params.chain if layout.metrics(name).exists()]
    for name in names:
        require_trained(params, name, trained)
    chosen = [name for name in trained if name in names] if names else [*trained[:1], *trained[1:][-1:]]
    if len(chosen) < 2:
        value = f"round {chosen[0]!r} alone" if chosen else "no trained round"
        raise UsageError(value, "it takes two different rounds to compare", _ways(trained))
    return chosen


def require_trained(params: Params, name: str, trained: Sequence[str]) -> None:
    """
    Raises:
        UsageError: there is no such round, or it is none of the `trained` ones.
    """
    if name not in params.rounds:
        raise UsageError(f"round {name!r}", "params.yaml has no such round", f"one of: {', '.join(params.rounds)}")
    if name not in trained:
        raise UsageError(f"round {name!r}", "it has no model yet", _ways(trained))


def _ways(trained: Sequence[str]) -> str:
    return f"trained: {', '.join(trained)}" if len(trained) > 1 else "go on: silverprint repro trains the next"


def compare(params: Params, names: Sequence[str]) -> RoundComparison:
    """The rounds `names`, in the order of the chain; all are judged by what people say by the last of them.

    Raises:
        UnavailableError: an output of a round is not on this disk.
        DataError: one is not readable.
    """
    folders = comparable_models.folders(names)
    judgements = {name: evaluations.read(folders[name]) for name in names}
    labels = {name: present_labels.of_round(name) for name in names}
    cards = {name: model_card.read(folders[name]) for name in names}
    first, last = names[0], names[-1]
    incomparable = {
        name: why for name in names[1:] if (why := _incomparable(first, cards[first], name, cards[name])) is not None
    }
    judge = judgements[last]
    comparable = judge.filter(pl.col("label").is_in(sorted(_shared_classes(cards, judge)))) if _unseen(cards) else judge
    pictures = comparison.shared(judgements, comparable)
    rounds = [_figures(params, name, labels[name], pictures) for name in names]
    return RoundComparison(
        rounds=rounds,
        pictures=pictures.pictures,
        left_out=max(one.recorded["n"] for one in rounds) - pictures.pictures if _unseen(cards) else 0,
        support=pictures.support,
        gains={
            name: comparison.gain(pictures, first, name)
            for name in names[1:]
            if pictures.pictures and name not in incomparable
        },
        rebuilt=[name for name in names if "rebuilt_from" in cards[name]],
        incomparable=incomparable,
        differing={name: _differing(cards[first], cards[name]) for name in names[1:]},
        flips=flipped_labels(labels[first], labels[last]),
        cost_per_hour=params.people.cost_per_hour,
        currency=params.people.currency,
    )


def _figures(params: Params, name: str, labels: pl.DataFrame, pictures: Shared) -> RoundFigures:
    path, classes = layout.metrics(name), params.dataset.classes
    keys = ("model_id", "labels", "votes", "evaluation")
    metrics = json_files.read(path, *keys, remedy=f"run: git checkout {path}")
    folder = layout.labels(name)
    quality = json_files.read(folder / "quality.json", remedy=restore_remedy(folder))
    votes = tables.read(folder / "votes.parquet", VOTES)
    return RoundFigures(
        name=name,
        model_id=metrics["model_id"],
        labels=metrics["labels"],
        votes=metrics["votes"],
        recorded=metrics["evaluation"],
        work=labelling_figures(quality, votes, labels, name, classes),
        labels_per_class=class_counts(labels, classes),
        judged=comparison.judged(pictures, name) if pictures.pictures else None,
    )


def _unseen(cards: dict[str, dict[str, Any]]) -> bool:
    """Whether classes were changed by command after one of these models was trained."""
    return any(evaluations.unseen(card) for card in cards.values())


def _shared_classes(cards: dict[str, dict[str, Any]], judge: pl.DataFrame) -> set[str]:
    """The classes that all of the models know, of those that pictures have."""
    return {*judge["label"]}.intersection(*({*evaluations.known(card)} for card in cards.values()))


def _incomparable(first: str, one: dict[str, Any], name: str, other: dict[str, Any]) -> str | None:
    """Why a difference of the two models would not be the labels' doing; None where it is."""
    if changed := _changes(one["features"], other["features"]):
        return f"{first} and {name} were trained on different features ({'; '.join(changed)})"
    if set(one["classes"]) != set(other["classes"]) and not _unseen({first: one, name: other}):
        lists = (one["classes"], other["classes"])
        only = [", ".join(sorted(set(a) - set(b))) or "none" for a, b in (lists, lists[::-1])]
        return f"{first} and {name} know different classes (only {first}: {only[0]}; only {name}: {only[1]})"
    return None


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return _changes(one.get("params", {}), other.get("params", {}))


def _changes(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What differs, by name, as `size 128 -> 224`."""
    keys = sorted(one.keys() | other.keys())
    return [f"{key} {one.get(key)} -> {other.get(key)}" for key in keys if one.get(key) != other.get(key)]
