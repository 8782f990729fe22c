"""Rows of the comparison, for the terminal and for the page: a title, a cell a round, the last against the first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from silverprint.campaign.round_comparison import RoundComparison, RoundFigures
from silverprint.core.evaluation.comparison import Judged, most_changed
from silverprint.core.evaluation.paired import Estimate

MOST_CLASSES = 30  # in one table; of more, those whose recall changed most


@dataclass(frozen=True)
class Row:
    title: str
    cells: list[str]  # one a round
    difference: str = ""  # of the last round from the first
    heading: bool = False


def difference_heading(found: RoundComparison) -> str:
    return f"{found.last.name} - {found.first.name}"


def table_rows(found: RoundComparison, classes: Sequence[str]) -> Iterator[Row]:
    yield _row(found, "labels trained on", lambda entry: f"{entry.labels:,}", _counted(found, "labels"))
    yield _row(found, "votes so far", lambda entry: f"{entry.votes:,}", _counted(found, "votes"))
    yield from _model_rows(found)
    yield from _labelling_rows(found)
    yield from _class_rows(found, classes)


def _model_rows(found: RoundComparison) -> Iterator[Row]:
    change = found.gains.get(found.last.name)
    missing = "not comparable" if found.last.name in found.incomparable else "-"
    accuracy = points(change.accuracy) if change else missing
    balanced = points(change.balanced) if change else missing
    yield Row(f"% of {found.pictures:,} pictures", [""] * len(found.rounds), heading=True)
    yield _row(found, "accuracy", lambda entry: _of(entry, lambda model: percents(model.accuracy)), accuracy)
    yield _row(found, "balanced accuracy", lambda entry: _of(entry, lambda model: percents(model.balanced)), balanced)
    yield _row(found, "calibration error", lambda entry: _of(entry, lambda model: f"{100 * model.ece:.1f}"))
    yield _row(found, "mean confidence", lambda entry: _of(entry, lambda model: f"{100 * model.confidence:.1f}"))


def _labelling_rows(found: RoundComparison) -> Iterator[Row]:
    """Of each round by itself."""
    yield Row("round by itself", [""] * len(found.rounds), heading=True)
    yield _row(found, "votes", lambda entry: _work(entry, "round_votes", "{:,.0f}"))
    yield _row(found, "agreement, %", lambda entry: _work(entry, "agreement", "{:.1f}", 100))
    yield _row(found, "alpha", lambda entry: _work(entry, "alpha", "{:.2f}"))
    yield _row(found, "gold right, %", _gold)
    yield _row(found, "unresolved, %", lambda entry: _work(entry, "unresolved_share", "{:.1f}", 100))
    yield _row(found, "hours of work", lambda entry: _work(entry, "hours", "{:.2f}"))
    if found.cost_per_hour:
        title = f"cost, {found.currency}"
        yield _row(found, title, lambda entry: _work(entry, "hours", "{:,.2f}", found.cost_per_hour))


def _class_rows(found: RoundComparison, classes: Sequence[str]) -> Iterator[Row]:
    change = found.gains.get(found.last.name)
    judged = [name for name in classes if name in found.support]
    shown = most_changed(change, classes, MOST_CLASSES) if change else judged[:MOST_CLASSES]
    if not shown:
        return
    rest = "" if len(shown) == len(judged) else f" ({len(shown)} of {len(judged)} classes: those that changed most)"
    yield Row(f"recall, %{rest}", [""] * len(found.rounds), heading=True)
    for name in shown:
        gain = points(change.recall[name]) if change else ""
        cells = [_of(entry, lambda model, at=name: percents(model.recall[at])) for entry in found.rounds]  # type: ignore[misc]
        yield Row(f"{name} ({found.support[name]})", cells, gain)
    yield Row("labels of a class", [""] * len(found.rounds), heading=True)
    for name in shown:
        counts = [entry.labels_per_class[name] for entry in found.rounds]
        yield Row(name, [f"{count:,}" for count in counts], f"{counts[-1] - counts[0]:+,}")


def percents(found: Estimate) -> str:
    """As `76.9 (69.4-82.9)`."""
    return f"{100 * found.value:.1f} ({100 * found.low:.1f}-{100 * found.high:.1f})"


def points(found: Estimate) -> str:
    """As `+8.2 (+1.5, +14.7)`."""
    return f"{100 * found.value:+.1f} ({100 * found.low:+.1f}, {100 * found.high:+.1f})"


def _row(found: RoundComparison, title: str, cell: Callable[[RoundFigures], str], difference: str = "") -> Row:
    return Row(title, [cell(entry) for entry in found.rounds], difference)


def _counted(found: RoundComparison, name: str) -> str:
    return f"{getattr(found.last, name) - getattr(found.first, name):+,}"


def _of(entry: RoundFigures, said: Callable[[Judged], str]) -> str:
    return "-" if entry.judged is None else said(entry.judged)


def _work(entry: RoundFigures, name: str, form: str, factor: float = 1.0) -> str:
    return form.format(factor * entry.work[name]) if name in entry.work else "-"


def _gold(entry: RoundFigures) -> str:
    work: Mapping[str, float] = entry.work
    return percents(Estimate(work["gold"], work["gold_low"], work["gold_high"])) if "gold" in work else "-"
