"""Retiring an annotator: what it changes, before it is done, and the asks that follow it."""

from collections.abc import Collection
from datetime import UTC, datetime

import polars as pl

from silverprint import layout
from silverprint.campaign import annotator_ledger, held_out_voices, label_evidence, ledgers, model_voices, round_state
from silverprint.config import CROWD, Params
from silverprint.core.votes import retirement, vote_ledger
from silverprint.core.votes.retirement import LabelChanges
from silverprint.records import ASKS, conform


def preview(params: Params, annotator: str) -> LabelChanges | None:
    """How labels change without this annotator, at the newest round with votes; None where there is none yet.

    Raises:
        UnavailableError: what labels are made from was not pulled.
    """
    newest = next((name for name in reversed(params.chain) if _can_be_labelled(params, name)), None)
    if newest is None:
        return None
    voices = model_voices.by_image(params, model_voices.so_far(params, newest))
    votes, gone = label_evidence.votes_until(params, newest), annotator_ledger.retired()

    def labels(retired: Collection[str]) -> pl.DataFrame:
        evidence = label_evidence.read(params, newest, retired, voices, votes).evidence
        return held_out_voices.label(params, newest, evidence).labels

    return retirement.label_changes(labels(gone), labels(gone | {annotator}))


def _can_be_labelled(params: Params, name: str) -> bool:
    before = layout.labels(params.rounds[name].prev) / "labels.parquet"
    return before.exists() and not ledgers.votes_so_far(name).is_empty()


def ask_again(params: Params, annotator: str, why: str) -> dict[str, int]:
    """Asks one more person about each picture of an open round that has too few answers without this annotator, of
    their tier where that was asked.

    Returns:
        How many, by round; rounds in which it asks about none are left out.
    """
    asked = {}
    for name in _open_rounds(params):
        asks, in_time = ledgers.asks(name), annotator_ledger.answers_in_time(ledgers.votes_so_far(name))
        queue, tiers = ledgers.queue(name), annotator_ledger.tiers()
        progress = vote_ledger.progress(queue, asks, in_time, ledgers.withdrawn_images(), tiers)
        of = tiers.get(annotator, CROWD)
        progress = progress.sort(pl.col("tier") != of, maintain_order=True).unique("image_id", keep="first")
        of_tier = progress.filter((pl.col("tier") == of) & (pl.col("tier") != CROWD))["image_id"]
        again = asks.filter(pl.col("reason").fill_null("").str.starts_with(_reason(annotator)))
        images = sorted({*retirement.images_to_ask_again(in_time, progress, annotator)} - {*again["image_id"]})
        if not images:
            continue
        at = datetime.now(UTC).isoformat(timespec="seconds")
        more = pl.DataFrame({"image_id": images}).with_columns(
            extra=pl.lit(1),
            reason=pl.lit(f"{_reason(annotator)}{why}"),
            asked_at=pl.lit(at),
            tier=pl.when(pl.col("image_id").is_in(of_tier.implode())).then(pl.lit(of)),
        )
        ledgers.write_asks(name, pl.concat([asks, conform(more, ASKS)]))
        asked[name] = len(images)
    return asked


def take_asks_back(params: Params, annotator: str) -> dict[str, int]:
    """Removes those asks from rounds that are still open; how many, by round."""
    removed = {}
    for name in _open_rounds(params):
        asks = ledgers.asks(name)
        rest = asks.filter(~pl.col("reason").fill_null("").str.starts_with(_reason(annotator)))
        if rest.height < asks.height:
            ledgers.write_asks(name, rest)
            removed[name] = asks.height - rest.height
    return removed


def thinned_rounds(params: Params, annotator: str) -> dict[str, int]:
    """How many pictures of each closed round this annotator took a stand on."""
    found = {}
    for name in params.chain:
        current = round_state.load(name)
        if current is not None and current.status == "closed":
            own = ledgers.votes_so_far(name).filter(annotator=annotator, status="valid")
            if own.height:
                found[name] = own["image_id"].n_unique()
    return found


def _open_rounds(params: Params) -> list[str]:
    states = ((name, round_state.load(name)) for name in params.chain)
    return [name for name, current in states if current is not None and current.status != "closed"]


def _reason(annotator: str) -> str:
    return f"{annotator} retired: "
