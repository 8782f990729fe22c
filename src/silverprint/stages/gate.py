"""gate@r: the round's labels against their suite. A critical failure stops the round before it can train anything.

A warning stops nothing and is printed.
"""

import json
from dataclasses import replace
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.adapters.expectations import Finding, check, critical_failures
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.core import agreement
from silverprint.core.votes import gold_answers, vote_ledger
from silverprint.errors import DataError, restore_remedy
from silverprint.records import ANNOTATORS, LABELS, NONE_OF_THESE, VOTES
from silverprint.store import files, json_files, tables

# Lies below every `min_alpha`: votes that are all for one class say as little of agreement as votes by chance.
_NO_VARIATION: Final = -float("inf")
_NO_VARIATION_SAID: Final = "no variation: all votes on shared pictures are for one answer"
_NOT_MEASURED: Final = "people's agreement is not measured: no picture has two votes that count"


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/gate.json: every finding, and whether all critical ones passed or were waived.

    Raises:
        DataError: a critical expectation failed and data/waivers.csv has no line for it.
        ConfigError: a waiver is for no round, or does not say why or by whom.
    """
    findings = _findings(params, round_name)
    failed = critical_failures(findings)
    waived = _waived(params, round_name)
    stopping = [finding for finding in failed if waiver_name(finding) not in waived]
    used = [] if stopping else sorted({waiver_name(finding) for finding in failed})
    document = {
        "round": round_name,
        "passed": not failed,
        "waived": used,
        "findings": [_row(finding) for finding in findings],
    }
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    files.write_text(layout.gate(round_name), text)
    for finding in findings:
        if not finding.success and finding.severity == "warning":
            say(f"{round_name}: warning: {_NOT_MEASURED if finding.column == 'alpha_round' else finding}")
    if stopping:
        raise _stopped(round_name, stopping)
    for name in used:
        say(f"{round_name}: {name} failed and is waived: {waived[name]}")


def waiver_name(finding: Finding) -> str:
    """What a waiver calls it: `expect_column_figure_to_be_between:alpha_round`."""
    return f"{finding.expectation}:{finding.column}" if finding.column else finding.expectation


def _findings(params: Params, name: str) -> list[Finding]:
    folder = layout.labels(name)
    remedy = restore_remedy(folder)
    quality = json_files.read(folder / "quality.json", "alpha_round", "unresolved_share", "gold", remedy=remedy)
    figures = {
        "alpha_round": _NO_VARIATION if _is_uniform(params, name) else quality["alpha_round"],
        "unresolved_share": quality["unresolved_share"],
        "gold_round_high": quality["gold"]["round"]["high"],
        "gold_worst_high": gold_answers.worst_upper_end(quality["gold"]["annotators"]),
    }
    labels = tables.read(folder / "labels.parquet", LABELS)
    table = labels.filter((pl.col("round") == name) & (pl.col("source") == "human")).with_columns(
        pl.lit(figure, dtype=pl.Float64).alias(column) for column, figure in figures.items()
    )
    limits = {
        "answers": [*params.dataset.classes, NONE_OF_THESE],
        "min_alpha": params.gate.min_alpha,
        "max_unresolved": params.gate.max_unresolved,
        "min_gold": params.gate.min_gold,
    }
    return [_worded(finding) for finding in check(table, layout.SUITES / "labels.json", limits)]


def _is_uniform(params: Params, name: str) -> bool:
    """Whether people who shared pictures in this round all gave one answer: gold decides nothing here either."""
    folder = layout.labels(name)
    gold_ones = tables.read(folder / "labels.parquet", LABELS).filter(role="gold")
    answers = vote_ledger.standing_votes(tables.read(folder / "votes.parquet", VOTES)).filter(round=name)
    answers = answers.join(gold_ones, on="image_id", how="anti")
    return agreement.why_undefined(answers, params.dataset.classes) == agreement.NO_VARIATION


def _worded(finding: Finding) -> Finding:
    """A figure that stands for "no variation" in words."""
    if finding.column != "alpha_round" or finding.observed != str(_NO_VARIATION):
        return finding
    return replace(finding, observed=_NO_VARIATION_SAID)


def _waived(params: Params, name: str) -> dict[str, str]:
    """The expectations that a person waived for this round, with the reason."""
    rows = ledgers.waivers(params.round_names).filter(pl.col("round") == name)
    return {row["expectation"]: f"{row['why']} ({row['by']})" for row in rows.to_dicts()}


def _stopped(name: str, stopping: list[Finding]) -> DataError:
    value = f"{name}: " + "; ".join(str(finding) for finding in stopping[:3])
    names = ", ".join(dict.fromkeys(waiver_name(finding) for finding in stopping))
    rule = f"{len(stopping)} critical expectations failed, so nothing is trained on these labels"
    # Where nobody differs, no picture is in dispute.
    which = " --all" if any(_NO_VARIATION_SAID in finding.observed for finding in stopping) else ""
    reopen = f'silverprint round reopen {name} --extra 1{which} --why "..."'
    retire = "".join(f'silverprint people retire {who} --why "{what}", or ' for who, what in _suspects(name))
    return DataError(
        value, rule, f"{retire}{reopen}, or a line in {layout.WAIVERS} (round,expectation,why,by) for: {names}"
    )


def _suspects(name: str) -> list[tuple[str, str]]:
    """Who seems not to look at the pictures, and what they seem to be, of those whose votes count."""
    people = tables.read(layout.labels(name) / "annotators.parquet", ANNOTATORS)
    suspected = people.filter(pl.col("suspicion").is_not_null() & (pl.col("state") != "retired"))
    return [(who, what) for who, what in suspected.select("annotator", "suspicion").rows() if ":" not in who]


def _row(finding: Finding) -> dict[str, object]:
    return {
        "expectation": finding.expectation,
        "column": finding.column,
        "severity": finding.severity,
        "success": finding.success,
        "observed": finding.observed,
    }
