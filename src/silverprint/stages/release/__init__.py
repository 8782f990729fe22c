"""release: the dataset for its users: splits, its documents, and the pictures in each format that was asked for.

And what this version of it is worth: data/metrics/qualities.json, in Git, for `dvc metrics diff`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint import console, layout, taken_back
from silverprint.adapters import tracking
from silverprint.adapters.expectations import check, critical_failures
from silverprint.adapters.exporters import EXPORTERS
from silverprint.adapters.exporters.exporter import Dataset
from silverprint.adapters.huggingface import card
from silverprint.campaign import class_list, ledgers, release_files, release_versions
from silverprint.config import START, Params
from silverprint.core import splits
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.gates import leakage
from silverprint.core.reporting import release_changes, summary
from silverprint.core.reporting.release_facts import ReleaseFacts
from silverprint.core.votes import undecided, vote_ledger
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError
from silverprint.records import ANNOTATORS, LABELS, MANIFEST, VOTES
from silverprint.stages.release import (
    augmented,
    automatic,
    dataset_metrics,
    documents,
    facts,
    hidden_errors,
    imported,
    provenance,
    weights,
)
from silverprint.store import ShardReader, evaluations, files, json_files, shown_pictures, tables
from silverprint.store.files import replacing_folder
from silverprint.store.shown_pictures import ShownPictures

_MANY_FILES = 50_000
_GUESSED: Final = (
    "people disagree evenly about these pictures, and nothing else decides; one more answer decides most of them: "
    "silverprint round reopen ROUND"
)
_LARGE_FILES = ("parquet", "webdataset")  # formats that hold many pictures in a file


def run(given: Params, round_name: str | None = None) -> None:
    """Writes data/release from the last round's labels and model, and data/metrics/qualities.json.

    With `round_name`, from that round's: while the last one waits for people. What was taken down is never in it, and
    nothing is made as long as it would hold what a contributor took back.
    Before the first round is opened, only a line that says so.

    Raises:
        UnavailableError: an input is not there.
        DataError: nothing was labelled that may be released, or a contributor took back what would be.
    """
    params = given if round_name is None else _as_of(given, round_name)
    if params.last == START:
        _write_nothing(params)
        return
    labels_dir, model_dir = layout.labels(params.last), layout.model(params.last)
    missing_outputs.require_pulled(layout.CLEAN, labels_dir, model_dir, layout.RELEASE_TABLES)
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    _require_none_taken_back(params, manifest)
    labels = tables.read(labels_dir / "labels.parquet", LABELS)
    votes = tables.read(labels_dir / "votes.parquet", VOTES)
    remedy = f"run: dvc pull {model_dir}, or silverprint repro"
    model = json_files.read(model_dir / "card.json", "model_id", "features", "classes", remedy=remedy)
    _require_present_classes(model_dir, model)
    about = automatic.asked(params, manifest, labels, votes)
    hidden = hidden_errors.share(params, about.audited, votes)
    brought = imported.label(params, about.pool, about.audited, hidden)
    silver = automatic.label(params, model, about, hidden, brought.above)
    guesses = _guesses(params, labels)
    decided = labels.join(guesses, on="image_id", how="anti")
    rows = splits.assign(
        manifest, decided, silver.labels, brought.labels,
        classes=params.dataset.classes, binding=BINDING, test_sources=params.release.test_sources,
    )  # fmt: skip
    rows = rows.filter(~pl.col("image_id").is_in(sorted(ledgers.withdrawn_images())))  # `clean` may not have run since
    if rows.filter(pl.col("label_source") == "human").is_empty():
        value = f"{labels_dir}: {labels.height} labels"
        raise DataError(value, "none of them may be released", "label a round, or see the reasons in data/clean")
    _require_suite(rows, manifest)
    figures = dataset_metrics.measure_dataset(params, manifest, labels, rows) | {"automatic": silver.figures}
    figures |= {"imported": brought.figures} if brought.figures else {}
    figures["consistency"]["undecided"] = guesses.height
    version = release_versions.of(rows, params.last)
    rows = provenance.add(rows, manifest, votes, params.dataset.classes, brought.labels)
    rows = weights.add(rows, params.chain)
    reader = ShardReader([layout.raw(source) for source in params.sources])
    known = facts.Tables(rows, manifest, vote_ledger.deciding_votes(votes, labels), reader.index())
    told = facts.gather(params, known, model["model_id"], silver.figures, version.line)
    with replacing_folder(layout.RELEASE) as folder:
        _write_formats(rows, folder, params, shown_pictures.shown(params, reader))
        files.write_text(folder / "README.md", card.render(_card(told, version, brought.figures, guesses.height)))
        documents.write(told, folder)
        release_files.write(folder)
    release_versions.record(version)
    files.write_text(layout.QUALITIES, json.dumps(figures, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    tracking.after_round(given, params.last)
    _say_what_it_holds(params, rows, version.number, told.copies, guesses.height)


def _require_none_taken_back(params: Params, manifest: pl.DataFrame) -> None:
    held = manifest.filter(pl.col("kept") & pl.col("image_id").is_in(taken_back.unheeded(params))).height
    if held:
        rule = "were taken back by those who gave them, and nothing withdraws them"
        remedy = f"nothing was released; run: {taken_back.COMMAND}, then silverprint repro"
        raise DataError(f"{held} pictures of the dataset", rule, remedy)


def _guesses(params: Params, labels: pl.DataFrame) -> pl.DataFrame:
    """The labels for training that are no better than a guess; what is gold or none of the classes is in no split."""
    people = tables.read(layout.labels(params.last) / "annotators.parquet", ANNOTATORS)
    return undecided.undecided(labels, people).filter(pl.col("label").is_in(list(params.dataset.classes)))


def _say_small_train(rows: pl.DataFrame) -> None:
    test, train = (rows.filter(split=split).height for split in ("test", "train"))
    if test > train:
        why = (
            "evaluation.size, rounds.*.audit and release.test_sources make test, the rest of each round's budget train"
        )
        console.say(f"test is larger than train ({test} and {train}): {why} (silverprint docs rounds)")


def _say_what_it_holds(params: Params, rows: pl.DataFrame, number: int, copies: int, guesses: int) -> None:
    counts = ", ".join(f"{n} {name}" for name, n in rows.group_by("split").len().sort("split").iter_rows())
    made = f", and {copies} augmented copies for train" if copies else ""
    console.say(f"{layout.RELEASE} v{number}: {counts}{made}")
    if guesses:
        console.say(f"labels in no split: {guesses} ({_GUESSED})")
    _say_small_train(rows)
    single = [name for name in params.release.formats if name not in _LARGE_FILES]
    if single and rows.height + copies > _MANY_FILES:
        remedy = f"release.formats without {', '.join(single)}"
        console.say(f"{rows.height + copies} files of their own are slow for DVC; without them: {remedy}")


def _require_suite(rows: pl.DataFrame, manifest: pl.DataFrame) -> None:
    suite, withdrawn = layout.SUITES / "release.json", sorted(ledgers.withdrawn_images())
    tested = rows.filter(split="test")["image_id"]
    table = leakage.with_judging(rows, tested, manifest).with_columns(withdrawn=pl.col("image_id").is_in(withdrawn))
    failed = critical_failures(check(table, suite, {"splits": list(splits.SPLITS)}))
    if failed:
        remedy = "nothing was released; fix the stage or the suite"
        raise DataError(f"release: {failed[0]}", f"{len(failed)} critical expectations of {suite} failed", remedy)


def _require_present_classes(folder: Path, model: dict[str, Any]) -> None:
    """Refuses automatic labels by a model whose classes were changed since: it cannot give those of today.

    Raises:
        DataError: they were.
    """
    if list(evaluations.known(model)) != model["classes"]:
        value = f"{folder}: trained for the classes {', '.join(model['classes'])}"
        raise DataError(value, "classes were changed since, and it is sealed", "release the newest round")


def _write_nothing(params: Params) -> None:
    with replacing_folder(layout.RELEASE) as folder:
        files.write_text(folder / "README.md", f"# {params.dataset.name}\n\nNothing is labelled yet.\n")
    files.write_text(layout.QUALITIES, "{}\n")
    release_versions.record_none()
    console.say(f"{layout.RELEASE}: empty, for no round was opened and nothing is labelled yet")


def _as_of(params: Params, round_name: str) -> Params:
    """The parameters as they were while this round was the last."""
    until = params.chain[: params.chain.index(round_name) + 1]
    return replace(params, last=round_name, rounds={name: params.rounds[name] for name in until})  # type: ignore[type-var]


def _write_formats(rows: pl.DataFrame, folder: Path, params: Params, pictures: ShownPictures) -> None:
    def read(image_ids: Sequence[str]) -> Iterable[tuple[str, bytes]]:
        return console.track(pictures.read(image_ids), "release", total=len(image_ids))

    is_blurred = pl.col("image_id").is_in(list(pictures.boxes))
    rows = rows.with_columns(pl.when(is_blurred).then(pl.lit("jpeg")).otherwise("format").alias("format"))

    classes = class_list.classes(params)
    rows = augmented.add(rows, params.release.augment)
    with_copies = augmented.reading(rows, read, params)
    dataset = Dataset(params.dataset.name, rows, classes, with_copies, raw_csv=params.release.csv_raw)
    for name in params.release.formats:
        (folder / name).mkdir()
        EXPORTERS[name](dataset, folder / name)


def _card(
    told: ReleaseFacts, version: release_versions.Version, imported_figures: dict[str, Any], guesses: int
) -> card.Card:
    params, rows = told.params, told.rows
    counts = {
        split: dict(rows.filter(pl.col("split") == split).group_by("label").len().sort("label").iter_rows())
        for split in splits.SPLITS
    }
    released = rows.group_by("source").agg(pl.len().alias("released"))
    sources = summary.provenance(told.manifest).join(released, on="source", how="left", maintain_order="left")
    return card.Card(
        name=params.dataset.name,
        question=params.dataset.title,
        classes=told.classes,
        splits={split: found for split, found in counts.items() if found},
        licenses=summary.licenses(rows).to_dicts(),
        sources=sources.with_columns(pl.col("released").fill_null(0)).to_dicts(),
        rounds=told.rounds,
        evaluation=told.evaluation,
        model_id=told.model_id,
        automatic=told.automatic,
        imported=imported_figures,
        core_classes=params.release.core_classes,
        test_sources=params.release.test_sources,
        augment=params.release.augment,
        blurred=told.blurred,
        drawn_later=told.drawn_later,
        undecided=guesses,
        formats=params.release.formats,
        version=told.version,
        compared=version.changes is not None,
        relabelled=[] if version.changes is None else release_changes.relabelled(version.changes).to_dicts(),
    )
