from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.splits import JUDGING, TRAINABLE
from silverprint.core.votes import labelling, vote_ledger
from silverprint.core.votes.annotators import table
from silverprint.core.votes.labelling import Evidence, label, mark_retired
from silverprint.records import ANNOTATORS, LABELS, RETIRED, VOTES, conform
from tests.helpers.examples import fewer

CLASSES = ("x", "y", "z")
ROLES = ("train", "control", "evaluation", "relabel", "audit")


def votes(rows):
    frame = pl.DataFrame(
        rows, schema={"image_id": pl.String, "annotator": pl.String, "choice": pl.String}, orient="row"
    )
    return conform(frame.with_columns(status=pl.lit("valid"), round=pl.lit("r01")), VOTES)


def asked(names):
    roles = [ROLES[number % len(ROLES)] for number in range(len(names))]
    return pl.DataFrame({"image_id": names, "role": roles, "round": ["r01"] * len(names)})


def evidence(rows, **more):
    names = sorted({name for name, _, _ in rows})
    nothing = votes([])
    return replace(Evidence(asked(names), votes(rows), nothing, nothing, {}, {}), **more)


def crowd(seed=0, pictures=120, people=5, right=0.7):
    rng = np.random.default_rng(seed)
    truth = {f"p{k:03d}": CLASSES[int(rng.integers(3))] for k in range(pictures)}
    rows = [
        (name, f"A{person}", true if rng.random() < right else CLASSES[int(rng.integers(3))])
        for name, true in truth.items()
        for person in rng.choice(people, 2, replace=False).tolist()
    ]
    return rows, truth


def voices(truth, sure=0.9):
    rest = (1 - sure) / 2
    return {name: [sure if name_ == true else rest for name_ in CLASSES] for name, true in truth.items()}


@pytest.mark.slow
def test_a_model_that_is_mostly_right_makes_labels_better_where_it_may_speak():
    rows, truth = crowd(right=0.6)
    found, unheard = label(evidence(rows, voices=voices(truth)), CLASSES, "auto")
    without, _ = label(evidence(rows), CLASSES, "auto")
    assert found.schema == pl.Schema(LABELS)

    def accuracy(frame):
        free = frame.filter(~pl.col("role").is_in(JUDGING))
        return np.mean([truth[name] == said for name, said in free.select("image_id", "label").iter_rows()])

    assert accuracy(found) > accuracy(without) + 0.1
    free = without.filter(~pl.col("role").is_in(JUDGING))
    assert unheard.rows() == free.select("image_id", "label").rows()


@pytest.mark.slow
@fewer(8)
@given(st.integers(0, 99), st.sampled_from(["right", "wrong", "anything"]))
def test_no_model_and_no_import_changes_a_label_that_judges(seed, what):
    rows, truth = crowd(seed, pictures=25)
    rng = np.random.default_rng(seed)
    says = {
        "right": voices(truth),
        "wrong": voices({name: CLASSES[(CLASSES.index(true) + 1) % 3] for name, true in truth.items()}),
        "anything": {name: rng.dirichlet(np.ones(3)) for name in truth},
    }[what]
    brought = votes([(name, "import:web", "x") for name in truth])
    judged = pl.col("role").is_in(JUDGING)
    plain, _ = label(evidence(rows), CLASSES, "auto")
    spoken, _ = label(evidence(rows, voices=says), CLASSES, "auto")
    assert spoken.filter(judged).equals(plain.filter(judged))
    imported, _ = label(evidence(rows, imports=brought, voices=says), CLASSES, "auto")
    alone = judged & ~pl.col("role").is_in(TRAINABLE)
    assert imported.filter(alone).equals(plain.filter(alone))


def test_other_methods_hear_no_model():
    rows, truth = crowd()
    found, unheard = label(evidence(rows, voices=voices(truth)), CLASSES, "majority")
    assert found.equals(label(evidence(rows), CLASSES, "majority")[0])
    assert unheard.is_empty()


def test_gold_tells_whom_to_believe():
    _, truth = crowd()
    wrong = {"x": "y", "y": "z", "z": "x"}
    pairs = [
        (name, who, true if who == "good" else wrong[true]) for name, true in truth.items() for who in ("bad", "good")
    ]
    gold = [(f"g{k}", who, "x" if who == "good" else "y") for k in range(8) for who in ("bad", "good")]
    gold += [(f"h{k}", who, "y" if who == "good" else "z") for k in range(8) for who in ("bad", "good")]
    gold += [(f"i{k}", who, "z" if who == "good" else "x") for k in range(8) for who in ("bad", "good")]
    known = {name: {"g": "x", "h": "y", "i": "z"}[name[0]] for name, _, _ in gold}
    found, _ = label(evidence(pairs, gold=votes(gold), known=known), CLASSES, "auto")
    assert found.select("image_id", "label").rows() == sorted(truth.items())


statuses = st.sampled_from(["valid", "unsure", "superseded", "deleted", "withdrawn", "in-another-name"])


@fewer(5)
@given(st.lists(st.tuples(st.sampled_from("ABC"), statuses), min_size=1), st.sets(st.sampled_from("ABC")))
def test_retired_votes_are_kept_and_stand_no_more(given_, retired):
    frame = votes([(f"p{k}", who, "x") for k, (who, _) in enumerate(given_)])
    frame = frame.with_columns(status=pl.Series([status for _, status in given_]))
    marked = mark_retired(frame, frozenset(retired))
    assert marked.drop("status").equals(frame.drop("status"))
    assert not set(vote_ledger.standing_votes(marked)["annotator"]) & retired
    others = ~pl.col("annotator").is_in(list(retired))
    assert marked.filter(others).equals(frame.filter(others))
    assert set(marked.filter(status=RETIRED)["annotator"]) <= retired


@pytest.mark.slow
def test_a_retired_annotator_has_figures_and_changes_nobody_elses():
    rows, truth = crowd(right=0.9, pictures=300)
    spam = [(name, "spam", "x") for name in list(truth)[:150]]
    kept = evidence(rows)
    gone = mark_retired(votes(rows + spam), frozenset({"spam"}))
    without = table(kept, votes(rows), {}, CLASSES)
    found = table(kept, gone, {"spam": "retired", "A1": "paused"}, CLASSES)
    assert found.schema == pl.Schema(ANNOTATORS)
    assert dict(found.select("annotator", "state").rows()) == {
        "A0": "active", "A1": "paused", "A2": "active", "A3": "active", "A4": "active", "spam": "retired",
    }  # fmt: skip
    assert found.filter(pl.col("annotator") != "spam").drop("state").equals(without.drop("state"))
    of_tier = table(kept, gone, {}, CLASSES, {"A0": "expert"})
    assert dict(of_tier.select("annotator", "tier").rows()) == {
        "A0": "expert", "A1": "crowd", "A2": "crowd", "A3": "crowd", "A4": "crowd", "spam": "crowd",
    }  # fmt: skip
    row = found.filter(annotator="spam").to_dicts()[0]
    assert (row["votes"], row["suspicion"]) == (150, "spammer")
    assert row["accuracy"] == pytest.approx(np.mean([truth[name] == "x" for name, _, _ in spam]), abs=0.08)


def test_a_retired_annotators_answers_about_gold_are_counted_for_them_alone():
    rows, _ = crowd(pictures=20)
    known = {"g1": "x", "g2": "y"}
    gone = votes([("g1", "spam", "x"), ("g2", "spam", "z")]).with_columns(
        status=pl.lit(RETIRED), created_at=pl.lit("2024-01-01"), annotation_id=pl.lit(1, pl.Int64)
    )
    back = evidence(rows, known=known).with_votes(gone)
    assert back.gold.select("image_id", "annotator", "choice").rows() == [("g1", "spam", "x"), ("g2", "spam", "z")]
    assert labelling.gold_labels(
        pl.DataFrame({"image_id": ["g1"], "role": ["gold"], "round": ["r01"], "label": ["x"]}), votes([]), CLASSES
    )["n_votes"].to_list() == [0]
