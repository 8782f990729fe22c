"""Facts of a release from the campaign's files."""

from typing import Any, NamedTuple

import polars as pl

import silverprint
from silverprint import layout
from silverprint.campaign import class_list, ledgers
from silverprint.config import Params
from silverprint.core.reporting import release_facts, summary
from silverprint.core.reporting.release_facts import ReleaseFacts
from silverprint.records import EVALUATION
from silverprint.store import tables


class Tables(NamedTuple):
    rows: pl.DataFrame  # released pictures with the manifest's columns
    manifest: pl.DataFrame  # MANIFEST
    votes: pl.DataFrame  # VOTES so far that make labels: vote_ledger.deciding_votes
    raw: pl.DataFrame  # RAW of every source


def gather(
    params: Params, known: Tables, model_id: str, automatic: dict[str, Any], version: dict[str, Any]
) -> ReleaseFacts:
    """The facts of the release of `known.rows`.

    Args:
        automatic: core.automatic_labels.figures.
        version: its row of RELEASES.
    """
    evaluation = tables.read(layout.model(params.last) / "evaluation.parquet", EVALUATION)
    return ReleaseFacts(
        params=params,
        classes=class_list.classes(params),
        rows=known.rows,
        manifest=known.manifest,
        sources=release_facts.sources(params, known.raw, known.rows),
        domains=release_facts.domains(params, known.raw, known.rows),
        rounds=release_facts.rounds(known.votes, params),
        annotators=release_facts.annotators(known.votes),
        evaluation=summary.accuracy(evaluation),
        automatic=automatic,
        model_id=model_id,
        version=version,
        withdrawn=len(ledgers.withdrawn_images()),
        tool=f"silverprint/{silverprint.__version__}",
    )
