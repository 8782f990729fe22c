"""embed on real pictures in real shards."""

import hashlib
import json
from dataclasses import replace
from itertools import islice

import numpy as np
import polars as pl
import pytest

from silverprint import config, layout
from silverprint.config import Embed
from silverprint.errors import DataError, UnavailableError
from silverprint.model import embedder
from silverprint.records import MEASURED, conform
from silverprint.stages import embed
from silverprint.store import ShardWriter, executor, features, tables
from silverprint.store.features import Features
from tests.helpers.model_pictures import jpeg


def acquire(source: str, tiles: range, undecodable: int = 0) -> list[str]:
    """Stores and measures pictures; returns the ids of those that decode."""
    bodies = [jpeg(tile) for tile in tiles] + [b"not a picture %d" % number for number in range(undecodable)]
    ids = [hashlib.sha256(body).hexdigest() for body in bodies]
    with ShardWriter(layout.raw(source)) as writer:
        for name, body in zip(ids, bodies, strict=True):
            writer.add({"image_id": name, "outcome": "stored", "source": source, "format": "jpeg"}, body)
    rows = pl.DataFrame({"image_id": ids, "decodable": [number < len(tiles) for number in range(len(ids))]})
    number = len(list(layout.measured(source).glob("*.parquet")))
    tables.write(conform(rows, MEASURED), layout.measured(source) / f"part-{number:05d}.parquet", MEASURED)
    return ids[: len(tiles)]


@pytest.fixture
def params(project):
    loaded = config.load()
    two = {name: loaded.sources[name] for name in ("web", "partner")}
    return replace(loaded, sources=two, embed=Embed(backbone="efficientnet_lite0", size=32, batch=4))


def contents() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(layout.EMBED.iterdir())}


@pytest.mark.slow
def test_every_decodable_picture_of_every_source_has_features_once(params) -> None:
    web = acquire("web", range(9), undecodable=2)
    partner = acquire("partner", range(6, 12))
    embed.run(params)
    found = Features(layout.EMBED)
    assert sorted(found.image_ids) == sorted({*web, *partner})
    assert found.blocks == {"final": slice(0, 1280), "middle": slice(1280, 2288)}
    assert np.isfinite(found.matrix(web)).all()
    assert np.abs(found.matrix(web[:1]) - found.matrix(web[1:2])).max() > 0.1


@pytest.mark.slow
def test_a_second_run_adds_what_is_new_and_leaves_the_rest(params) -> None:
    acquire("web", range(5))
    acquire("partner", range(0))
    embed.run(params)
    before = contents()
    embed.run(params)
    assert contents() == before
    added = acquire("partner", range(5, 8))
    embed.run(params)
    assert before.items() <= contents().items()
    assert set(added) <= set(Features(layout.EMBED).image_ids)


def test_a_source_that_left_takes_no_features_along(params) -> None:
    web = acquire("web", range(3))
    partner = acquire("partner", range(3, 6))
    embed.run(params)
    embed.run(replace(params, sources={"web": params.sources["web"]}))
    assert set(Features(layout.EMBED).image_ids) == {*web, *partner}


def test_an_interrupted_run_goes_on_where_it_was(params, monkeypatch) -> None:
    ids = acquire("web", range(10))
    acquire("partner", range(0))
    monkeypatch.setattr(embed, "PART", 4)
    whole_append, parts = features.append, []

    def interrupted(*arguments):
        if len(parts) == 1:
            raise KeyboardInterrupt
        parts.append(whole_append(*arguments))

    monkeypatch.setattr(features, "append", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embed.run(params)
    assert len(Features(layout.EMBED).image_ids) == 4
    (layout.EMBED / "part-00001.npy").write_bytes(b"half a part that a kill left")
    (layout.EMBED / ".part-00001.npy.99.part").write_bytes(b"and a temporary file")
    monkeypatch.setattr(features, "append", whole_append)
    embed.run(params)
    assert sorted(Features(layout.EMBED).image_ids) == sorted(ids)
    assert not list(layout.EMBED.glob(".*"))


def test_ctrl_c_costs_nothing_that_was_computed(params, monkeypatch) -> None:
    acquire("web", range(10))
    acquire("partner", range(0))
    whole_run = executor.run

    def interrupted(*arguments, **options):
        yield from islice(whole_run(*arguments, **options), 2)
        raise KeyboardInterrupt

    monkeypatch.setattr(executor, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        embed.run(params)
    assert len(Features(layout.EMBED).image_ids) == 2 * params.embed.batch


def test_the_same_pictures_give_the_same_bytes(params) -> None:
    acquire("web", range(7))
    acquire("partner", range(7, 9))
    embed.run(params)
    first = contents()
    for path in layout.EMBED.iterdir():
        path.unlink()
    embed.run(params)
    assert contents() == first


@pytest.mark.slow
def test_another_size_starts_over(params) -> None:
    ids = acquire("web", range(4))
    acquire("partner", range(0))
    embed.run(params)
    old = Features(layout.EMBED).matrix(ids)
    embed.run(replace(params, embed=replace(params.embed, size=48)))
    found = Features(layout.EMBED)
    assert found.description["size"] == 48
    assert sorted(found.image_ids) == sorted(ids)
    assert np.abs(found.matrix(ids) - old).max() > 0.01


def test_features_of_another_decoding_start_over(params) -> None:
    ids = acquire("web", range(4))
    acquire("partner", range(0))
    embed.run(params)
    fresh = contents()
    features.write_description(layout.EMBED, {**features.describe(layout.EMBED), "decoding": "whole"})
    (layout.EMBED / "part-00000.npy").write_bytes(b"")
    embed.run(params)
    assert contents() == fresh
    assert sorted(Features(layout.EMBED).image_ids) == sorted(ids)


def test_a_part_ends_with_a_batch_and_the_last_one_holds_the_rest(params, monkeypatch) -> None:
    ids = acquire("web", range(10))
    acquire("partner", range(0))
    monkeypatch.setattr(embed, "PART", 5)
    embed.run(params)
    rows = [len(np.load(path)) for path in sorted(layout.EMBED.glob("*.npy"))]
    assert rows == [8, 2]  # batches of 4
    assert sorted(Features(layout.EMBED).image_ids) == sorted(ids)


def test_without_a_picture_there_is_an_output_all_the_same(params) -> None:
    acquire("web", range(0), undecodable=1)
    acquire("partner", range(0))
    embed.run(params)
    assert Features(layout.EMBED).image_ids.is_empty()


def test_an_output_that_was_not_pulled_is_not_started_from_nothing(params) -> None:
    layout.LOCK.write_text("stages:\n  embed:\n    outs:\n    - path: data/embed\n      md5: x.dir\n")
    with pytest.raises(UnavailableError, match="dvc pull data/embed"):
        embed.run(params)


def test_missing_weights_stop_it_before_anything_is_touched(params, monkeypatch) -> None:
    acquire("web", range(2))
    acquire("partner", range(0))

    def gone(*_):
        raise UnavailableError("weights", "not there", "pip install it")

    embed.run(params)
    before = contents()
    monkeypatch.setattr(embedder, "Embedder", gone)
    with pytest.raises(UnavailableError, match="pip install"):
        embed.run(replace(params, embed=replace(params.embed, size=48)))
    assert contents() == before


@pytest.fixture
def part(tmp_path):
    features.write_description(tmp_path, {"blocks": {"final": 2, "middle": 3}})
    features.append(tmp_path, ["a", "b"], [np.zeros((2, 5), dtype=np.float16)])
    return tmp_path


def test_a_matrix_comes_in_the_order_asked_and_may_repeat(part) -> None:
    features.append(part, ["c"], [np.ones((1, 5), dtype=np.float16)])
    found = Features(part)
    assert found.matrix(["c", "a", "c"]).tolist() == [[1] * 5, [0] * 5, [1] * 5]
    assert found.matrix([]).shape == (0, 5)
    assert [len(batch) for batch in found.batches(["a", "b", "c"], size=2)] == [2, 1]


def test_a_part_is_never_overwritten_by_a_later_one(part) -> None:
    features.append(part, ["c"], [np.ones((1, 5), dtype=np.float16)])
    (part / "part-00000.parquet").unlink()
    features.append(part, ["d"], [np.full((1, 5), 2, dtype=np.float16)])
    assert Features(part).matrix(["c", "d"]).tolist() == [[1] * 5, [2] * 5]


def test_an_unknown_picture_is_named(part) -> None:
    with pytest.raises(DataError, match="xyz"):
        Features(part).matrix(["a", "xyz"])


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x93NUMPY\x01\x00v\x00{'descr': '<f2'"])
def test_a_damaged_part_is_an_error_with_its_remedy(part, damage) -> None:
    (part / "part-00000.npy").write_bytes(damage)
    with pytest.raises(DataError, match="dvc checkout"):
        Features(part).matrix(["a"])


def test_parts_that_do_not_fit_together_are_refused(part) -> None:
    np.save(part / "part-00000.npy", np.zeros((3, 5), dtype=np.float16))
    with pytest.raises(DataError, match="3 rows of features, 2 pictures"):
        Features(part).matrix(["a"])


def test_a_damaged_description_is_an_error_with_its_remedy(part) -> None:
    (part / "embed.json").write_text(json.dumps([1]))
    with pytest.raises(DataError, match="dvc checkout"):
        Features(part)
    (part / "embed.json").unlink()
    with pytest.raises(UnavailableError, match="silverprint repro embed"):
        Features(part)
