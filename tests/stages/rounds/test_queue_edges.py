"""What a queue is made of at every edge: for each strategy a queue that holds its promises, or one clear line."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.core.selection import STRATEGIES
from silverprint.errors import DataError
from silverprint.records import HELD_OUT, IMPORTS, LABELS, MANIFEST, NONE_OF_THESE, QUEUE, SCORES, VOTES, conform, empty
from silverprint.stages import queue
from silverprint.store import features, tables
from tests.helpers import round_campaign as campaign

COUNT, CLASSES = 24, 10
SOON = ("badge", "doubt", "margin", "random")  # by gradients, by labels, by uncertainty, by chance: the others are slow
every = pytest.mark.parametrize(
    "strategy", [name if name in SOON else pytest.param(name, marks=pytest.mark.slow) for name in sorted(STRATEGIES)]
)


@pytest.fixture
def second(params):
    """Before the second round: every picture scored, four of them labelled in the first one."""
    campaign.write_pool(count=COUNT)
    campaign.write_scores(params, "r02", model=True)
    labelled(params, 4)
    brought(params)
    return params


def by(params, strategy, **changes):
    rounds = {name: replace(entry, strategy=strategy, **changes) for name, entry in params.rounds.items()}
    return replace(params, rounds=rounds)


def brought(params):
    """A source's labels of all but three pictures."""
    rows = [
        {
            "image_id": campaign.image_id(number),
            "annotator": "import:partner",
            "said": params.dataset.classes[number % CLASSES],
            "choice": params.dataset.classes[number % CLASSES],
            "status": "valid",
            "batch": 1,
        }
        for number in range(3, COUNT)
    ]
    ledgers.write_imports(conform(pl.DataFrame(rows), IMPORTS))


def labelled(params, count, label=None):
    rows = [
        {
            "image_id": campaign.image_id(number),
            "label": label or params.dataset.classes[number % CLASSES],
            "n_votes": 2,
            "role": "train",
            "round": "r01",
            "source": "human",
        }
        for number in range(count)
    ]
    frame = conform(pl.DataFrame(rows), LABELS) if rows else empty(LABELS)
    tables.write(frame.sort("image_id"), layout.labels("r01") / "labels.parquet", LABELS)
    tables.write(empty(VOTES), layout.labels("r01") / "votes.parquet", VOTES)


def probabilities(rows):
    np.save(layout.score("r02") / "probabilities.npy", np.broadcast_to(rows, (5, COUNT, CLASSES)).astype(np.float32))


def embeddings(rows):
    for path in layout.EMBED.glob("part-*"):
        path.unlink()
    features.append(layout.EMBED, [campaign.image_id(number) for number in range(COUNT)], [rows.astype(np.float16)])


def drawn(params, name="r02"):
    """The round's queue, twice: it keeps its promises and comes out the same."""
    queue.run(params, name)
    before = layout.queue(name).read_bytes()
    queue.run(params, name)
    assert layout.queue(name).read_bytes() == before
    rows = ledgers.queue(name)
    assert rows["rank"].to_list() == list(range(1, rows.height + 1))
    assert rows["image_id"].is_unique().all()
    assert rows["why"].null_count() == 0
    return rows


@pytest.mark.slow
@every
def test_one_class_alone_ties_and_copies_are_a_queue_like_any_other(second, strategy):
    params = by(second, strategy)
    probabilities(np.eye(CLASSES)[3])
    assert drawn(params).height == 10
    probabilities(np.full(CLASSES, 0.1))
    embeddings(np.ones((COUNT, 8)))
    assert drawn(params).height == 10
    embeddings(np.eye(8)[np.arange(COUNT) % 2])
    labelled(params, 4, NONE_OF_THESE)
    assert drawn(params).height == 10


@every
def test_probabilities_that_are_none_are_one_clear_line(second, strategy):
    params = by(second, strategy)
    for broken, message in (
        (np.full(CLASSES, np.nan), "rows not finite"),
        (np.full(CLASSES, 0.5), "each row must be a distribution"),
        (np.where(np.arange(CLASSES) == 0, 2.0, -1 / 9), "each row must be a distribution"),
    ):
        probabilities(broken)
        with pytest.raises(DataError, match=message) as caught:
            queue.run(params, "r02")
        assert "\n" not in str(caught.value)
        assert not layout.queue("r02").exists()


@pytest.mark.slow
@every
def test_zero_labels_and_all_but_one_and_all(second, strategy, capsys):
    params = by(second, strategy)
    labelled(params, 0)
    assert drawn(params).height == 10
    labelled(params, COUNT - 1)
    (row,) = drawn(params).to_dicts()
    assert row["image_id"] == campaign.image_id(COUNT - 1)
    assert "1 pictures are left of 10 wanted" in capsys.readouterr().err
    labelled(params, COUNT)
    layout.queue("r02").unlink()
    with pytest.raises(DataError, match="no picture is left to ask about"):
        queue.run(params, "r02")


@pytest.mark.slow
@every
def test_a_budget_beyond_the_pool_takes_all_of_it(second, strategy):
    params = by(second, strategy, budget=1000, control=0.25, floor=0.5)
    rows = drawn(params)
    assert rows.height == COUNT - 4
    assert rows.filter(pl.col("role") == "control").height == 5


@pytest.mark.slow
@every
def test_rows_in_another_order_on_disk_give_the_same_queue(second, strategy):
    params = by(second, strategy)
    first = drawn(params)
    order = np.random.default_rng(3).permutation(COUNT)
    rows = features.Features(layout.EMBED).matrix([campaign.image_id(number) for number in order])
    for path in layout.EMBED.glob("part-*"):
        path.unlink()
    for part in (order[:7], order[7:]):
        places = [int(np.flatnonzero(order == number)[0]) for number in part]
        features.append(layout.EMBED, [campaign.image_id(n) for n in part], [rows[places].astype(np.float16)])
    scores = tables.read(layout.score("r02") / "scores.parquet", SCORES)
    shares = np.load(layout.score("r02") / "probabilities.npy")
    tables.write(scores[order], layout.score("r02") / "scores.parquet", SCORES)
    np.save(layout.score("r02") / "probabilities.npy", shares[:, order])
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    tables.write(manifest[order], layout.MANIFEST, MANIFEST)
    assert drawn(params).equals(first)


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    groups=st.lists(st.integers(0, 20), min_size=COUNT, max_size=COUNT), asked=st.integers(0, COUNT),
    budget=st.integers(1, 30), gold=st.integers(0, 5), data=st.data(),
)  # fmt: skip
def test_no_near_duplicate_is_asked_twice_in_any_role(second, groups, asked, budget, gold, data):
    strategy = data.draw(st.sampled_from(["random", "margin", "typiclust"]))
    params = by(second, strategy, budget=budget, gold=gold)
    ids = [campaign.image_id(number) for number in range(COUNT)]
    manifest = pl.DataFrame({"image_id": ids, "kept": True, "group": groups})
    tables.write(conform(manifest, MANIFEST).sort("image_id"), layout.MANIFEST, MANIFEST)
    labelled(params, asked)
    golden = data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=8))
    layout.GOLD.write_text("image_id,label,why,at\n" + "".join(f"{name},coat,sure,\n" for name in golden))
    layout.queue("old").parent.mkdir(exist_ok=True)
    earlier = pl.DataFrame({"image_id": ids[:asked], "rank": range(1, asked + 1)})
    earlier = earlier.with_columns(role=pl.lit("train"), overlap=1, tier=pl.lit("crowd"))
    tables.write_ledger(conform(earlier, QUEUE), layout.queue("old"), QUEUE, ["rank"])
    seen = {group for _, group in zip(ids[:asked], groups, strict=False)}
    if set(groups) <= seen | {groups[ids.index(name)] for name in golden}:
        with pytest.raises(DataError, match="left to ask about"):
            queue.run(params, "r02")
        return
    queue.run(params, "r02")
    rows = ledgers.queue("r02").join(manifest, on="image_id")
    assert rows["group"].is_unique().all()
    assert not set(rows["group"]) & seen
    for role, image_id in rows.select("role", "image_id").rows():
        assert (role == "gold") == (image_id in golden)


@pytest.mark.slow
def test_labels_in_doubt_alone_are_a_queue(second):
    """Every picture was asked about: as far as `relabel` allows, people look once more."""
    labelled(second, COUNT)
    ids, doubted = [campaign.image_id(number) for number in range(COUNT)], {campaign.image_id(0), campaign.image_id(9)}
    rows = [(i, who, second.dataset.classes[n % CLASSES]) for n, i in enumerate(ids) for who in ("s-1", "s-2")]
    votes = pl.DataFrame(rows, schema=["image_id", "annotator", "choice"], orient="row").with_columns(
        round=pl.lit("r01"), status=pl.lit("valid"), annotation_id=pl.int_range(len(rows))
    )
    third = votes.head(1).with_columns(image_id=pl.lit(ids[1]), annotator=pl.lit("s-3"))
    tables.write(conform(pl.concat([votes, third]), VOTES), layout.labels("r01") / "votes.parquet", VOTES)
    chances = [np.eye(CLASSES)[(n + (i in doubted)) % CLASSES].tolist() for n, i in enumerate(ids)]
    frame = pl.DataFrame({"image_id": ids, "probabilities": chances}, schema=HELD_OUT)
    tables.write(frame, layout.model("r01") / "held-out.parquet", HELD_OUT)
    found = drawn(by(second, "margin", relabel=0.2))
    assert dict(found.select("image_id", "role").rows()) == dict.fromkeys(doubted, "relabel")
