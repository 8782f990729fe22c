import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.campaign import forecast, ledgers
from silverprint.config import ClassRule, SequentialOverlap, Tier
from silverprint.core.evaluation.training_set import examples
from silverprint.errors import ConfigError, DataError
from silverprint.records import (
    EXCLUDE,
    HELD_OUT,
    INCLUDE,
    LABELS,
    MANIFEST,
    NONE_OF_THESE,
    QUEUE,
    QUEUE_OPTIONAL,
    SCORES,
    UNSURE,
    VOTES,
)
from silverprint.stages import labels, queue
from silverprint.store import tables
from tests.helpers import round_campaign as campaign


def finish(params, name):
    """Ends the round: votes, labels, and the next round's scores by a model."""
    campaign.open_round(params, name)
    campaign.answer(params, name)
    labels.run(params, name)
    following = params.chain.index(name) + 1
    if following < len(params.chain):
        campaign.write_scores(params, params.chain[following], model=True)


@pytest.mark.slow
def test_the_first_round_asks_for_evaluation_control_and_the_strategy_s_choice(checked):
    queue.run(checked, "r01")
    rows = ledgers.queue("r01")
    assert rows["rank"].to_list() == list(range(1, 17))
    assert dict(rows["role"].value_counts().iter_rows()) == {"evaluation": 6, "control": 2, "train": 8}
    by_role = {role: frame for (role,), frame in rows.group_by("role")}
    assert by_role["evaluation"]["overlap"].unique().to_list() == [3]
    assert by_role["train"]["strategy"].unique().to_list() == ["maxherding"]
    assert by_role["train"]["score"].is_sorted(descending=True)
    assert by_role["control"]["score"].null_count() == 2
    assert rows["model_id"].null_count() == 16
    assert not rows["show_prediction"].any()
    assert rows["tier"].unique().to_list() == ["crowd"]


@pytest.mark.slow
def test_evaluation_pictures_are_drawn_from_strata_with_known_chances_only_if_asked_for(params, capsys):
    queue.run(params, "r01")
    plain = ledgers.queue("r01")
    assert plain["weight"].null_count() == plain.height
    assert "weight" not in layout.queue("r01").read_text().partition("\n")[0]
    stratified = replace(params, evaluation=replace(params.evaluation, size=14, draw="strata"))
    for by, model in (("clusters of features", False), ("the first guesses", True)):
        campaign.write_scores(params, "r01", model=model)
        queue.run(stratified, "r01")
        assert f"strata, by {by}" in capsys.readouterr().err
        found = ledgers.queue("r01")
        judging = found.filter(role="evaluation")
        assert judging.height == 14
        assert judging["weight"].is_between(1, 1e6).all()
        assert found.filter(pl.col("role") != "evaluation")["weight"].null_count() == found.height - judging.height
        assert judging["weight"].sum() > judging.height  # they stand for the pool
    finish(stratified, "r01")
    queue.run(stratified, "r02")
    assert ledgers.queue("r02")["weight"].null_count() == ledgers.queue("r02").height


@pytest.mark.slow
def test_pictures_that_come_later_join_those_that_judge_at_the_rate_of_the_first_draw(params, capsys):
    queue.run(params, "r01")
    finish(params, "r01")
    first = ledgers.queue("r01").filter(role="evaluation")
    before = forecast.cost(params, "r02", None)
    campaign.write_pool(count=300)
    cost = forecast.cost(params, "r02", None)
    campaign.write_scores(params, "r02", model=True)
    queue.run(params, "r02")
    rows = ledgers.queue("r02")
    joined = rows.filter(role="evaluation")
    assert (
        f"{joined.height} pictures that came since join the {first.height} evaluation pictures"
        in capsys.readouterr().err
    )
    assert 0 < joined.height <= params.evaluation.size
    assert set(joined["image_id"]) <= {campaign.image_id(n) for n in range(60, 300)}
    assert joined["overlap"].unique().to_list() == [3]
    assert cost.votes - before.votes == 3 * joined.height
    assert joined["weight"].null_count() in (0, joined.height)
    assert rows.filter(pl.col("role") != "evaluation").height == params.rounds["r02"].budget
    finish(params, "r02")
    known = tables.read(layout.labels("r02") / "labels.parquet", LABELS)
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    found = examples(known, manifest, classes=params.dataset.classes, withdrawn=frozenset(), binding=())
    judged = set(found.evaluation["image_id"])
    assert judged & set(joined["image_id"])
    assert not judged & set(found.training["image_id"])


def test_pictures_that_judge_have_a_fixed_overlap_whatever_the_round_has(params):
    sequential = SequentialOverlap(min=1, max=4, until=0.9)
    params = replace(params, rounds={n: replace(r, overlap=sequential, audit=0.3) for n, r in params.rounds.items()})
    queue.run(params, "r01")
    columns = ["overlap", "max_overlap", "until"]
    found = {role: rows.select(columns).unique().rows() for (role,), rows in ledgers.queue("r01").group_by("role")}
    assert found == {
        "evaluation": [(3, None, None)],
        "audit": [(3, None, None)],
        "control": [(1, 4, 0.9)],
        "train": [(1, 4, 0.9)],
    }
    header = layout.queue("r01").read_text().partition("\n")[0].split(",")
    assert header[-2:] == ["max_overlap", "until"]


@pytest.mark.slow
def test_rounds_never_ask_twice_and_evaluate_once(checked):
    checked = replace(checked, rounds={n: replace(r, show_predictions=n == "r03") for n, r in checked.rounds.items()})
    for name in checked.chain:
        queue.run(checked, name)
        finish(checked, name)
    rows = pl.concat([ledgers.queue(name).with_columns(round=pl.lit(name)) for name in checked.chain])
    assert rows.height == 16 + 10 + 10
    assert rows["image_id"].is_unique().all()
    assert rows.filter(pl.col("role") == "evaluation")["round"].unique().to_list() == ["r01"]
    later = rows.filter(pl.col("round") != "r01")
    assert later["model_id"].unique().to_list() == ["m-1"]
    chosen = later.filter(pl.col("role") == "train")
    assert chosen["score"].is_between(0, 1).all()
    assert chosen["why"].str.contains(r"^A narrow gap .*; the model hesitates between .+ \(0\.\d\d\) and .+\.$").all()
    assert rows.filter(pl.col("role") == "control")["why"].str.starts_with("Drawn by chance").all()
    assert later["show_prediction"].to_list() == [False] * 10 + [True] * 10
    assert rows.filter(pl.col("features").is_not_null())["role"].unique().to_list() == ["train"]
    first, others = rows.filter(pl.col("round") == "r01"), chosen["features"]
    assert first["features"].drop_nulls().unique().to_list() == ["final:1 middle:1"]  # no labels yet
    assert others.str.contains(r"^final:(1|0\.5|0\.25) middle:(1|0\.5|0\.25)$").all()


@pytest.mark.slow
def test_near_duplicates_are_asked_once_over_all_rounds(params):
    campaign.write_pool(count=60, groups=25)
    campaign.write_scores(params, "r01", model=False)
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    for name in ("r01", "r02"):
        queue.run(params, name)
        finish(params, name)
    asked = pl.concat([ledgers.queue(name) for name in ("r01", "r02")])
    assert asked.height == 25
    assert asked.join(manifest, on="image_id")["group"].is_unique().all()


def test_the_same_bytes_whatever_the_order_of_the_tables(params):
    queue.run(params, "r01")
    before = layout.queue("r01").read_bytes()
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    tables.write(manifest.reverse(), layout.MANIFEST, MANIFEST)
    queue.run(params, "r01")
    assert layout.queue("r01").read_bytes() == before


@pytest.mark.slow
def test_seed_round_and_draw_each_give_another_queue(params):
    queue.run(params, "r01")
    first = ledgers.queue("r01")
    for other in (
        replace(params, seed=params.seed + 1),
        replace(params, rounds=params.rounds | {"r01": replace(params.rounds["r01"], draw=1)}),
    ):
        queue.run(other, "r01")
        assert set(ledgers.queue("r01")["image_id"]) != set(first["image_id"])


def test_what_another_chain_s_queue_asked_for_is_not_asked_again(params):
    queue.run(params, "r01")
    asked = set(ledgers.queue("r01")["image_id"])
    layout.queue("old").parent.mkdir(parents=True)
    layout.queue("r01").rename(layout.queue("old"))
    queue.run(params, "r01")
    assert not asked & set(ledgers.queue("r01")["image_id"])


def test_neither_withdrawn_nor_rejected_pictures_are_asked(params):
    manifest = campaign.write_pool(count=30, rejected=30)
    campaign.write_scores(params, "r01", model=False)
    kept = manifest.filter("kept")["image_id"].to_list()
    campaign.withdraw(*kept[:14])
    queue.run(params, "r01")
    assert sorted(ledgers.queue("r01")["image_id"]) == sorted(kept[14:])


def test_pictures_of_persons_are_asked_about_in_no_role(params):
    manifest = campaign.write_pool(count=40, groups=20)
    campaign.write_scores(params, "r01", model=False)
    shown = manifest["image_id"].to_list()[:8]
    hidden = pl.when(pl.col("image_id").is_in(shown)).then(pl.lit("nobody")).alias("shown_to")
    whole = tables.read(layout.MANIFEST, MANIFEST).with_columns(hidden)
    tables.write(whole, layout.MANIFEST, MANIFEST)
    include("r01", *shown)
    queue.run(params, "r01")
    like = whole.filter(pl.col("group").is_in(whole.filter(shown_to="nobody")["group"].implode()))
    asked = set(ledgers.queue("r01")["image_id"])
    assert asked
    assert not asked & set(like["image_id"])


def include(name, *image_ids):
    rows = [{"round": name, "image_id": image_id, "why": "rare", "by": "ada"} for image_id in image_ids]
    tables.write_ledger(pl.DataFrame(rows), layout.INCLUDE, INCLUDE, ["image_id"])


def exclude(*image_ids):
    rows = [{"image_id": image_id, "why": "a screenshot", "by": "ada"} for image_id in image_ids]
    tables.write_ledger(pl.DataFrame(rows), layout.EXCLUDE, EXCLUDE, ["image_id"])


@pytest.mark.slow
def test_pictures_that_a_person_picked_come_before_the_strategy_s(checked):
    queue.run(checked, "r01")
    drawn = ledgers.queue("r01").filter(pl.col("role") != "train")
    wanted = [image for n in range(60) if (image := campaign.image_id(n)) not in set(drawn["image_id"])][:3]
    include("r01", *wanted)
    queue.run(checked, "r01")
    rows = ledgers.queue("r01")
    assert rows.filter(pl.col("role") != "train").equals(drawn)
    train = rows.filter(pl.col("role") == "train")
    assert train["strategy"].to_list() == ["include"] * 3 + ["maxherding"] * 5
    assert set(train["image_id"][:3]) == set(wanted)
    assert train["score"].null_count() == 3
    assert train["why"][:3].to_list() == ["Picked by ada: rare"] * 3


@pytest.mark.slow
def test_a_picture_that_cannot_be_asked_is_left_out_with_its_reason(params, capsys):
    queue.run(params, "r01")
    finish(params, "r01")
    asked = ledgers.queue("r01")["image_id"][0]
    include("r02", asked, "f" * 64, campaign.image_id(1))
    exclude(campaign.image_id(1))
    queue.run(params, "r02")
    said = capsys.readouterr().err
    assert "r02: 1 of data/include.csv left out (not in the pool): ffffffff" in said
    assert "r02: 2 of data/include.csv left out (asked before, excluded, withdrawn, gold or personal" in said
    assert "include" not in set(ledgers.queue("r02")["strategy"])


@pytest.mark.slow
def test_every_predicted_class_gets_its_floor(params):
    queue.run(params, "r01")
    finish(params, "r01")
    queue.run(replace(params, rounds={n: replace(r, floor=1.0, control=0.0) for n, r in params.rounds.items()}), "r02")
    rows = ledgers.queue("r02")
    free = tables.read(layout.score("r02") / "scores.parquet", SCORES).filter(
        ~pl.col("image_id").is_in(ledgers.queue("r01")["image_id"].implode())
    )
    assert rows["predicted"].n_unique() == free["predicted"].n_unique() == rows.height == 10


def test_more_picks_than_the_budget_holds_fill_it(params, capsys):
    include("r01", *[campaign.image_id(n) for n in range(60)])
    queue.run(params, "r01")
    assert ledgers.queue("r01").filter(pl.col("role") == "train")["strategy"].unique().to_list() == ["include"]
    assert "the budget is spent" in capsys.readouterr().err


def test_neither_an_excluded_picture_nor_its_near_duplicate_is_asked(params):
    manifest = campaign.write_pool(count=30, groups=15)
    campaign.write_scores(params, "r01", model=False)
    banned = manifest.filter(pl.col("group") < 5)
    exclude(*banned.unique("group")["image_id"])
    queue.run(params, "r01")
    assert not set(banned["image_id"]) & set(ledgers.queue("r01")["image_id"])


def test_scores_of_pictures_that_a_threshold_rejected_later_are_left_out(params):
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    kept = pl.col("image_id").is_in(manifest["image_id"].head(20).implode())
    tables.write(manifest.with_columns(kept=kept), layout.MANIFEST, MANIFEST)
    queue.run(params, "r01")
    assert set(ledgers.queue("r01")["image_id"]) <= set(manifest["image_id"].head(20))


def test_an_opened_queue_is_left_untouched(params, capsys):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    before = layout.queue("r01").stat().st_mtime_ns
    queue.run(replace(params, seed=99), "r01")
    assert layout.queue("r01").stat().st_mtime_ns == before
    assert "r01 is open: its queue stays as it is" in capsys.readouterr().err


def test_a_queue_of_an_earlier_version_is_read(params):
    queue.run(params, "r01")
    rows = ledgers.queue("r01")
    tables.write_ledger(rows, layout.queue("r01"), {k: t for k, t in QUEUE.items() if k != "why"}, ["rank"])
    assert ledgers.queue("r01").drop("why").equals(rows.drop("why"))
    assert ledgers.queue("r01")["why"].null_count() == rows.height


def test_an_opened_queue_that_changed_is_refused(params):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    layout.queue("r01").write_text("rank\n")
    with pytest.raises(DataError, match=r"final since r01 was opened; run: git checkout data/rounds/r01/queue\.csv"):
        queue.run(params, "r01")


def test_an_opened_queue_that_is_lost_comes_back_or_not_at_all(params, capsys):
    queue.run(params, "r01")
    drawn = layout.queue("r01").read_bytes()
    campaign.open_round(params, "r01")
    layout.queue("r01").unlink()
    queue.run(params, "r01")
    assert layout.queue("r01").read_bytes() == drawn
    assert "drawn again, it is the same" in capsys.readouterr().err
    layout.queue("r01").unlink()
    with pytest.raises(DataError, match="is lost; drawn again it is"):
        queue.run(replace(params, seed=params.seed + 1), "r01")
    assert not layout.queue("r01").exists()


def test_a_queue_that_has_votes_is_final_without_its_state_too(params, capsys):
    queue.run(params, "r01")
    drawn = layout.queue("r01").read_bytes()
    campaign.open_round(params, "r01")
    campaign.answer(params, "r01")
    layout.state("r01").unlink()
    queue.run(replace(params, seed=params.seed + 1), "r01")
    assert layout.queue("r01").read_bytes() == drawn
    assert "state.json is lost: its queue stays as it is" in capsys.readouterr().err
    layout.queue("r01").unlink()
    with pytest.raises(DataError, match="another queue would not be theirs; run: git checkout data/rounds/r01/queue"):
        queue.run(params, "r01")


def test_an_excluded_picture_of_no_source_is_told(params, capsys):
    exclude("f" * 64)
    queue.run(params, "r01")
    assert "r01: 1 of data/exclude.csv are pictures of no source: ffffffff" in capsys.readouterr().err


def test_a_pool_without_a_picture_to_judge_by_is_refused(params):
    campaign.withdraw(*[campaign.image_id(n) for n in range(59)])
    with pytest.raises(DataError, match="one picture is left to ask about"):
        queue.run(params, "r01")


def test_a_small_pool_is_taken_as_far_as_it_goes(params, capsys):
    campaign.write_pool(count=8)
    campaign.write_scores(params, "r01", model=False)
    queue.run(params, "r01")
    assert ledgers.queue("r01").height == 8
    assert "8 pictures are left of 16 wanted" in capsys.readouterr().err


@pytest.mark.slow
def test_a_pool_that_groups_swallow_says_so_with_the_knob(params, capsys):
    campaign.write_pool(count=30, groups=8)
    campaign.write_scores(params, "r01", model=False)
    queue.run(params, "r01")
    told = capsys.readouterr().err
    assert "8 pictures are left of 16 wanted" in told
    assert "r01: 30 pictures lie in 8 groups, of which each is asked about once; the largest: 4 like " in told
    assert "clean.group: hash, or none" in told

    campaign.write_pool(count=30, groups=1)
    layout.queue("r01").unlink()
    with pytest.raises(
        DataError, match=r"one picture is left.*30 pictures lie in 1 groups.*30 like .*clean.group_radius"
    ):
        queue.run(params, "r01")


def test_an_empty_pool_says_what_to_do(params):
    campaign.withdraw(*[campaign.image_id(n) for n in range(60)])
    with pytest.raises(DataError, match=r"r01: no picture is left to ask about.*relax `clean`, add a source"):
        queue.run(params, "r01")
    assert not layout.queue("r01").exists()


def test_an_unknown_strategy_and_one_that_needs_a_model(params):
    for strategy, message in [("oracle", "use one of: auto, badge, bald"), ("margin", "there is none yet")]:
        broken = campaign.small(params, strategy=strategy)
        with pytest.raises(ConfigError, match=message):
            queue.run(broken, "r01")
    assert not layout.queue("r01").exists()


@pytest.fixture
def seen(monkeypatch):
    """What the strategy was last asked with."""
    requests = {}

    def spy(strategy, **request):
        requests.update(request)
        return original(strategy, **request)

    original = queue.draw.select_with_scores
    monkeypatch.setattr(queue.draw, "select_with_scores", spy)
    return requests


@pytest.mark.slow
def test_evaluation_pictures_cover_nothing_for_the_strategy(params, seen):
    queue.run(params, "r01")
    finish(params, "r01")
    queue.run(params, "r02")
    assert len(seen["labeled"]) == len(seen["labels"]) == 10
    assert seen["probabilities"].shape == (5, len(seen["embeddings"]), 10)
    assert tables.read(layout.labels("r01") / "labels.parquet", LABELS).height == 16


@pytest.mark.slow
def test_the_strategy_is_told_the_classes_of_what_is_labelled(params, seen):
    queue.run(params, "r01")
    campaign.open_round(params, "r01")
    said = ["coat", NONE_OF_THESE, UNSURE]
    campaign.answer(params, "r01", lambda rank, person: said[rank % 3])
    labels.run(params, "r01")
    campaign.write_scores(params, "r02", model=True)
    queue.run(params, "r02")
    rows = ledgers.queue("r01").filter(pl.col("role") != "evaluation").sort("image_id")
    coat = params.dataset.classes.index("coat")
    assert seen["labels"].tolist() == [coat if rank % 3 == 0 else -1 for rank in rows["rank"]]


@pytest.mark.parametrize("content", [b"not numpy", None])
def test_broken_probabilities_are_a_clear_error(params, content):
    path = layout.score("r01") / "probabilities.npy"
    if content is None:
        np.save(path, np.full((5, 59, 10), 0.1, dtype=np.float32))
    else:
        path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"probabilities\.npy: not readable .*dvc checkout --force data/rounds/r01/score"
    ):
        queue.run(params, "r01")


@pytest.mark.slow
def test_a_queue_that_breaks_its_suite_is_not_written(checked, monkeypatch):
    def twice(*arguments):
        rows = compose(*arguments)
        return pl.concat([rows, rows.head(1)])

    compose = queue.draw.compose
    monkeypatch.setattr(queue.draw, "compose", twice)
    with pytest.raises(DataError, match=r"r01: .*queue\.json failed; nobody was asked"):
        queue.run(checked, "r01")
    assert not layout.queue("r01").exists()


@pytest.mark.slow
def test_what_the_model_takes_for_a_class_of_a_tier_goes_there_and_the_first_round_to_the_crowd(params, capsys):
    tiers = {"expert": Tier(overlap=1, adjudicate=0.8)}
    params = replace(
        params, tiers=tiers, classes={name: ClassRule(tier="expert") for name in params.dataset.classes[:5]}
    )
    queue.run(params, "r01")
    assert ledgers.queue("r01").select("tier", "adjudicator").unique().rows() == [("crowd", "expert")]
    finish(params, "r01")
    queue.run(params, "r02")
    rows = ledgers.queue("r02")
    of_tier = pl.col("predicted").is_in(params.dataset.classes[:5])
    assert rows.filter(tier="expert").equals(rows.filter(of_tier))
    assert rows.filter(of_tier).select("overlap", "adjudicator").unique().rows() == [(1, None)]
    assert rows.filter(~of_tier).select("tier", "overlap", "adjudicator").unique().rows() == [("crowd", 2, "expert")]
    assert f"r02: of 10 pictures {rows.filter(of_tier).height} go to the tier expert" in capsys.readouterr().err


def test_the_ledger_reads_back_as_it_was_written(params):
    queue.run(params, "r01")
    assert ledgers.queue("r01").schema == pl.Schema(QUEUE)
    assert layout.queue("r01").read_text().splitlines()[0] == ",".join(
        name for name in QUEUE if name not in QUEUE_OPTIONAL
    )


@pytest.mark.slow
def test_importing_the_stages_loads_nothing_heavy():
    code = (
        "import sys, silverprint.stages.queue, silverprint.stages.labels, silverprint.stages.gate;"
        "print([m for m in ('torch', 'great_expectations', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_running_the_stages_loads_no_torch(params):
    code = (
        "import sys; from silverprint import config; from silverprint.stages import queue;"
        "from tests.helpers import round_campaign as campaign; queue.run(campaign.small(config.load()), 'r01'); "
        "print('torch' in sys.modules)"
    )
    root = str(campaign.__file__).rsplit("/tests/", 1)[0]
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{root}:{root}/src"},
    )
    assert done.stdout.strip() == "False"


def held_out(params, name, doubted):
    """What models that did not see it say of each picture the round's model was trained on: its label, or not."""
    table = tables.read(layout.labels(name) / "labels.parquet", LABELS).filter(pl.col("role") != "evaluation")
    rows = []
    for image_id, label in table.select("image_id", "label").iter_rows():
        says = "bag" if image_id in doubted else label
        rows.append(
            {"image_id": image_id, "probabilities": [0.91 if c == says else 0.01 for c in params.dataset.classes]}
        )
    tables.write(pl.DataFrame(rows, schema=HELD_OUT), layout.model(name) / "held-out.parquet", HELD_OUT)


@pytest.mark.slow
def test_doubtful_labels_take_their_share_of_the_budget_and_keep_their_role(checked):
    checked = replace(
        checked, rounds={n: replace(r, relabel=0.3, show_predictions=True) for n, r in checked.rounds.items()}
    )
    queue.run(checked, "r01")
    finish(checked, "r01")
    chosen = ledgers.queue("r01").filter(pl.col("role") == "train")["image_id"].to_list()
    held_out(checked, "r01", doubted=chosen[:2])
    queue.run(checked, "r02")
    rows = ledgers.queue("r02")
    assert dict(rows["role"].value_counts().iter_rows()) == {"control": 2, "train": 6, "relabel": 2}
    looks = rows.filter(pl.col("role") == "relabel")
    assert set(looks["image_id"]) == set(chosen[:2])
    assert looks["why"].str.contains("in doubt: 2 votes made it .*; models that have not seen that say bag").all()
    assert not looks["show_prediction"].any()
    assert rows.filter(pl.col("role") != "relabel")["show_prediction"].all()
    campaign.open_round(checked, "r02")
    campaign.answer(checked, "r02", lambda rank, person: "bag")
    votes = ledgers.votes("r02").with_columns(pl.col("annotator").str.replace("s-", "t-"))
    tables.write_ledger(votes, layout.votes("r02"), VOTES, campaign.LEDGER_ORDER)
    labels.run(checked, "r02")
    table = tables.read(layout.labels("r02") / "labels.parquet", LABELS).filter(pl.col("image_id").is_in(chosen[:2]))
    assert table.select("role", "round", "n_votes").unique().rows() == [("train", "r01", 4)]


def test_without_a_model_or_a_share_nothing_is_asked_twice(params):
    looked = replace(params, rounds={n: replace(r, relabel=0.3) for n, r in params.rounds.items()})
    queue.run(looked, "r01")
    assert "relabel" not in set(ledgers.queue("r01")["role"])


@pytest.mark.slow
def test_the_audit_takes_its_share_of_the_budget_and_is_never_trained_on(params):
    audited = replace(
        params, rounds={n: replace(r, audit=0.3, show_predictions=True) for n, r in params.rounds.items()}
    )
    queue.run(audited, "r01")
    finish(audited, "r01")
    queue.run(audited, "r02")
    rows = ledgers.queue("r02")
    assert dict(rows["role"].value_counts().iter_rows()) == {"control": 2, "train": 5, "audit": 3}
    audit = rows.filter(pl.col("role") == "audit")
    assert audit.select("strategy", "overlap", "show_prediction").unique().rows() == [("random", 3, False)]
    assert audit["why"].str.contains("to test automatic labels").all()
    known = tables.read(layout.labels("r01") / "labels.parquet", LABELS)
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    nothing = {"withdrawn": frozenset(), "binding": frozenset()}
    found = examples(known, manifest, classes=params.dataset.classes, **nothing)
    assert set(found.training["role"]) == {"train", "control"}
    assert set(found.evaluation["role"]) == {"evaluation"}


def test_control_and_second_looks_share_one_budget(params):
    text = layout.PARAMS.read_text().replace("control: 0.4,", "control: 0.8, relabel: 0.3,", 1)
    with pytest.raises(ConfigError, match=r"rounds\.r01\.control = 0\.8, relabel = 0\.3, audit = 0\.0"):
        config.parse(text)


@pytest.mark.slow
def test_pictures_share_pages_once_there_is_a_model_and_those_that_judge_never_do(params, capsys):
    grid = replace(params, rounds={n: replace(r, page="grid", budget=30, audit=0.3) for n, r in params.rounds.items()})
    queue.run(params, "r01")
    single = layout.queue("r01").read_bytes()
    queue.run(replace(grid, rounds={**grid.rounds, "r01": replace(params.rounds["r01"], page="grid")}), "r01")
    assert "r01: no pictures share a page (there is no prediction yet)" in capsys.readouterr().err
    assert layout.queue("r01").read_bytes() == single
    finish(params, "r01")
    queue.run(grid, "r02")
    rows = ledgers.queue("r02")
    shared = rows.drop_nulls("page")
    assert f"r02: {shared.height} pictures share {shared['page'].n_unique()} pages, and" in capsys.readouterr().err
    assert not shared.is_empty()
    assert set(shared["role"]) <= {"train", "control"}
    assert rows["show_prediction"].to_list() == rows["page"].is_not_null().to_list()
    assert ledgers.shared_pages("r02") == dict(shared.select("image_id", "page").iter_rows())
