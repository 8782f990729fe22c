"""gate@r: the round's labels against their suite. A critical failure stops the round before it can train anything."""

import json

import polars as pl

from silverprint import layout
from silverprint.adapters.expectations import Finding, check, critical_failures
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import ConfigError, DataError
from silverprint.records import LABELS, NONE_OF_THESE
from silverprint.store import documents, files, tables


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/gate.json where the labels pass, or where every critical failure is waived.

    Raises:
        DataError: a critical expectation failed and data/waivers.csv has no line for it.
        ConfigError: a waiver of this round does not say why, or by whom.
    """
    path = layout.gate(round_name)
    path.unlink(missing_ok=True)
    findings = _findings(params, round_name)
    failed = critical_failures(findings)
    waived = _waived(round_name)
    stopping = [finding for finding in failed if name_of(finding) not in waived]
    if stopping:
        raise _stopped(round_name, stopping)
    used = sorted({name_of(finding) for finding in failed})
    document = {
        "round": round_name,
        "passed": not failed,
        "waived": used,
        "findings": [_row(finding) for finding in findings],
    }
    files.write_text(path, json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    for name in used:
        say(f"{round_name}: {name} failed and is waived: {waived[name]}")


def name_of(finding: Finding) -> str:
    """What a waiver calls it: `expect_column_figure_to_be_between:alpha_round`."""
    return f"{finding.expectation}:{finding.column}" if finding.column else finding.expectation


def _findings(params: Params, name: str) -> list[Finding]:
    folder = layout.labels(name)
    remedy = f"run: dvc checkout {folder}"
    quality = documents.read(folder / "quality.json", "alpha_round", "unresolved_share", remedy=remedy)
    labels = tables.read(folder / "labels.parquet", LABELS).filter(pl.col("round") == name)
    table = labels.with_columns(
        pl.lit(quality["alpha_round"], dtype=pl.Float64).alias("alpha_round"),
        pl.lit(quality["unresolved_share"], dtype=pl.Float64).alias("unresolved_share"),
    )
    limits = {
        "answers": [*params.dataset.classes, NONE_OF_THESE],
        "min_alpha": params.gate.min_alpha,
        "max_unresolved": params.gate.max_unresolved,
    }
    return check(table, layout.SUITES / "labels.json", limits)


def _waived(name: str) -> dict[str, str]:
    """The expectations that a person waived for this round, with the reason."""
    waived: dict[str, str] = {}
    for row in ledgers.waivers().filter(pl.col("round") == name).to_dicts():
        value = f"{layout.WAIVERS}: {name},{row['expectation']}"
        if not row["why"] or not row["by"]:
            raise ConfigError(value, "a waiver says why and by whom", "complete the line or remove it")
        waived[row["expectation"]] = f"{row['why']} ({row['by']})"
    return waived


def _stopped(name: str, stopping: list[Finding]) -> DataError:
    value = f"{name}: " + "; ".join(str(finding) for finding in stopping[:3])
    names = ", ".join(dict.fromkeys(name_of(finding) for finding in stopping))
    rule = f"{len(stopping)} critical expectations failed, so nothing is trained on these labels"
    reopen = f'silverprint round reopen {name} --extra 1 --why "..."'
    return DataError(value, rule, f"{reopen}, or a line in {layout.WAIVERS} (round,expectation,why,by) for: {names}")


def _row(finding: Finding) -> dict[str, object]:
    return {
        "expectation": finding.expectation,
        "column": finding.column,
        "severity": finding.severity,
        "success": finding.success,
        "observed": finding.observed,
    }
