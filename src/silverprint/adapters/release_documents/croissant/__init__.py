"""Croissant 1.1 (MLCommons, January 2026): a release's description in JSON-LD, which loads its pictures and labels."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from silverprint.adapters.release_documents import sentences
from silverprint.adapters.release_documents.croissant import provenance, responsible_ai, usage
from silverprint.adapters.release_documents.croissant.context import CONFORMS_TO, CONTEXT
from silverprint.adapters.release_documents.croissant.record_sets import FILES, record_sets
from silverprint.core.reporting.release_facts import ReleaseFacts


class ParquetFile(NamedTuple):
    path: str  # from the release's folder
    size: int  # bytes
    sha256: str


def document(
    facts: ReleaseFacts, files: Sequence[ParquetFile], columns: Mapping[str, pl.DataType], answers: Mapping[str, str]
) -> dict[str, Any]:
    """croissant.json of a release.

    Args:
        files: the Parquet files, where all records are read.
        columns: of a row in them, beside the image.
        answers: `release.answers`: what a person said in `creator`, `url` and `citation` is in it.
    """
    licenses = facts.rows.group_by("license").len().sort("len", "license", descending=[True, False], nulls_last=True)
    counted = list(licenses.iter_rows())
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": facts.params.dataset.name,
        "description": _description(facts),
        "conformsTo": CONFORMS_TO,
        "license": [usage.license_of(name) for name, _ in counted],
        "version": f"{facts.version['version']}.0.0",
        "datePublished": facts.version["at"],
        "keywords": ["image classification", *facts.classes],
        "isLiveDataset": False,
        "usageInfo": [usage.offer(*pair) for pair in counted],
        "prov:wasGeneratedBy": provenance.activities(facts),
        **responsible_ai.fields(facts),
        "distribution": _distribution(files),
        "recordSet": record_sets(facts, columns),
    }
    return found | _said(answers, found)


def _said(answers: Mapping[str, str], found: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "creator" in answers:
        said["creator"] = {"@type": "Organization", "name": answers["creator"]}
    if "url" in answers:
        said["url"] = answers["url"]
    title = f"{found['name']}, version {found['version']}, {found['datePublished'][:10]}"
    return {**said, "citeAs": answers.get("citation", title)}


def _description(facts: ReleaseFacts) -> str:
    splits = ", ".join(f"{count:,} {name}" for name, count in facts.splits.items())
    pictures = f"{sentences.pictures(facts.rows.height)} ({splits}) in {len(facts.classes)} classes."
    return f"{facts.params.dataset.title} {pictures}{sentences.copied(facts)}"


def _distribution(files: Sequence[ParquetFile]) -> list[dict[str, Any]]:
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "contentSize": f"{file.size} B",
            "encodingFormat": "application/x-parquet",
            "sha256": file.sha256,
        }
        for file in files
    ]
    every = {
        "@type": "cr:FileSet",
        "@id": FILES,
        "name": FILES,
        "description": "The files above, which hold the pictures of all splits.",
        "encodingFormat": "application/x-parquet",
        "includes": "parquet/*.parquet",
    }
    return [*objects, every]
