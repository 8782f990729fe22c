import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.agreement import counted_votes
from silverprint.core.consensus import CONSENSUS, METHODS, consensus, dawid_skene, glad
from silverprint.core.consensus.vote_arrays import vote_arrays
from silverprint.errors import ConfigError, DataError
from silverprint.records import NONE_OF_THESE, UNSURE
from tests.helpers.clock import within
from tests.helpers.examples import fewer

CLASSES = ["x", "y", "z"]
SCHEMA = {"image_id": pl.String, "annotator": pl.String, "choice": pl.String}
every = pytest.mark.parametrize("method", sorted(METHODS))


def table(rows):
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def label(rows, method="majority"):
    return consensus(table(rows), method, classes=CLASSES)["label"].to_list()


def model(votes, method):
    """Probabilities where the method needs them."""
    names = votes["image_id"].unique().sort()
    return {name: [0.5, 0.3, 0.2] for name in names} if method == "crowdlab" else None


def crowd(seed, pictures=150, people=6, each=3, right=0.8, classes=3):
    """Votes by people of `right` accuracy, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=pictures)
    rows = []
    for picture, true in enumerate(truth.tolist()):
        for person in rng.choice(people, each, replace=False).tolist():
            said = true if rng.random() < right else (true + int(rng.integers(1, classes))) % classes
            rows.append((f"p{picture:04d}", f"A{person}", f"c{said}"))
    return table(rows), {f"p{k:04d}": f"c{true}" for k, true in enumerate(truth.tolist())}


def accuracy(result, truth):
    return np.mean([truth[name] == said for name, said in result.select("image_id", "label").iter_rows()])


answers = st.lists(
    st.tuples(
        st.sampled_from("pqrst"),
        st.sampled_from("ABCD"),
        st.sampled_from([*CLASSES, NONE_OF_THESE, UNSURE, "", "zebra"]),
    ),
    unique_by=lambda row: row[:2],
    max_size=20,
).map(table)


@pytest.mark.slow
@every
@fewer(10)
@given(answers, st.integers(0, 99))
def test_one_row_a_picture_in_range_and_blind_to_order(method, votes, seed):
    if method == "crowdlab":  # it wants two people
        votes = pl.concat([votes, table([("p", "E", "x"), ("p", "F", "y")])])
    told = model(votes, method)
    result = consensus(votes, method, classes=CLASSES, probabilities=told)
    assert result.schema == pl.Schema(CONSENSUS)
    assert result["image_id"].to_list() == sorted(set(votes["image_id"]))
    for row in result.to_dicts():
        shares = json.loads(row["distribution"])
        assert list(shares) == sorted(shares)
        if row["n_votes"] == 0:
            assert (row["label"], row["confidence"], shares, row["agreement"]) == (None, None, {}, None)
            continue
        assert row["label"] in (shares if method == "majority" else [*CLASSES, NONE_OF_THESE])
        assert set(shares) <= {*CLASSES, NONE_OF_THESE}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-5)
        assert 0 < row["confidence"] < 1
        assert (row["agreement"] is None) == (row["n_votes"] == 1)
    shuffled = votes.sample(fraction=1, shuffle=True, seed=seed)
    assert consensus(shuffled, method, classes=CLASSES, probabilities=told).equals(result)


@pytest.mark.slow
@given(answers)
def test_the_majority_has_the_most_votes(votes):
    for row in consensus(votes, "majority", classes=CLASSES).drop_nulls("label").to_dicts():
        shares = json.loads(row["distribution"])
        assert shares[row["label"]] == max(shares.values())


def test_confidence_shrinks_the_share_towards_chance():
    rows = [("p", "A", "x"), ("q", "A", "x"), ("q", "B", "x"), ("r", "A", "x"), ("r", "B", "y")]
    confidence = consensus(table(rows), "majority", classes=[f"c{i}" for i in range(7)] + CLASSES)["confidence"]
    chance = 1 / 11  # ten classes and 'not one of these'
    assert confidence.to_list() == pytest.approx([(1 + chance) / 2, (2 + chance) / 3, (1 + chance) / 3])


@pytest.mark.parametrize("method", ["majority", "auto"])
def test_a_tie_goes_to_the_more_reliable_voter(method):
    rows = [(f"p{i}", person, "xyz"[i % 3]) for i in range(9) for person in "AB"]  # A and B always agree
    rows += [(f"p{i}", "C", "xyz"[(i + 1 + i // 5) % 3]) for i in range(9)]  # C never agrees
    assert label([*rows, ("q", "A", "y"), ("q", "C", "x")], method)[-1] == "y"
    assert label([*rows, ("q", "A", "x"), ("q", "C", "y")], method)[-1] == "x"


@pytest.mark.parametrize("method", sorted(METHODS.keys() - {"crowdlab"}))
def test_an_even_tie_favours_no_class(method):
    pictures = [f"p{i:03d}" for i in range(200)]
    rows = [(p, f"{p}-{person}", choice) for p in pictures for person, choice in (("A", "x"), ("B", "y"))]
    labels = label(rows, method)
    assert 70 < labels.count("x") < 130
    assert label([(p, a.translate(str.maketrans("AB", "BA")), c) for p, a, c in rows], method) == labels


def test_not_one_of_these_can_win_and_abstentions_are_left_out():
    assert label([("p", "A", NONE_OF_THESE), ("p", "B", UNSURE), ("p", "C", "zebra")]) == [NONE_OF_THESE]


@every
def test_a_changed_mind_is_one_vote(method):
    rows = [("p", "A", "x"), ("p", "A", "x"), ("p", "A", "y"), ("p", "B", "y")]
    result = consensus(table(rows), method, classes=CLASSES, probabilities=model(table(rows), method)).to_dicts()[0]
    assert (result["label"], result["n_votes"], result["agreement"]) == ("y", 2, 1.0)


@pytest.mark.parametrize("method", sorted(METHODS.keys() - {"crowdlab"}))
def test_without_a_class_list_every_choice_is_a_class(method):
    assert consensus(table([("p", "A", "zebra")]), method)["label"].to_list() == ["zebra"]


def test_an_unknown_method_lists_the_known():
    known = "use one of: auto, crowdlab, dawid-skene, glad, majority"
    with pytest.raises(ConfigError, match=f"no such method; {known}"):
        consensus(table([]), "oracle")


def test_the_default_is_auto():
    votes, _ = crowd(0, pictures=20)
    assert consensus(votes).equals(consensus(votes, "auto"))


# auto and its peers


@pytest.mark.parametrize("method", ["auto", "dawid-skene"])
def test_learning_annotators_beats_counting_votes(method):
    """Two of seven people answer at random, and one says the next class: counting believes them as it does others."""
    rng = np.random.default_rng(5)
    truth = rng.integers(4, size=400)
    rows = []
    for picture, true in enumerate(truth.tolist()):
        for person in rng.choice(7, 3, replace=False).tolist():
            said = true if rng.random() < 0.85 else int(rng.integers(4))
            said = int(rng.integers(4)) if person < 2 else (true + 1) % 4 if person == 2 else said
            rows.append((f"p{picture:04d}", f"A{person}", f"c{said}"))
    right = {f"p{k:04d}": f"c{true}" for k, true in enumerate(truth.tolist())}
    counted = accuracy(consensus(table(rows), "majority"), right)
    assert accuracy(consensus(table(rows), method), right) > counted + 0.08


@pytest.mark.slow
def test_three_people_with_two_votes_a_picture_are_not_read_worse_than_counted():
    """People who differ in accuracy alone: confusions of each would follow what happened to agree."""
    gains = []
    for seed in range(5):
        rng = np.random.default_rng([seed, 249])
        truth = rng.integers(10, size=300)
        rows = []
        for picture, true in enumerate(truth.tolist()):
            for person in rng.choice(3, 2, replace=False).tolist():
                wrong = rng.random() < (0.1, 0.2, 0.35)[person]
                said = (true + int(rng.integers(1, 10))) % 10 if wrong else true
                rows.append((f"p{picture:04d}", f"A{person}", f"c{said}"))
        right = {f"p{k:04d}": f"c{true}" for k, true in enumerate(truth.tolist())}
        counted = accuracy(consensus(table(rows), "majority"), right)
        gains.append(accuracy(consensus(table(rows)), right) - counted)
    assert np.mean(gains) > -0.01


def test_confusions_are_heard_once_votes_bear_them_out():
    """Each of six people takes two classes of their own for one another: that is no table of errors for all."""
    rng = np.random.default_rng(0)
    truth = rng.integers(4, size=600)
    rows = []
    for picture, true in enumerate(truth.tolist()):
        for person in rng.choice(6, 3, replace=False).tolist():
            said = person % 4 if true == (person + 1) % 4 and rng.random() < 0.9 else true
            rows.append((f"p{picture:04d}", f"A{person}", f"c{said}"))
    right = {f"p{k:04d}": f"c{true}" for k, true in enumerate(truth.tolist())}
    assert accuracy(consensus(table(rows)), right) > accuracy(consensus(table(rows), "majority"), right) + 0.02


@fewer(10)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 5))
def test_where_all_agree_everywhere_the_votes_win_and_more_votes_make_surer(seed, classes, people):
    rng = np.random.default_rng(seed)
    truth = rng.integers(classes, size=20)
    rows = [(f"p{k:02d}", f"A{a}", f"c{true}") for k, true in enumerate(truth.tolist()) for a in range(people - 1)]
    more = [*rows, ("p00", "A9", f"c{truth[0]}")]
    before, after = consensus(table(rows)), consensus(table(more))
    assert before["label"].to_list() == [f"c{true}" for true in truth.tolist()]
    assert after["confidence"][0] >= before["confidence"][0] - 1e-3


@fewer(10)
@given(st.integers(0, 10**6))
def test_names_of_annotators_and_classes_decide_nothing(seed):
    votes, _ = crowd(seed, pictures=40)
    plain = consensus(votes, classes=["c0", "c1", "c2"])
    people = pl.col("annotator").replace({f"A{k}": f"A{(k * 5 + 3) % 7}" for k in range(7)})
    turned = {"c0": "c2", "c1": "c0", "c2": "c1"}
    other = consensus(votes.with_columns(people, pl.col("choice").replace(turned)), classes=["c0", "c1", "c2"])
    assert other["confidence"].to_numpy() == pytest.approx(plain["confidence"].to_numpy(), abs=1e-6)
    sure = plain["confidence"] > 0.5 + 1e-6
    assert other["label"].filter(sure).to_list() == plain["label"].replace(turned).filter(sure).to_list()


def test_one_annotator_alone_is_believed_as_a_stranger_is():
    votes, _ = crowd(3, people=1, each=1)
    result = consensus(votes, classes=["c0", "c1", "c2"])
    assert result["label"].to_list() == votes.sort("image_id")["choice"].to_list()
    assert result["confidence"].is_between(0.5, 0.9).all()


def test_a_picture_with_one_vote_is_less_sure_than_one_with_three():
    votes, _ = crowd(4)
    alone = table([("q", "A0", "c1")])
    result = consensus(pl.concat([votes, alone]))
    one = result.filter(image_id="q")["confidence"][0]
    agreed = result.filter(pl.col("agreement") == 1)
    assert 0.5 < one < agreed["confidence"].min()


@pytest.mark.slow
def test_a_good_model_is_heard_and_a_blind_one_is_not():
    votes, truth = crowd(6, pictures=300, each=2, right=0.7)
    rng = np.random.default_rng(0)
    good = {name: rng.dirichlet(np.ones(3) + 6 * (np.arange(3) == int(true[1]))) for name, true in truth.items()}
    blind = dict(zip(good, rng.permutation(list(good.values())), strict=True))
    classes = ["c0", "c1", "c2"]
    alone = consensus(votes, classes=classes)
    heard = consensus(votes, classes=classes, probabilities=good)
    assert accuracy(heard, truth) > accuracy(alone, truth) + 0.08
    misled = consensus(votes, classes=classes, probabilities=blind)
    assert accuracy(misled, truth) > accuracy(alone, truth) - 0.03


@pytest.mark.slow
def test_probabilities_of_some_pictures_serve_those():
    votes, truth = crowd(7, pictures=200, each=2, right=0.7)
    sure = {name: np.where(np.arange(3) == int(true[1]), 0.98, 0.01) for name, true in list(truth.items())[:100]}
    result = consensus(votes, classes=["c0", "c1", "c2"], probabilities=sure)
    first, rest = result.filter(pl.col("image_id") < "p0100"), result.filter(pl.col("image_id") >= "p0100")
    assert accuracy(first, truth) > 0.93
    assert accuracy(rest, truth) > 0.7


@pytest.mark.parametrize("row", [[0.5, 0.5], [0.5, np.nan, 0.5], [1.0, -0.5, 0.5], [0, 0, 0]])
def test_what_is_no_distribution_is_refused_by_name(row):
    with pytest.raises(DataError, match=r"probabilities of p = .*: not a distribution over 3 classes; give"):
        consensus(table([("p", "A", "x")]), classes=CLASSES, probabilities={"p": row})


def test_crowdlab_needs_probabilities_for_every_picture():
    votes = table([("p", "A", "x"), ("q", "A", "y")])
    with pytest.raises(ConfigError, match=r"1 of 2 pictures without probabilities: it needs .*; use auto"):
        consensus(votes, "crowdlab", classes=CLASSES, probabilities={"p": [0.2, 0.3, 0.5]})


def test_crowdlab_is_cleanlabs():
    from cleanlab.multiannotator import get_label_quality_multiannotator

    votes, truth = crowd(8, pictures=80)
    rng = np.random.default_rng(1)
    told = {name: rng.dirichlet(np.ones(3) + 3 * (np.arange(3) == int(true[1]))) for name, true in truth.items()}
    ours = consensus(votes, "crowdlab", probabilities=told)
    wide = votes.with_columns(pl.col("choice").str.slice(1).cast(pl.Float64)).pivot("annotator", index="image_id")
    said = wide.sort("image_id").drop("image_id").to_pandas().astype(float)
    np.random.seed(0)
    theirs = get_label_quality_multiannotator(said, np.array([told[name] for name in sorted(told)]), verbose=False)
    names = [f"c{k}" for k in theirs["label_quality"]["consensus_label"]]
    assert ours["label"].to_list() == names


@pytest.mark.slow
def test_dawid_skene_and_glad_are_crowd_kits():
    kit = pytest.importorskip("crowdkit.aggregation")
    votes, _ = crowd(2, pictures=60, right=0.7)
    theirs = votes.rename({"image_id": "task", "annotator": "worker", "choice": "label"}).to_pandas()
    cast = vote_arrays(counted_votes(votes))
    for ours, other in ((dawid_skene.posterior(cast), kit.DawidSkene()), (glad.posterior(cast), kit.GLAD())):
        expected = other.fit_predict_proba(theirs).sort_index()[list(cast.classes)].to_numpy()
        assert ours == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
def test_no_library_is_imported_before_it_is_needed():
    code = "import sys, silverprint.core.consensus; print([name for name in HEAVY if name in sys.modules])"
    heavy = ("numba", "cleanlab", "crowdkit", "pandas", "sklearn")
    said = subprocess.run(
        [sys.executable, "-c", f"HEAVY = {heavy}; {code}"], check=True, capture_output=True, text=True
    )
    assert said.stdout == "[]\n"


# known labels


@fewer(10)
@given(answers, st.sampled_from(CLASSES), st.sets(st.sampled_from("pqrst"), max_size=3))
def test_a_known_picture_is_in_no_result_and_for_other_methods_as_if_never_asked(votes, label, names):
    known = dict.fromkeys(names, label)
    for method in ("auto", "majority", "dawid-skene", "glad"):
        result = consensus(votes, method, classes=CLASSES, known=known)
        assert set(result["image_id"]) == set(votes["image_id"]) - names
        if method != "auto":
            rest = votes.filter(~pl.col("image_id").is_in(list(names)))
            assert result.equals(consensus(rest, method, classes=CLASSES))


@pytest.mark.parametrize("cells", [20_000_000, 1])
def test_known_pictures_tell_whom_to_believe(cells, monkeypatch):
    """Two people who always differ: nothing but known labels says who is right."""
    monkeypatch.setattr("silverprint.core.consensus.auto._CELLS", cells)
    rng = np.random.default_rng(3)
    truth = {f"p{k:03d}": CLASSES[int(rng.integers(3))] for k in range(120)}
    wrong = {"x": "y", "y": "z", "z": "x"}
    for right in "AB":
        votes = table(
            [(name, who, true if who == right else wrong[true]) for name, true in truth.items() for who in "AB"]
        )
        known = {name: truth[name] for name in list(truth)[:20]}
        result = consensus(votes, classes=CLASSES, known=known)
        assert result.height == 100
        assert accuracy(result, truth) == 1
        assert result["confidence"].mean() > 0.8


@pytest.mark.slow
def test_the_shares_of_known_pictures_are_not_those_of_the_others():
    votes, truth = crowd(4, pictures=200, right=0.7)
    gold, labels = crowd(5, pictures=600, right=0.7)
    gold = gold.with_columns(image_id="g" + pl.col("image_id"))
    known = {f"g{name}": true for name, true in labels.items() if true == "c0"}
    more = gold.filter(pl.col("image_id").is_in(list(known)))
    names = ["c0", "c1", "c2"]
    result = consensus(pl.concat([votes, more]), known=known, classes=names)
    assert accuracy(result, truth) > accuracy(consensus(votes, classes=names), truth) - 0.02
    assert (result["label"] == "c0").mean() < 0.4


# scale and the odd


@pytest.mark.parametrize("classes", [100, 1000])
def test_many_classes(classes, monkeypatch):
    monkeypatch.setattr("silverprint.core.consensus.auto._CELLS", 10_000)
    votes, truth = crowd(9, pictures=600, people=8, right=0.75, classes=classes)
    names = [f"c{k}" for k in range(classes)]
    counted = accuracy(consensus(votes, "majority", classes=names), truth)
    result = consensus(votes, classes=names)
    assert accuracy(result, truth) >= counted - 0.03
    assert result["confidence"].mean() == pytest.approx(accuracy(result, truth), abs=0.08)
    told = {name: np.where(np.arange(classes) == int(true[1:]), 0.8, 0.2 / classes) for name, true in truth.items()}
    assert accuracy(consensus(votes, classes=names, probabilities=told), truth) > 0.98
    assert consensus(votes.sample(fraction=1, shuffle=True, seed=1), classes=names).equals(result)


def test_of_two_who_differ_about_many_classes_the_more_reliable_one_is_believed(monkeypatch):
    monkeypatch.setattr("silverprint.core.consensus.auto._CELLS", 1_000)
    rng = np.random.default_rng(3)
    right, rows, truth = {"good": 0.97, "bad": 0.6, "third": 0.9}, [], rng.integers(120, size=240).tolist()
    for picture, true in enumerate(truth):
        for person in ["good", "bad", "third"][: 2 + picture % 2]:
            said = true if rng.random() < right[person] else (true + int(rng.integers(1, 120))) % 120
            rows.append((f"p{picture:04d}", person, f"c{said}"))
    votes = table(rows)
    disputed = votes.group_by("image_id").agg(pl.len(), pl.col("choice").n_unique().alias("said")).filter(len=2, said=2)
    result = consensus(votes, classes=[f"c{number}" for number in range(120)]).join(disputed, on="image_id")
    believed = result.join(votes.filter(annotator="good"), on="image_id")
    assert (believed["label"] == believed["choice"]).all()
    held = accuracy(result, {f"p{picture:04d}": f"c{true}" for picture, true in enumerate(truth)})
    assert result["confidence"].mean() == pytest.approx(held, abs=0.2)


@pytest.mark.slow
def test_nine_thousand_votes_take_seconds():
    votes, truth = crowd(10, pictures=3_000, people=30, classes=10)
    consensus(votes.head(300))  # compiled
    result = within(4, lambda: consensus(votes))
    assert accuracy(result, truth) > 0.9


@pytest.mark.parametrize("method", sorted(METHODS.keys() - {"crowdlab"}))
def test_odd_votes(method):
    names = ["", "a\nb", "💥" * 50, "p" * 3000]
    rows = [(name, person, choice) for name in names for person, choice in zip(["", "B", "C"], CLASSES, strict=True)]
    result = consensus(table(rows), method, classes=CLASSES)
    assert result["image_id"].to_list() == sorted(names)
    assert result["label"].is_in(CLASSES).all()
    nobody = consensus(table([("p", "A", UNSURE), ("q", "A", "")]), method, classes=CLASSES)
    assert nobody["label"].to_list() == [None, None]
    assert consensus(table([]), method).is_empty()
