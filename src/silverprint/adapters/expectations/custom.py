"""Our own expectations. Import them before a suite is read: Great Expectations drops those it does not know."""

from typing import Any, ClassVar

import pandas as pd
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation
from great_expectations.expectations.metrics.column_aggregate_metric_provider import (
    ColumnAggregateMetricProvider,
    column_aggregate_value,
)


class MissingRanks(ColumnAggregateMetricProvider):
    metric_name = "column.silverprint.missing_ranks"

    @column_aggregate_value(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **kwargs: Any) -> list[int]:  # noqa: N805
        return sorted(set(range(1, len(column) + 1)) - set(column))


class DistinctFigures(ColumnAggregateMetricProvider):
    metric_name = "column.silverprint.distinct_figures"

    @column_aggregate_value(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, **kwargs: Any) -> list[float]:  # noqa: N805
        return sorted(float(value) for value in column.dropna().unique())


class ExpectColumnRanksToRunFromOne(ColumnAggregateExpectation):
    """Expect the column to hold each of 1..n once, n being the number of rows."""

    metric_dependencies = (MissingRanks.metric_name,)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        missing = metrics[MissingRanks.metric_name]
        return {"success": not missing, "result": {"observed_value": f"missing {missing[:5]}" if missing else None}}


class ExpectColumnFigureToBeBetween(ColumnAggregateExpectation):
    """Expect the one figure that the column repeats in every row to lie within bounds; null (unmeasured) passes."""

    min_value: float | SuiteParameterDict[str, Any] | None = None
    max_value: float | SuiteParameterDict[str, Any] | None = None

    metric_dependencies = (DistinctFigures.metric_name,)
    success_keys: ClassVar[tuple[str, ...]] = ("min_value", "max_value")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        figures = metrics[DistinctFigures.metric_name]
        bounds = self._get_success_kwargs()
        low = -float("inf") if bounds.get("min_value") is None else bounds["min_value"]
        high = float("inf") if bounds.get("max_value") is None else bounds["max_value"]
        within = len(figures) <= 1 and all(low <= figure <= high for figure in figures)
        observed = figures[0] if len(figures) == 1 else (figures or "not measured")
        return {"success": within, "result": {"observed_value": observed}}
