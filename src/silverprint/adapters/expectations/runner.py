"""Runner of a suite. The only module that imports Great Expectations, which takes seconds."""

import json
import logging
import os
from pathlib import Path
from typing import Any

import polars as pl

from silverprint.adapters.expectations import Finding
from silverprint.errors import ConfigError

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when Great Expectations is first imported

import great_expectations as gx
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from silverprint.adapters.expectations import custom  # noqa: F401  registers our expectations


def run(frame: pl.DataFrame, suite: Path, params: dict[str, Any], keys: tuple[str, ...]) -> list[Finding]:
    """See `silverprint.adapters.expectations.check`."""
    expectations = _read(suite)
    _require_params(suite, expectations, params)
    results = _validate(frame, suite, expectations, params, keys)
    if len(results) != len(expectations):
        rule = f"{len(expectations)} expectations in the file, {len(results)} ran"
        raise ConfigError(str(suite), rule, f"compare it with Git: git diff {suite}")
    return sorted((_finding(suite, result, keys) for result in results), key=_order)


def _read(suite: Path) -> list[Expectation]:
    try:
        document = json.loads(suite.read_text(encoding="utf-8"))
        entries = document["expectations"]
    except FileNotFoundError:
        raise ConfigError(str(suite), "the suite is missing", f"run: git checkout {suite}") from None
    except (ValueError, KeyError, TypeError) as error:
        rule = f"not a suite ({type(error).__name__}: {error})"
        raise ConfigError(str(suite), rule, f"compare it with Git: git diff {suite}") from None
    if not entries:
        raise ConfigError(str(suite), "a suite without expectations checks nothing", f"run: git checkout {suite}")
    return [_build(suite, number, entry) for number, entry in enumerate(entries)]


def _build(suite: Path, number: int, entry: Any) -> Expectation:
    try:
        return ExpectationConfiguration(**entry).to_domain_obj()
    except Exception as error:  # the library raises its own, pydantic's, marshmallow's and bare TypeErrors here
        value = f"{suite} expectations[{number}]"
        rule = f"not an expectation ({str(error)[:160] or type(error).__name__})"
        raise ConfigError(value, rule, "fix its type, kwargs or severity") from None


def _require_params(suite: Path, expectations: list[Expectation], params: dict[str, Any]) -> None:
    needed = {name for expectation in expectations for name in expectation.suite_parameter_options}
    missing = sorted(needed - params.keys())
    if missing:
        known = ", ".join(sorted(params)) or "none"
        raise ConfigError(f"{suite} $PARAMETER {missing[0]!r}", "no such parameter is given", f"known here: {known}")


def _validate(
    frame: pl.DataFrame, suite: Path, expectations: list[Expectation], params: dict[str, Any], keys: tuple[str, ...]
) -> list[ExpectationValidationResult]:
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)  # True leaves a folder in /tmp after each run
    context = gx.get_context(mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("silverprint")
        .add_dataframe_asset("table")
        .add_batch_definition_whole_dataframe("whole")
        .get_batch({"dataframe": frame.to_pandas()})
    )
    # What an expectation stumbles over is in its result, with a traceback in the log that a user cannot use.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    document = gx.ExpectationSuite(name=suite.stem, expectations=expectations)
    shown: dict[str, Any] = {"result_format": "SUMMARY"}
    if keys:
        shown = {"result_format": "COMPLETE", "unexpected_index_column_names": list(keys)}
    return list(batch.validate(document, expectation_parameters=params, result_format=shown).results)


def _finding(suite: Path, result: ExpectationValidationResult, keys: tuple[str, ...]) -> Finding:
    configuration = result.expectation_config
    assert configuration is not None  # noqa: S101  the library types it as optional, and always sets it
    _raise_if_stumbled(suite, configuration.type, result)
    kwargs = {name: _plain(value) for name, value in configuration.kwargs.items() if name != "batch_id"}
    return Finding(
        expectation=configuration.type,
        column=kwargs.get("column"),
        severity=configuration.severity.value,
        success=bool(result.success),
        observed=_observed(result.result),
        kwargs=kwargs,
        rows=tuple(result.result.get("unexpected_index_list") or ()) if keys and not result.success else (),
    )


def _plain(value: Any) -> Any:
    """A row condition as a person writes it; anything else as it is."""
    if isinstance(value, dict) and value.get("type") == "comparison":
        return f"{value['column']['name']} {value['operator']} {value['parameter']}"
    return value


def _raise_if_stumbled(suite: Path, expectation: str, result: ExpectationValidationResult) -> None:
    info = result.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    for entry in raised:
        if entry.get("raised_exception"):
            rule = f"cannot run on this table ({str(entry.get('exception_message'))[:160]})"
            raise ConfigError(f"{suite} {expectation}", rule, "name a column that the table has")


def _observed(result: dict[str, Any]) -> str:
    if result.get("observed_value") is not None:
        return str(result["observed_value"])
    if not result.get("unexpected_count"):
        return ""
    first = ", ".join(str(value) for value in result.get("partial_unexpected_list", [])[:3])
    return f"{result['unexpected_count']} of {result['element_count']} rows ({first})"


def _order(finding: Finding) -> tuple[str, str, str]:
    return finding.column or "", finding.expectation, json.dumps(finding.kwargs, sort_keys=True, default=str)
