"""People of a known anchoring: what the audit finds, how often its interval holds it, and what it leaves out."""

import numpy as np
import polars as pl
import pytest

from silverprint.core.votes import anchoring
from silverprint.records import QUEUE, VOTES, conform

NO_GOLD = pl.DataFrame(schema={"image_id": pl.String, "label": pl.String})
CLASSES = np.array(["x", "y", "z"])


def round_of(
    pictures: int, follow: float, seed: int, people: int = 2
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Queue, votes, and the truth: the model is right on 70 %, a person on 90 % unless they follow what is shown."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, pictures)
    guess = np.where(rng.random(pictures) < 0.7, truth, (truth + 1) % 3)
    shown = rng.random(pictures) < 0.5
    ids = [f"{number:05d}" for number in range(pictures)]
    queue = conform(
        pl.DataFrame({"image_id": ids, "role": "train", "predicted": CLASSES[guess], "show_prediction": shown}), QUEUE
    )
    rows = []
    for person in range(people):
        own = np.where(rng.random(pictures) < 0.9, truth, (truth + 2) % 3)
        said = np.where(shown & (rng.random(pictures) < follow), guess, own)
        rows.append(
            pl.DataFrame({
                "image_id": ids, "round": "r02", "annotator": f"s-{person}", "choice": CLASSES[said], "status": "valid",
                "shown_prediction": [CLASSES[one] if told else None for one, told in zip(guess, shown, strict=True)],
                "lead_time_s": np.where(shown, 2.0, 4.0) * rng.lognormal(0, 0.3, pictures),
            })
        )  # fmt: skip
    return queue, conform(pl.concat(rows), VOTES), pl.DataFrame({"image_id": ids, "label": CLASSES[truth]})


def test_what_following_costs_is_found():
    queue, votes, truth = round_of(20_000, follow=0.5, seed=1)
    found = anchoring.figures(queue, votes, truth)
    assert found["pictures_shown"] + found["pictures_hidden"] == 20_000
    acceptance, accuracy, seconds = (found[name] for name in ("acceptance", "accuracy", "seconds"))
    assert acceptance["hidden"] == pytest.approx(0.7 * 0.9, abs=0.02)  # a wrong person says neither
    assert acceptance["effect"] == pytest.approx(0.5 * (1 - 0.63), abs=0.03)
    assert accuracy["effect"] == pytest.approx(0.5 * (0.7 - 0.9), abs=0.03)
    assert seconds["effect"] == pytest.approx(0.5, abs=0.02)
    for one in (acceptance, accuracy, seconds):
        assert one["low"] < one["effect"] < one["high"]


@pytest.mark.slow
@pytest.mark.parametrize("follow", [0.0, 0.3])
def test_the_interval_holds_the_effect(follow):
    effect = follow * (1 - 0.63)
    held = 0
    for seed in range(100):
        queue, votes, _ = round_of(60, follow, seed)
        found = anchoring.figures(queue, votes, NO_GOLD)["acceptance"]
        held += found["low"] <= effect <= found["high"]
    assert held >= 88  # 95 expected; 3 standard deviations below


def test_without_gold_the_others_are_asked_and_nobody_is_asked_about_themselves():
    queue = pl.DataFrame({"image_id": ["a", "b", "c", "d"], "role": "train", "predicted": "x"}).with_columns(
        show_prediction=pl.col("image_id").is_in(["a", "b"])
    )
    said = [
        ("a", "s-1", "x"), ("a", "s-2", "y"), ("a", "s-3", "y"), ("b", "s-1", "x"), ("b", "s-2", "x"),
        ("c", "s-1", "x"), ("d", "s-1", "z"),
    ]  # fmt: skip
    votes = pl.DataFrame(said, schema=["image_id", "annotator", "choice"], orient="row").with_columns(
        status=pl.lit("valid"), shown_prediction=pl.when(pl.col("image_id").is_in(["a", "b"])).then(pl.lit("x"))
    )
    found = anchoring.figures(conform(queue, QUEUE), conform(votes, VOTES), NO_GOLD)
    assert found["accuracy"] is None  # nobody else answered about what was hidden
    known = pl.DataFrame({"image_id": ["c", "d"], "label": ["x", "x"]})
    found = anchoring.figures(conform(queue, QUEUE), conform(votes, VOTES), known)
    # Of a's three only s-1 has others who agree, and is wrong by them; both of b's are right.
    assert (found["accuracy"]["shown"], found["accuracy"]["hidden"]) == (0.5, 0.5)
    assert found["seconds"] is None


def test_nothing_is_said_where_every_prediction_or_none_is_shown():
    queue, votes, _ = round_of(50, follow=0.3, seed=3)
    everything = queue.filter("show_prediction")
    assert anchoring.figures(everything, votes, NO_GOLD) is None
    assert anchoring.figures(queue.filter(~pl.col("show_prediction")), votes, NO_GOLD) is None
    assert anchoring.figures(queue.with_columns(role=pl.lit("audit")), votes, NO_GOLD) is None


def test_a_second_question_with_nothing_pre_set_is_no_vote_of_either_kind():
    queue, votes, _ = round_of(50, follow=0.3, seed=4)
    again = votes.with_columns(pl.lit(None, pl.String).alias("shown_prediction"))
    assert anchoring.figures(queue, again, NO_GOLD) is None
