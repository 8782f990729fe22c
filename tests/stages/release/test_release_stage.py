"""The release of a small finished campaign."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from silverprint import config, layout, taken_back
from silverprint.adapters.exporters import EXPORTERS
from silverprint.campaign import ledgers, released, round_state
from silverprint.config import Params, Persons
from silverprint.core.votes import undecided
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.imaging.blur import blurred_jpeg
from silverprint.model import none_of_these
from silverprint.model.finetune.augmented_copy import augmented_copy
from silverprint.model.head import Head
from silverprint.records import ANNOTATORS, BLURRED, LABELS, MANIFEST, NONE_HELD_OUT, NONE_OF_THESE, VOTES, empty
from silverprint.stages import release, start
from silverprint.stages.report import campaign_data
from silverprint.store import ShardReader, features, tables
from tests.conftest import ROOT
from tests.helpers.exports import READERS
from tests.helpers.release_campaign import split
from tests.stages.release.test_release_documents import DOCUMENTS


@pytest.mark.slow
def test_every_picture_is_the_stored_one_in_both_forms(released: Params) -> None:
    stored = dict(ShardReader([layout.raw(source) for source in released.sources]).scan())
    files = {path.stem: path for path in (layout.RELEASE / "imagefolder").rglob("*.jpg")}
    rows = pl.concat([split(name) for name in ("train", "test", "silver")])
    assert set(rows["image_id"]) == set(files)
    for image_id, image in rows.select("image_id", "image").iter_rows():
        assert image["bytes"] == stored[image_id] == files[image_id].read_bytes()
        assert hashlib.sha256(image["bytes"]).hexdigest() == image_id


def test_the_splits_are_people_and_the_model(released: Params) -> None:
    labels = tables.read(layout.labels("r03") / "labels.parquet", LABELS)
    assert set(split("test")["role"]) == {"evaluation"}
    assert set(split("train")["role"]) == {"train", "control"}
    assert set(split("train")["label_source"]) | set(split("test")["label_source"]) == {"human"}
    silver = split("silver")
    assert set(silver["label_source"]) == {"auto"}
    assert set(silver["label"]) == {released.dataset.classes.index("coat")}
    assert silver["confidence"].min() == 1.0
    assert json.loads(silver["distribution"][0]) == {"coat": 1.0}
    assert not set(silver["image_id"]) & set(labels["image_id"])


@pytest.mark.slow
def test_a_test_source_is_in_test_alone_and_the_card_says_so(
    released: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    before, card = split("test"), (layout.RELEASE / "README.md").read_text(encoding="utf-8")
    assert "partner" in set(split("train")["source"]) & set(split("silver")["source"])
    assert "everything is in `test`" not in card
    capsys.readouterr()
    apart = replace(released, release=replace(released.release, test_sources=("partner",)))
    release.run(apart)
    labels = tables.read(layout.labels("r03") / "labels.parquet", LABELS).filter(
        pl.col("label").is_in(_names(released))
    )
    test = split("test")
    assert set(before["image_id"]) < set(test["image_id"])
    assert set(test.filter(pl.col("role") != "evaluation")["source"]) == {"partner"}
    assert "partner" not in set(split("train")["source"]) | set(split("silver")["source"])
    people = tables.read(layout.labels("r03") / "annotators.parquet", ANNOTATORS)
    decided = labels.join(undecided.undecided(labels, people), on="image_id", how="anti")
    of_partner = decided.join(
        tables.read(layout.MANIFEST, MANIFEST).filter(source="partner"), on="image_id", how="semi"
    )
    assert set(of_partner["image_id"]) == set(test.filter(source="partner")["image_id"])
    card = (layout.RELEASE / "README.md").read_text(encoding="utf-8")
    assert "Of the sources partner everything is in `test`" in card
    assert "drawn at random but for the whole of partner" in (layout.RELEASE / "datasheet.md").read_text()
    assert ("test is larger than train" in capsys.readouterr().err) == (test.height > split("train").height)


def _names(params: Params) -> list[str]:
    return list(params.dataset.classes)


@pytest.mark.slow
def test_a_test_larger_than_train_is_said(params: Params, capsys: pytest.CaptureFixture[str]) -> None:
    every = replace(params, release=replace(params.release, test_sources=("web",)))
    release.run(every)
    test, train = split("test").height, split("train").height
    assert test > train
    why = "evaluation.size, rounds.*.audit and release.test_sources make test"
    assert f"test is larger than train ({test} and {train}): {why}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sources", "rule"), [("[web, moon]", "'moon' is no source; use some of: web"), ("[{all}]", "no source is left")]
)
def test_a_test_source_is_one_and_leaves_one(params: Params, sources: str, rule: str) -> None:
    named = sources.format(all=", ".join(params.sources))
    text = layout.PARAMS.read_text().replace("\nrelease:", f"\nrelease:\n  test_sources: {named}")
    with pytest.raises(ConfigError, match=re.escape(rule)):
        config.parse(text)


def said_of(**changes: str | None) -> None:
    """Other labels for the evaluation pictures of which the model is sure."""
    path = layout.labels("r03") / "labels.parquet"
    sure = (pl.col("role") == "evaluation") & (pl.col("label") == "coat")
    found = tables.read(path, LABELS)
    tables.write(
        found.with_columns(pl.when(sure).then(pl.lit(changes["label"])).otherwise("label").alias("label")), path, LABELS
    )


@pytest.mark.slow
@pytest.mark.parametrize("label", ["bag", NONE_OF_THESE, None])
def test_where_the_promise_cannot_be_kept_there_is_no_automatic_label(
    params: Params, capsys: pytest.CaptureFixture[str], label: str | None
) -> None:
    """A picture of no class, or of which nobody can tell, is an error of the model."""
    said_of(label=label)
    release.run(params)
    rule = "40 audited pictures do not show that 80.0% would be right (confidence 0.9)"
    assert f"no automatic labels: {rule}; that takes at least 11 above a threshold" in capsys.readouterr().err
    assert not (layout.RELEASE / "parquet" / "silver-00000-of-00001.parquet").exists()
    card = (layout.RELEASE / "README.md").read_text(encoding="utf-8")
    assert "There are none: the audited pictures do not show" in card
    assert "`silver`" not in card


@pytest.mark.slow
def test_an_audited_picture_that_nobody_answered_says_nothing(params: Params) -> None:
    said_of(label=None)
    release.run(params)
    assert json.loads(layout.QUALITIES.read_text())["automatic"]["audited"] == 40
    path = layout.labels("r03") / "votes.parquet"
    silent = tables.read(layout.labels("r03") / "labels.parquet", LABELS).filter(pl.col("label").is_null())
    tables.write(tables.read(path, VOTES).join(silent, on="image_id", how="anti"), path, VOTES)
    release.run(params)
    assert json.loads(layout.QUALITIES.read_text())["automatic"]["audited"] < 40


@pytest.mark.slow
def test_an_audit_is_a_uniform_draw_also_of_evaluation_pictures_from_strata(params: Params) -> None:
    """Of those that were drawn a thousand times too often next to none is audited."""
    release.run(params)
    before = json.loads(layout.QUALITIES.read_text())["automatic"]["audited"]
    path = layout.queue("r01")
    rare = pl.when(pl.col("rank") % 2 == 0).then(1.0).otherwise(1000.0)
    rows = ledgers.queue("r01").with_columns(weight=pl.when(pl.col("role") == "evaluation").then(rare))
    path.write_bytes(ledgers.queue_bytes(rows))
    release.run(params)
    often = rows.filter((pl.col("weight") == 1) & pl.col("image_id").is_in(split("test")["image_id"].to_list()))
    after = json.loads(layout.QUALITIES.read_text())["automatic"]["audited"]
    assert before - often.height <= after <= before - often.height + 2 < before


@pytest.mark.slow
def test_people_alone_give_core_classes(params: Params) -> None:
    release.run(replace(params, release=replace(params.release, core_classes=("coat",))))
    assert not list((layout.RELEASE / "parquet").glob("silver-*"))
    assert "No automatic label says coat" in (layout.RELEASE / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_no_audit_could_have_drawn_gets_no_automatic_label(released: Params) -> None:
    """A near-duplicate of a trained picture, an excluded picture, one that is gold."""
    near, excluded, golden = split("silver")["image_id"][:3]
    trained = split("train")["image_id"][0]
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    together = pl.when(pl.col("image_id").is_in([near, trained])).then(9_999).otherwise("group").alias("group")
    tables.write(manifest.with_columns(together), layout.MANIFEST, MANIFEST)
    layout.EXCLUDE.write_text(f"image_id,why,by\n{excluded},a test,me\n")
    layout.GOLD.write_text(f"image_id,label,why,at\n{golden},bag,a test,2026-01-01\n")
    before = set(split("silver")["image_id"])
    release.run(released)
    assert before - set(split("silver")["image_id"]) == {near, excluded, golden}
    assert trained in split("train")["image_id"]


def test_every_row_says_where_it_comes_from(released: Params) -> None:
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    same = ["image_id", "license", "license_evidence", "url", "page_url", "source", "fetched_at"]
    for name in ("train", "test", "silver"):
        rows = split(name).select(same)
        assert rows.equals(rows.select("image_id").join(manifest.select(same), on="image_id", maintain_order="left"))
        metadata = pl.read_parquet(layout.RELEASE / "imagefolder" / name / "metadata.parquet")
        assert metadata.select(same).equals(rows)
        assert all((layout.RELEASE / "imagefolder" / name / path).is_file() for path in metadata["file_name"])


@pytest.mark.slow
def test_the_same_inputs_give_the_same_bytes(released: Params) -> None:
    first = contents()
    release.run(released)
    assert contents() == first


def contents() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(layout.RELEASE.rglob("*")) if path.is_file()}


@pytest.mark.slow
def test_a_withdrawal_leaves_and_a_threshold_does_not(released: Params) -> None:
    taken, blurred = split("train")["image_id"][:2].to_list()
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    why = pl.col("image_id").replace_strict({taken: "withdrawn", blurred: "blurred"}, default=pl.col("reason"))
    changed = manifest.with_columns(why.alias("reason")).with_columns(pl.col("reason").is_null().alias("kept"))
    tables.write(changed, layout.MANIFEST, MANIFEST)
    release.run(released)
    assert taken not in "".join(contents())
    assert blurred in split("train")["image_id"]


@pytest.mark.slow
def test_a_group_never_straddles_test_and_the_rest(released: Params) -> None:
    tested, trained, guessed = (split(name)["image_id"][0] for name in ("test", "train", "silver"))
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    together = pl.when(pl.col("image_id").is_in([tested, trained, guessed])).then(9_999).otherwise("group")
    tables.write(manifest.with_columns(together.alias("group")), layout.MANIFEST, MANIFEST)
    release.run(released)
    assert tested in split("test")["image_id"]
    assert trained not in split("train")["image_id"]
    assert guessed not in split("silver")["image_id"]


def test_the_card_counts_what_is_there(released: Params) -> None:
    text = (layout.RELEASE / "README.md").read_text(encoding="utf-8")
    for name in ("train", "test", "silver"):
        assert f"| `{name}` | {split(name).height} |" in text
    assert "80.0 % of\n40 evaluation pictures" in text
    assert "None" not in text


@pytest.mark.slow
def test_a_guess_is_in_no_split_and_is_counted(params: Params, capsys: pytest.CaptureFixture[str]) -> None:
    path = layout.labels("r03") / "labels.parquet"
    labels = tables.read(path, LABELS)
    named = pl.col("label").is_in(list(params.dataset.classes))
    guess, tested = (labels.filter(named, role=role)["image_id"][0] for role in ("train", "evaluation"))
    unsure = pl.when(pl.col("image_id").is_in([guess, tested])).then(0.5).otherwise(1.0)
    tables.write(labels.with_columns(confidence=unsure), path, LABELS)
    release.run(params)
    released = {name: set(split(name)["image_id"]) for name in ("train", "silver", "test")}
    assert [name for name, ids in released.items() if guess in ids] == []
    assert tested in released["test"]
    assert json.loads(layout.QUALITIES.read_text())["consistency"]["undecided"] == 1
    assert "labels in no split: 1 (" in capsys.readouterr().err
    assert "neither are 1 for training whose" in (layout.RELEASE / "README.md").read_text()


@pytest.mark.slow
def test_row_groups_are_moderate(params: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("silverprint.adapters.exporters.parquet.GROUP", 16)
    release.run(params)
    file = pq.ParquetFile(layout.RELEASE / "parquet" / "test-00000-of-00001.parquet")
    assert file.num_row_groups == 3


@pytest.mark.slow
def test_formats_are_those_asked_for(
    params: Params, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(release, "_MANY_FILES", 10)
    release.run(params)
    assert "without them: release.formats without imagefolder" in " ".join(capsys.readouterr().err.split())
    for formats in (("parquet",), tuple(EXPORTERS)):
        release.run(replace(params, release=replace(params.release, formats=formats)))
        assert sorted(path.name for path in layout.RELEASE.iterdir()) == sorted(
            ["README.md", "SHA256SUMS", *DOCUMENTS, *formats]
        )
        text = (layout.RELEASE / "README.md").read_text(encoding="utf-8")
        assert [name for name in EXPORTERS if name in text] == list(formats)
    capsys.readouterr()
    release.run(replace(params, release=replace(params.release, formats=("parquet", "webdataset"))))
    assert "slow for DVC" not in capsys.readouterr().err


@pytest.mark.slow
def test_every_format_holds_the_release(params: Params) -> None:
    release.run(replace(params, release=replace(params.release, formats=tuple(EXPORTERS))))
    stored = dict(ShardReader([layout.raw(source) for source in params.sources]).scan())
    wanted = {
        image_id: (name, label, stored[image_id])
        for name in ("train", "test", "silver")
        for image_id, label in split(name).select("image_id", "label").iter_rows()
    }
    assert len(wanted) > 100
    for name in EXPORTERS.keys() - {"webdataset", "coco"}:  # whose libraries a user may lack
        assert READERS[name](layout.RELEASE / name) == wanted, name


@pytest.mark.slow
def test_faces_are_released_blurred(params: Params) -> None:
    """In every format, as a JPEG, with their copies; and the documents say how many."""
    release.run(params)
    name, box = split("train")["image_id"][0], "0.2,0.2,0.8,0.8"
    before = dict(split("train").select("image_id", pl.col("image").struct.field("bytes")).iter_rows())
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    personal = pl.when(pl.col("image_id") == name).then(pl.lit("face:0.9"))
    kind = pl.when(pl.col("image_id") == name).then(pl.lit("png")).otherwise("format")
    tables.write(manifest.with_columns(personal=personal, format=kind), layout.MANIFEST, MANIFEST)
    tables.write(pl.DataFrame({"image_id": [name], "boxes": [box]}), layout.BLURRED, BLURRED)
    knobs = replace(params.release, formats=("parquet", "imagefolder"), augment=1)
    blurring = replace(params, persons=Persons(detector="mtcnn", policy="blur"), release=knobs)
    release.run(blurring)
    rows = split("train").with_columns(pl.col("image").struct.unnest())
    after = dict(rows.filter(pl.col("parent").is_null()).select("image_id", "bytes").iter_rows())
    assert {one for one in before if before[one] != after[one]} == {name}
    assert after[name] == blurred_jpeg(name, before[name], box)
    assert rows.filter(image_id=name)["path"].to_list() == [f"{name}.jpg"]
    (path,) = (layout.RELEASE / "imagefolder").rglob(f"{name}.*")
    assert (path.suffix, path.read_bytes()) == (".jpg", after[name])
    (copy,) = rows.filter(parent=name)["bytes"]
    assert copy == augmented_copy(name, after[name], 1, params.model.finetune.augment, params.seed)
    assert "The faces found in 1 of them are blurred" in (layout.RELEASE / "datasheet.md").read_text()
    assert "and for 1 in which faces were found and blurred." in (layout.RELEASE / "README.md").read_text()


def test_nothing_labelled_is_an_error_and_leaves_the_old_release(released: Params) -> None:
    before = contents()
    tables.write(empty(LABELS), layout.labels("r03") / "labels.parquet", LABELS)
    with pytest.raises(DataError, match="label a round"):
        release.run(released)
    assert contents() == before


def test_what_a_contributor_took_back_holds_a_release(released: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents()
    monkeypatch.setattr(taken_back, "unheeded", lambda _: [split("train")["image_id"][0], "f" * 64])
    with pytest.raises(DataError, match=r"1 pictures of the dataset: were taken back.*silverprint contribute withdraw"):
        release.run(released)
    assert contents() == before


@pytest.mark.slow
def test_while_a_round_waits_it_is_made_of_the_one_before_and_without_what_was_taken_down(released: Params) -> None:
    gone = split("train")["image_id"][0]
    for place in (layout.labels, layout.model):
        shutil.rmtree(place("r02"), ignore_errors=True)
        place("r03").rename(place("r02"))
    line = f"{gone},image,{gone},asked,2026-01-01T00:00:00+00:00\n"
    layout.TAKEDOWNS.write_text("image_id,kind,target,why,at\n" + line)  # and `clean` has not run since
    with pytest.raises(UnavailableError, match="r03"):
        release.run(released)
    before = split("train").height
    release.run(released, "r02")
    assert split("train").height == before - 1
    files = [str(path) for path in layout.RELEASE.rglob("*") if path.is_file()]
    assert not [path for path in files if gone in path]
    assert gone.encode() not in b"".join(path.read_bytes() for path in layout.RELEASE.rglob("*.csv"))


def test_what_holds_a_withdrawn_picture_says_how_it_is_made_again(params: Params) -> None:
    ways = {}
    for closed in ([], ["r01"], ["r01", "r02"], ["r01", "r02", "r03"]):
        for name in params.chain:
            layout.metrics(name).unlink(missing_ok=True)
            layout.state(name).unlink(missing_ok=True)
        for name in closed:
            layout.metrics(name).write_text("{}")
            round_state.State(name, "x", "closed", "c", "s", "", ("coat",)).save()
        ways[len(closed)] = released.remake_command(params)
    at_once = "silverprint repro, and while r03 waits: silverprint release --round"
    assert ways == {0: "silverprint repro", 1: f"{at_once} r01", 2: f"{at_once} r02", 3: "silverprint repro"}


@pytest.mark.slow
def test_a_failure_in_the_middle_leaves_nothing_half_written(released: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents()

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(EXPORTERS, "imagefolder", interrupted)
    with pytest.raises(KeyboardInterrupt):
        release.run(released)
    assert contents() == before
    assert not list(layout.RELEASE.parent.glob(".release*"))


def test_a_missing_model_says_what_to_run(params: Params) -> None:
    shutil.rmtree(layout.model("r03"))
    with pytest.raises(UnavailableError, match="dvc pull"):
        release.run(params)


def test_before_a_round_is_opened_the_release_says_that_nothing_is_labelled(project: Path) -> None:
    layout.PARAMS.write_text((ROOT / "params.yaml").read_text())
    params = config.load()
    start.run(params)
    release.run(params)
    assert [path.name for path in layout.RELEASE.iterdir()] == ["README.md"]
    assert "Nothing is labelled yet." in (layout.RELEASE / "README.md").read_text()
    assert campaign_data.read_qualities() is None
    assert layout.metrics("start").exists()


@pytest.mark.slow
def test_a_picture_likely_of_no_class_comes_last(released: Params) -> None:
    """The model is sure of a coat in every second picture; what it learnt of no class speaks against a part of them."""
    before = split("silver")
    doubted = set(before["image_id"].sort()[:2])
    description = json.loads((layout.EMBED / "embed.json").read_text()) | {"blocks": {"all": 3}}
    ids = sorted(tables.read(layout.MANIFEST, MANIFEST)["image_id"])
    rows = np.array([[n % 2, 0, name in doubted] for n, name in enumerate(ids)], dtype=np.float16)
    shutil.rmtree(layout.EMBED)
    features.write_description(layout.EMBED, description)
    features.append(layout.EMBED, ids, [rows])
    card = json.loads((layout.model("r03") / "card.json").read_text()) | {"features": description}
    tensors = {"centre": np.zeros(3), "scale": np.ones(3), "temperature": np.array(1.0)}
    coat = np.zeros((1, 3, 10))
    coat[0, 0, released.dataset.classes.index("coat")] = 20
    Head.of(**tensors, weight=coat, bias=np.zeros((1, 10))).save(layout.model("r03"), card)
    none = np.array([[[0, 0], [0, 0], [0, 9]]])
    none_of_these.save(Head.of(**tensors, weight=none, bias=np.array([[4.0, 0.0]])), layout.model("r03"))
    tables.write(empty(NONE_HELD_OUT), layout.model("r03") / none_of_these.HELD_OUT, NONE_HELD_OUT)
    release.run(released)
    after = split("silver")
    assert set(after["image_id"]) == set(before["image_id"]) - doubted
    assert json.loads(after["distribution"][0]) == {"coat": 0.982, NONE_OF_THESE: 0.018}
    assert after["confidence"].unique().to_list() == [0.982]
