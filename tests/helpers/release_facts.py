"""Facts of a release of fourteen pictures, of which two have no known licence and one a stranger's words."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint import config
from silverprint.adapters.exporters import parquet
from silverprint.adapters.exporters.columns import COLUMNS
from silverprint.adapters.release_documents import croissant
from silverprint.config import Params, Release
from silverprint.core.reporting import release_facts
from silverprint.core.reporting.release_facts import ReleaseFacts
from silverprint.records import MANIFEST, RAW, VOTES, conform
from tests.helpers.exports import a_dataset
from tests.helpers.opened_rounds import all_opened

CLASSES: Final = ("t-shirt", "ankle boot", "10", "a|b", "é", "=9", "never seen")
STRANGE: Final = "see <script>alert(1)</script> | x"
LICENSES: Final = ("CC-BY-4.0", "CC-BY-NC-SA-3.0", "CC0-1.0", "MIT", STRANGE, None)
AUTOMATIC: Final = {"promised": 0.97, "precision": 0.99, "low": 0.96, "high": 0.999, "above": 200, "confidence": 0.95}


def rows() -> pl.DataFrame:
    """Released pictures with the manifest's columns."""
    dataset = a_dataset(classes=CLASSES)
    number = pl.int_range(pl.len())
    given = number % 5 == 4
    frame = dataset.rows.with_columns(
        pl.when(number % 6 == 5)
        .then(None)
        .otherwise((number % 6).replace_strict(dict(enumerate(LICENSES[:5])), default=None, return_dtype=pl.String))
        .alias("license"),
        pl.when(given).then(pl.lit("partner")).otherwise(pl.lit("web")).alias("source"),
        pl.when(given)
        .then(pl.lit("drop.zip!1.jpg"))
        .otherwise(pl.format("https://{}.example/{}.jpg", number % 3, number))
        .alias("url"),
        pl.when(given).then(pl.lit("n/a")).otherwise(pl.lit("allowed")).alias("robots"),
        pl.when(given).then(pl.lit(STRANGE)).alias("contract"),
        pl.format("2026-01-{}T00:00:00Z", (number + 10).cast(pl.String)).alias("fetched_at"),
        pl.when(pl.col("label_source") == "human").then(pl.lit("s-1 s-2")).alias("annotators"),
        pl.when(number == 0).then(pl.lit("face:0.93 plate:0.71")).alias("personal"),
    )
    return frame.with_columns(
        pl.lit(True).alias("kept"), *(pl.lit(None, MANIFEST[n]).alias(n) for n in _lacking(frame))
    )


def raw(released: pl.DataFrame) -> pl.DataFrame:
    """RAW: each picture stored at 1,000 bytes, and seven addresses of `web` refused."""
    stored = released.select("image_id", "source", "url", "fetched_at", outcome=pl.lit("stored"), size=pl.lit(1000))
    refused = pl.DataFrame(
        {"source": ["web"] * 7, "outcome": ["refused"] * 7, "reason": ["robots"] * 3 + ["reserved"] * 4,
         "reservation": ["none"] * 3 + ["tdmrep:1@header"] * 4}
    )  # fmt: skip
    return conform(pl.concat([stored, refused], how="diagonal_relaxed"), RAW)


def votes(released: pl.DataFrame) -> pl.DataFrame:
    """Two people's answers about each picture that people labelled, and one that does not stand."""
    asked = released.filter(label_source="human").with_row_index("number")
    given = [
        {"image_id": image_id, "round": "r01", "annotator": who, "choice": label, "status": "valid",
         "created_at": f"2026-02-{number + 10}T00:00:00Z", "annotation_id": number}
        for number, image_id, label in asked.select("number", "image_id", "label").iter_rows()
        for who in ("s-1", "s-2")
    ]  # fmt: skip
    gone = {**given[0], "annotator": "s-3", "status": "retired"}
    return conform(pl.DataFrame([*given, gone]), VOTES)


def facts(*, silver: bool = True, people: bool = True, answers: dict[str, str] | None = None) -> ReleaseFacts:
    params = _params(answers or {})
    released = rows() if silver else rows().filter(pl.col("split") != "silver")
    said = votes(released) if people else votes(released).clear()
    fetched = raw(released)
    return ReleaseFacts(
        params=params,
        classes=CLASSES,
        rows=released,
        manifest=conform(released, MANIFEST),
        sources=release_facts.sources(params, fetched, released),
        domains=release_facts.domains(params, fetched, released),
        rounds=release_facts.rounds(said, params),
        annotators=release_facts.annotators(said),
        evaluation={"n": 3, "accuracy": 0.8, "low": 0.4, "high": 0.95},
        automatic=AUTOMATIC,
        model_id="r03-0123456789",
        version=_version(released),
        withdrawn=2,
        tool="silverprint/0",
    )


def write_release(folder: Path, answers: Mapping[str, str]) -> None:
    """The Parquet files of `facts()` and their croissant.json."""
    told, dataset = facts(), a_dataset(classes=CLASSES)
    place = folder / "parquet"
    place.mkdir(parents=True)
    for (split,), rows in told.rows.group_by("split", maintain_order=True):
        pictures = dataset.read(rows["image_id"].to_list())
        parquet.write(place, str(split), rows.select(*COLUMNS, "format"), pictures, CLASSES)
    files = [
        croissant.ParquetFile(
            f"parquet/{path.name}", path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
        )
        for path in sorted(place.iterdir())
    ]
    document = croissant.document(told, files, COLUMNS, answers)
    (folder / "croissant.json").write_text(json.dumps(document), encoding="utf-8")


def _params(answers: dict[str, str]) -> Params:
    found = config.parse(all_opened())
    return replace(found, dataset=replace(found.dataset, classes=CLASSES), release=replace(Release(), answers=answers))


def _version(released: pl.DataFrame) -> dict[str, Any]:
    return {"version": 2, "at": "2026-03-01T00:00:00+00:00", "round": "r03", "digest": "d" * 64,
            "pictures": released.height, "added": 3, "removed": 1, "relabelled": 0, "moved": 0,
            "renamed": 0}  # fmt: skip


def _lacking(frame: pl.DataFrame) -> list[str]:
    return [name for name in MANIFEST if name not in frame.columns and name != "kept"]
