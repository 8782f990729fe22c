import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from silverprint.core.evaluation.detection import detection
from tests.helpers.examples import fewer


@given(st.lists(st.tuples(st.integers(0, 10), st.booleans()), min_size=2, max_size=40))
@fewer(4)
def test_its_figures_are_scikit_learns_with_ties_too(pairs) -> None:
    chances, truth = np.array([ten / 10 for ten, _ in pairs]), np.array([yes for _, yes in pairs])
    truth[0], truth[-1] = True, False
    found = detection(chances, truth)
    assert found["auc"] == pytest.approx(roc_auc_score(truth, chances), abs=1e-4)
    assert found["recall"] == pytest.approx(recall_score(truth, chances > 0.5), abs=1e-4)
    if (chances > 0.5).any():
        assert found["precision"] == pytest.approx(precision_score(truth, chances > 0.5), abs=1e-4)
    else:
        assert "precision" not in found
