"""gate@r: the round's votes, its labels and what they would train, each against its suite. A critical failure stops
the round before it can train anything.

A warning stops nothing and is printed. The rows that failed are a table of their own.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import polars as pl

from silverprint import layout
from silverprint.adapters.expectations import Finding, check, critical_failures
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import DataError
from silverprint.records import ANNOTATORS, GATE_ROWS
from silverprint.stages.gate import people
from silverprint.stages.gate.evidence import NO_VARIATION_SAID, Evidence, Table
from silverprint.store import files, tables

FIGURE: Final = "expect_column_figure_to_be_between"
_MOST_ROWS: Final = 1_000  # of one finding; the table is in Git
_NAMES: Final = ("image_id", "annotator")
_SUSPECTED: Final = "people who seem not to look at the pictures, and whose votes count:"
_SEE_PEOPLE: Final = (
    'see them all: silverprint people list; without their votes: silverprint people retire {} --why "..."'
)
_UNDECIDED: Final = (
    "labels for training that neither votes nor anything else decides: {}; the release leaves them out; to ask one "
    'more person: silverprint round reopen {} --extra 1 --why "..."'
)
_NOT_MEASURED: Final = "people's agreement is not measured: no picture has two votes that count"


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/gate.json: every finding, and whether all critical ones passed or were waived; and
    gate.csv beside it, the rows that failed (GATE_ROWS).

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
    tables.write_ledger(_failed_rows(findings), layout.gate_rows(round_name), GATE_ROWS, list(GATE_ROWS))
    for finding in findings:
        if not finding.success and finding.severity == "warning":
            say(f"{round_name}: warning: {_warned(round_name, finding)}{_see(round_name, [finding])}")
    if stopping:
        raise _stopped(round_name, stopping)
    for name in used:
        say(f"{round_name}: {name} failed and is waived: {waived[name]}")


def waiver_name(finding: Finding) -> str:
    """What a waiver calls it: `expect_column_figure_to_be_between:alpha_round`."""
    return f"{finding.expectation}:{finding.column}" if finding.column else finding.expectation


def _findings(params: Params, name: str) -> list[Finding]:
    found = []
    for suite, table in Evidence(params, name).tables().items():
        judged = check(table.with_figures, layout.SUITES / f"{suite}.json", table.limits, table.keys)
        found += [finding if finding.success else _explained(finding, table) for finding in judged]
    return found


def _explained(finding: Finding, table: Table) -> Finding:
    """A failed finding in words: a figure with the pictures that it is about, people by their pseudonyms."""
    figure, words = table.figures.get(finding.column or ""), table.words.get(finding.column or "")
    if figure is not None and finding.expectation == FIGURE:
        return replace(finding, observed=figure.words or finding.observed, rows=tuple(figure.rows.to_dicts()))
    if words is not None:
        said = dict(table.rows.select("annotator", words).iter_rows())
        rows = tuple({"annotator": row["annotator"], "found": said[row["annotator"]]} for row in finding.rows)
        return replace(finding, observed="; ".join(f"{row['annotator']}: {row['found']}" for row in rows), rows=rows)
    return finding


def _waived(params: Params, name: str) -> dict[str, str]:
    """The expectations that a person waived for this round, with the reason."""
    rows = ledgers.waivers(params.round_names).filter(pl.col("round") == name)
    return {row["expectation"]: f"{row['why']} ({row['by']})" for row in rows.to_dicts()}


def _stopped(name: str, stopping: list[Finding]) -> DataError:
    value = f"{name}: " + "; ".join(str(finding) for finding in stopping[:3])
    names = ", ".join(dict.fromkeys(waiver_name(finding) for finding in stopping))
    rule = f"{len(stopping)} critical expectations failed{_see(name, stopping)}, so nothing is trained on these labels"
    # Where nobody differs, no picture is in dispute.
    which = " --all" if any(NO_VARIATION_SAID in finding.observed for finding in stopping) else ""
    reopen = f'silverprint round reopen {name} --extra 1{which} --why "..."'
    retire = "".join(f'silverprint people retire {who} --why "{what}", or ' for who, what in _to_retire(name, stopping))
    return DataError(
        value, rule, f"{retire}{reopen}, or a line in {layout.WAIVERS} (round,expectation,why,by) for: {names}"
    )


def _to_retire(name: str, stopping: list[Finding]) -> list[tuple[str, str]]:
    """Who is surely below the floor on gold, and who seems not to look at the pictures, of those whose votes count."""
    below = {row["annotator"]: row["found"] for one in stopping if one.column == "gold_most" for row in one.rows}
    suspected = people.suspected(tables.read(layout.labels(name) / "annotators.parquet", ANNOTATORS))
    found = dict(suspected.select("annotator", "suspicion").iter_rows()) | below
    return [(who, what) for who, what in found.items() if ":" not in who]


def _row(finding: Finding) -> dict[str, object]:
    return {
        "expectation": finding.expectation,
        "column": finding.column,
        "severity": finding.severity,
        "success": finding.success,
        "observed": finding.observed,
    }


def _warned(name: str, finding: Finding) -> str:
    if finding.column == "suspicion":
        one = finding.rows[0]["annotator"]
        return f"{_SUSPECTED} {finding.observed}; {_SEE_PEOPLE.format(one)}"
    if finding.column == "undecided":
        return _UNDECIDED.format(finding.observed, name)
    return _NOT_MEASURED if finding.column == "alpha_round" else str(finding)


def _see(name: str, findings: Iterable[Finding]) -> str:
    """Where the rows of these findings are to be seen."""
    return f" (rows: {layout.gate_rows(name)})" if any(finding.rows for finding in findings) else ""


def _failed_rows(findings: Iterable[Finding]) -> pl.DataFrame:
    """GATE_ROWS: the first rows of each finding that failed."""
    rows = [
        {
            "expectation": waiver_name(finding),
            "severity": finding.severity,
            "image_id": row.get("image_id"),
            "annotator": row.get("annotator"),
            "found": row.get("found") or ", ".join(f"{key} {value}" for key, value in row.items() if key not in _NAMES),
        }
        for finding in findings
        for row in finding.rows[:_MOST_ROWS]
    ]
    return pl.DataFrame(rows, schema=GATE_ROWS)
