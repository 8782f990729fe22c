"""What MLflow shows of the labels that sources brought."""

from silverprint.adapters.tracking.round_run import brought_metrics


def test_how_many_taught_and_what_each_source_is_worth() -> None:
    measured = {"labels": 900, "corrected": 12, "precision": 0.94, "low": 0.9, "high": 0.97, "now": 0.953}
    figures = {"trained_on": 700, "sources": {"import:own": measured, "import:agency": {"labels": 3, "drawn": 0}}}
    found = brought_metrics({"brought": figures})
    assert found["brought/trained_on"] == 700
    assert found["brought_precision/own"] == 0.94
    assert found["brought_now/own"] == 0.953
    assert found["brought_precision/agency"] is None


def test_without_sources_nothing_is_shown() -> None:
    assert brought_metrics({}) == {}
