import numpy as np
import polars as pl
import pytest

from silverprint.core.queue.reasons import prediction_sentences, reasons
from silverprint.core.selection import STRATEGIES


def why(role="train", strategy="margin", score=0.25, leading=None, by_hand=None):
    queue = pl.DataFrame({"image_id": ["p"], "role": [role], "strategy": [strategy], "score": [score]})
    return reasons(queue, leading or {}, by_hand or {})[0]


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
@pytest.mark.parametrize("score", [0.0123, None])
def test_every_strategy_has_a_sentence(strategy, score):
    sentence = why(strategy=strategy, score=score, leading={"p": "the model hesitates between a (0.50) and b (0.40)"})
    assert sentence[0].isupper()
    assert sentence.endswith("; the model hesitates between a (0.50) and b (0.40).")
    assert "{" not in sentence
    assert "\n" not in sentence


def test_coverage_is_told_in_percent():
    assert why(strategy="maxherding", score=0.0123).endswith("raises the coverage of the pool by 1.23%.")
    assert why(strategy="maxherding", score=None) == "Stands for many pictures that no earlier one stands for."


def test_chance_and_people_have_their_own():
    assert "judge" in why(role="evaluation", strategy="random", score=None)
    assert "gains" in why(role="control", strategy="random", score=None)
    assert (
        why(strategy="include", score=None, by_hand={"p": "Picked by ada: rare,\n very"}) == "Picked by ada: rare, very"
    )


def test_the_two_likeliest_classes_are_named():
    told = prediction_sentences(np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0]]), ("coat", "bag", "shirt"))
    assert told[0] == "the model hesitates between bag (0.50) and shirt (0.30)"
    assert told[1] == "the model says coat (1.00)"
    assert prediction_sentences(np.ones((1, 1)), ("coat",)) == ["the model says coat (1.00)"]
