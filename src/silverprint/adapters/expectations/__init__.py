"""Great Expectations: a table is checked against a suite, a JSON file under expectations/.

The parameters each suite asks for:
- clean.json (the manifest): `reasons`, `licenses`, `known_license` (least share of kept pictures with a licence)
- queue.json (a queue joined with the manifest's `kept` and `group`; `withdrawn`: whether it may no longer be used;
  `judging`: the picture that judges which it is, or is a near-duplicate of): `roles` (that this round may hold),
  `classes`
- votes.json (a round's answers; `withdrawn`; with constant columns, lower ends of the 95 % intervals of two shares:
  `unsure_low`, `none_low`, `anchoring_low`): `max_unsure`, `max_none`, `max_anchoring`
- annotators.json (people, as `stages.gate.people` has them, with whom `labels` suspects): `min_gold`, `level` (of a
  test)
- training.json (what a model of the round's labels learns from: labels, and pictures that nobody was asked about;
  `withdrawn`, `judging`): `roles` (that may be trained on; null of pictures without a label)
- labels.json (the labels by people that a round answers for; `withdrawn`; and with constant columns: `alpha_round`,
  the upper end of the 95 % interval of the round's alpha, `unresolved_share`, `gold_round_high`, the upper end of that
  of the share of right answers on gold pictures in the round, `conflicts_low` and `changed_low`, the lower ends of
  those of two shares, `undecided`, the number of labels for training that are a guess, and `drift_chance`): `answers`
  (the classes and 'not one of these'), `min_alpha`, `max_unresolved`, `min_gold`, `max_conflicts`, `max_changed`,
  `level`
- release.json (what is released; `withdrawn`; `judging`: the picture of the test split which it is like): `splits`
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

Severity = Literal["critical", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """What one expectation of a suite found in a table."""

    expectation: str  # its type: expect_column_values_to_be_unique
    column: str | None  # None where it is about the whole table
    severity: Severity  # a failed critical one stops the stage
    success: bool
    observed: str  # the figure, or the first offending values with their count; empty where all is well
    kwargs: dict[str, Any]  # the expectation's arguments, parameters filled in
    rows: tuple[dict[str, Any], ...] = ()  # offending rows: the columns that name them, and the column at fault

    def __str__(self) -> str:
        where = f"{self.column} " if self.column else ""
        return f"{where}{self.expectation}{_limits(self.kwargs)}: {self.observed or 'as expected'}"


def check(
    frame: pl.DataFrame, suite: Path, params: dict[str, Any] | None = None, keys: tuple[str, ...] = ()
) -> list[Finding]:
    """The findings of `suite` in `frame`, one per expectation of the file, sorted by column and expectation.

    Args:
        params: values for the suite's {"$PARAMETER": name}.
        keys: columns that name a row; with them findings have their offending rows.

    Raises:
        ConfigError: the suite is missing or corrupt, names an unknown expectation, parameter or column.
    """
    from silverprint.adapters.expectations.runner import run

    return run(frame, suite, params or {}, keys)


def critical_failures(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that must stop a stage."""
    return [finding for finding in findings if not finding.success and finding.severity == "critical"]


def _limits(kwargs: dict[str, Any]) -> str:
    names = ("value_set", "min_value", "max_value", "mostly", "regex", "row_condition")
    shown = [f"{name}={kwargs[name]}" for name in names if kwargs.get(name) is not None]
    return f" ({', '.join(shown)})" if shown else ""
