"""Data of the report, as far as the campaign has come."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.adapters.html.view import Qualities, SubsetRow
from silverprint.campaign import brought_labels, ledgers
from silverprint.config import Params
from silverprint.core.votes import imported_labels, vote_ledger
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import restore_remedy
from silverprint.records import ANNOTATORS, EVALUATION, LABELS, MANIFEST, QUEUE, VOTES, Schema, empty
from silverprint.store import evaluations, json_files, shown_pictures, tables
from silverprint.store.shown_pictures import ShownPictures

_QUALITIES: Final = ("scale", "diversity", "quality", "consistency")


@dataclass(frozen=True)
class Campaign:
    params: Params
    reader: ShownPictures
    manifest: pl.DataFrame
    labels: pl.DataFrame  # labels of the newest round that has any; so are the two below
    votes: pl.DataFrame
    annotators: pl.DataFrame
    evaluation: pl.DataFrame  # predictions of the newest model
    queues: dict[str, pl.DataFrame]  # round -> its queue, best rank first; rounds without one are left out
    gold: dict[str, dict[str, Any]]  # annotator -> core.votes.gold.gold_figures

    @cached_property
    def asked(self) -> pl.DataFrame:
        """Every queue's rows, in the order of the rounds."""
        return pl.concat(self.queues.values()) if self.queues else empty(QUEUE)

    @cached_property
    def deciding(self) -> pl.DataFrame:
        """The votes that make labels."""
        return vote_ledger.deciding_votes(self.votes, self.labels)

    @cached_property
    def people(self) -> pl.DataFrame:
        """The annotators that are no imports."""
        return self.annotators.join(self.imports, on="annotator", how="anti", maintain_order="left")

    @cached_property
    def imports(self) -> pl.DataFrame:
        return self.annotators.filter(pl.col("annotator").str.starts_with(imported_labels.PREFIX))

    @cached_property
    def sources(self) -> list[dict[str, Any]]:
        """The imports with what was measured of their labels."""
        name = next((one for one in reversed(self.params.chain) if layout.labels(one).exists()), None)
        found = brought_labels.measured(name) if name else {}
        return [row | found.get(row["annotator"], {}) for row in self.imports.sort("annotator").to_dicts()]

    @cached_property
    def taught(self) -> int:
        """Brought labels that the last model learnt from."""
        paths = [layout.metrics(name) for name in reversed(self.params.chain)]
        last = next((found for path in paths if (found := document(path)) is not None), {})
        return int(last.get("brought", {}).get("trained_on", 0))

    @cached_property
    def answers(self) -> pl.DataFrame:
        """People's labels that name a class of the dataset."""
        classes = list(self.params.dataset.classes)
        return self.labels.filter((pl.col("source") == "human") & pl.col("label").is_in(classes))


def campaign(params: Params) -> Campaign:
    """Reads the tables. Rounds that have not come so far are left out; what dvc.lock knows must be there.

    Raises:
        UnavailableError: a table is known and not on this disk, or the manifest is missing.
        DataError: a table is not readable.
    """
    missing_outputs.require_pulled(layout.CLEAN, layout.labels(params.last), layout.model(params.last))
    labels = _newest([layout.labels(name) for name in params.chain], "labels.parquet")
    model = _newest([layout.model(name) for name in params.chain], "evaluation.parquet")
    return Campaign(
        params=params,
        reader=shown_pictures.shown(params),
        manifest=tables.read(layout.MANIFEST, MANIFEST),
        labels=_table(labels, "labels.parquet", LABELS),
        votes=_table(labels, "votes.parquet", VOTES),
        annotators=_table(labels, "annotators.parquet", ANNOTATORS),
        evaluation=evaluations.read(model) if model else empty(EVALUATION),
        gold=_gold(labels),
        queues={name: ledgers.queue(name) for name in params.chain if layout.queue(name).exists()},
    )


def document(path: Path, *keys: str) -> dict[str, Any] | None:
    """The JSON object at `path`, which has `keys`; None where there is none yet."""
    return json_files.read(path, *keys, remedy=f"run: git checkout {path}") if path.exists() else None


def metrics(name: str) -> dict[str, Any] | None:
    """The round's figures by the classes of today; None where there are none yet."""
    if not layout.metrics(name).exists():
        return None
    return evaluations.metrics(name, "labels", "evaluation", "per_class", "control")


def anchoring(name: str) -> dict[str, Any] | None:
    """What showing predictions did in the round; None where it cannot be told, and while there are no labels."""
    found = document(layout.labels(name) / "quality.json")
    return None if found is None else found.get("anchoring")


def _newest(folders: list[Path], name: str) -> Path | None:
    return next((folder for folder in reversed(folders) if (folder / name).exists()), None)


def _gold(labels: Path | None) -> dict[str, dict[str, Any]]:
    if labels is None or not (labels / "quality.json").exists():
        return {}
    found = json_files.read(labels / "quality.json", "gold", remedy=restore_remedy(labels))
    people: dict[str, dict[str, Any]] = found["gold"]["annotators"]
    return people


def _table(folder: Path | None, name: str, schema: Schema) -> pl.DataFrame:
    return tables.read(folder / name, schema) if folder else empty(schema)


def read_qualities() -> Qualities | None:
    """None where nothing was released yet."""
    if not document(layout.QUALITIES):
        return None
    found = json_files.read(layout.QUALITIES, *_QUALITIES, remedy=f"run: git checkout {layout.QUALITIES}")
    scale, diversity = found["scale"], found["diversity"]
    return Qualities(
        kept=_kind("kept", scale["kept"], diversity),
        sources=[_kind(name, n, diversity["sources"].get(name, {})) for name, n in sorted(scale["sources"].items())],
        classes=[_kind(name, n, diversity["classes"].get(name, {})) for name, n in sorted(scale["classes"].items())],
        share_kept=found["quality"]["kept"],
        flagged=found["quality"]["flagged"],
        consistency=found["consistency"],
        automatic=found.get("automatic"),
    )


def _kind(name: str, pictures: int, figures: dict[str, Any]) -> SubsetRow:
    return SubsetRow(name, pictures, figures.get("effective"), figures.get("coverage"))
