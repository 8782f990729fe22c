"""Augmented copies in a release, and the weights of its test pictures."""

import io
import json
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from silverprint import config, layout
from silverprint.adapters.exporters import EXPORTERS
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.errors import ConfigError
from silverprint.stages import release
from silverprint.store.traces.contents import Look
from silverprint.store.traces.needles import Needles
from tests.helpers import needs
from tests.helpers.exports import READERS, REMEDY
from tests.helpers.release_campaign import asking_less, split

pytestmark = pytest.mark.slow

SPLITS = ("train", "test", "silver")


def augmented(params: Params, **knobs: object) -> Params:
    return replace(params, release=replace(params.release, augment=2, **knobs))


@pytest.fixture(scope="module")
def with_copies(released_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same release with two copies of each training picture, in every format; to be read only."""
    folder = tmp_path_factory.mktemp("copies")
    shutil.copytree(released_once, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        release.run(augmented(asking_less(config.load()), formats=tuple(EXPORTERS)))
    return folder


@pytest.fixture
def copies(with_copies: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(with_copies)
    return with_copies


def test_each_training_picture_has_its_copies_and_no_other_has(copies: Path) -> None:
    for name in SPLITS:
        rows = split(name)
        own, made = rows.filter(pl.col("parent").is_null()), rows.drop_nulls("parent")
        assert made.height == (2 * own.height if name == "train" else 0)
        assert rows["image_id"].is_unique().all()
    made = split("train").drop_nulls("parent")
    assert made["image_id"].to_list() == [f"{parent}-{1 + place % 2}" for place, parent in enumerate(made["parent"])]
    beside = ["label", "confidence", "votes", "license", "source", "round", "weight"]
    parents = split("train").filter(pl.col("parent").is_null()).select(pl.col("image_id").alias("parent"), *beside)
    assert made.select("parent", *beside).equals(
        made.select("parent").join(parents, on="parent", maintain_order="left")
    )


def test_a_copy_is_its_picture_changed(copies: Path) -> None:
    pictures = {row["image_id"]: row["image"]["bytes"] for row in split("train").iter_rows(named=True)}
    shown = {name: np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for name, data in pictures.items()}
    changed = 0
    for name, pixels in shown.items():
        parent = name.partition("-")[0]
        assert pixels.shape == shown[parent].shape
        changed += name != parent and not np.array_equal(pixels, shown[parent])
    assert changed == len([name for name in shown if "-" in name]) > 0
    assert len({data for name, data in pictures.items()}) == len(pictures)


@pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning", "ignore:Exception ignored in.*FileIO")
@pytest.mark.parametrize("name", EXPORTERS)
def test_each_format_s_reader_finds_copies_in_train(copies: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to(copies / layout.RELEASE / name)
    wanted = {
        row["image_id"]: (part, row["label"], row["image"]["bytes"])
        for part in SPLITS
        for row in split(part).iter_rows(named=True)
    }
    assert READERS[name](tmp_path / name) == wanted


def test_croissant_loads_copies_beside_their_pictures(copies: Path) -> None:
    needs.module("mlcroissant", REMEDY)
    import mlcroissant

    loaded = mlcroissant.Dataset(str(copies / layout.RELEASE / "croissant.json"))
    assert (loaded.metadata.ctx.issues.errors, loaded.metadata.ctx.issues.warnings) == (set(), set())
    found = {
        row["images/image_id"].decode(): (row["images/split"].decode(), row["images/label"], row["images/parent"])
        for row in loaded.records("images")
    }
    wanted = {
        row["image_id"]: (part, row["label"], row["parent"] and row["parent"].encode())
        for part in SPLITS
        for row in split(part).iter_rows(named=True)
    }
    assert found == wanted


def test_no_figure_and_no_version_counts_copies(copies: Path, released: Params) -> None:
    """`released` is the same without them, and the working directory."""
    for path in (layout.QUALITIES, layout.RELEASES):
        assert path.read_bytes() == (copies / path).read_bytes()
    without = {name: split(name) for name in SPLITS}
    card, before = ((root / layout.RELEASE / "README.md").read_text() for root in (copies, Path()))
    assert f"{2 * without['train'].height} in all: rows whose `parent`" in card
    assert [line for line in card.splitlines() if line.startswith("| `")] == [
        line for line in before.splitlines() if line.startswith("| `")
    ]
    described = json.loads((copies / layout.RELEASE / "croissant.json").read_text())["description"]
    assert f"{sum(rows.height for rows in without.values())} pictures" in described
    assert f"Beside them are {2 * without['train'].height} augmented copies, 2 of each picture of train" in described
    assert "augmented copies" in (copies / layout.RELEASE / "datasheet.md").read_text()
    assert all(rows["parent"].is_null().all() for rows in without.values())


def test_the_same_seed_gives_the_same_copies_and_another_others(released: Params) -> None:
    once = augmented(released, formats=("parquet",))
    release.run(once)
    first = split("train")
    release.run(once)
    assert split("train").equals(first)
    release.run(replace(once, seed=once.seed + 1))
    own = pl.col("parent").is_null()
    assert split("train").filter(own).equals(first.filter(own))
    assert not split("train").drop_nulls("parent").select("image").equals(first.drop_nulls("parent").select("image"))


def test_the_proof_of_a_purge_finds_a_copy_wherever_it_lies(copies: Path, tmp_path: Path) -> None:
    """In files that hold copies and not the picture itself: its bytes would be found anyway."""
    made = split("train").drop_nulls("parent")
    parent, name = made["parent"][0], made["image_id"][0]
    look = Look([Needles(parent, {}, frozenset())])
    places = [path for path in layout.RELEASE.rglob("*.jpg") if path.stem == name]
    assert {path.relative_to(layout.RELEASE).parts[0] for path in places} >= {"imagefolder", "coco", "csv", "yolo-cls"}
    table, shard = tmp_path / "table.parquet", tmp_path / "shard.tar"
    made.filter(image_id=name).write_parquet(table)
    with tarfile.open(shard, "w") as tar:
        tar.add(places[0], arcname=places[0].name)
    nameless = tmp_path / "a-cache-object"
    nameless.write_bytes(places[0].read_bytes())
    for path in (table, shard, nameless):
        with path.open("rb") as stream:
            assert look.at(stream).gone, path
    other = Look([Needles("f" * 64, {}, frozenset())])
    with nameless.open("rb") as stream:
        assert not other.at(stream).gone


def test_copies_that_nothing_would_change_are_refused(project: Path) -> None:
    path = Path("params.yaml")
    text = path.read_text()
    nothing = "{flip: false, rotation: 0.0, crop: 1.0, colour: 0.0, mixup: 0.2}"
    path.write_text(
        text.replace("  augment: 0 ", "  augment: 3 ").replace(
            "\nmodel:\n", f"\nmodel:\n  finetune: {{augment: {nothing}}}\n"
        )
    )
    with pytest.raises(ConfigError, match=r"release\.augment = 3.*each copy would be its original.*set flip"):
        config.load()


def test_evaluation_pictures_alone_have_a_weight_and_the_same_where_all_had_one_chance(released: Params) -> None:
    test = split("test")
    assert set(test.filter(role="evaluation")["weight"]) == {1.0}
    assert test.filter(pl.col("role") != "evaluation")["weight"].is_null().all()
    assert all(split(name)["weight"].is_null().all() for name in ("train", "silver"))


def test_weights_of_strata_make_a_users_mean_that_of_the_pool(released: Params) -> None:
    path = layout.queue("r01")
    rows = ledgers.queue("r01")
    drawn = pl.when(pl.col("role") == "evaluation").then((pl.col("rank") % 3 + 1).cast(pl.Float64))
    path.write_bytes(ledgers.queue_bytes(rows.with_columns(weight=drawn)))
    release.run(released)
    kept = dict(ledgers.queue("r01").drop_nulls("weight").select("image_id", "weight").iter_rows())
    test = split("test").filter(role="evaluation")
    assert test["weight"].to_list() == [kept[name] for name in test["image_id"]]
    assert len(set(kept.values())) == 3
    metadata = pl.read_parquet(layout.RELEASE / "imagefolder/test/metadata.parquet")
    assert metadata["weight"].equals(split("test")["weight"])
