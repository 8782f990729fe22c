"""Intake of images into a source's shards: every channel hands over what it found, the Intake knows what is new."""

from collections import Counter
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import Any

import polars as pl

from silverprint.config import SIGNALS, Signal
from silverprint.core.cleaning.takedowns import NOTHING, Takedowns
from silverprint.core.reservations import RESERVED, forbid, joined
from silverprint.fetch_result import Answer, Showing, StoredBytes, Validators
from silverprint.imaging import claimed_formats
from silverprint.imaging.byte_spans import sha256_of
from silverprint.imaging.metadata import strip_pieces
from silverprint.imaging.reservations import in_picture
from silverprint.store.int_map import IntMap
from silverprint.store.intake import field_bounds
from silverprint.store.intake.history import UrlHistory
from silverprint.store.intake.resume import Progress
from silverprint.store.shards.writer import ShardWriter


class Intake:
    """Appends rows about one source to its shards: what is new or changed, and nothing twice.

    Args:
        writer: the source's folder.
        source: its key in params.yaml.
        index: its rows so far (columns RAW), older parts first.
        takedowns: what may not be stored any more.
        progress: of the run, if it may go on where it was.
        respect: signals against training that are looked for in a picture.

    Attributes:
        counts: rows by outcome (stored, duplicate, refused, failed), and `unchanged`, which makes no row.
        reasons: rows by reason.
    """

    def __init__(
        self,
        writer: ShardWriter,
        source: str,
        index: pl.DataFrame,
        takedowns: Takedowns = NOTHING,
        progress: Progress | None = None,
        respect: tuple[Signal, ...] = SIGNALS,
    ) -> None:
        self._writer, self._source, self.takedowns, self._progress = writer, source, takedowns, progress
        self._respect = respect
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        # Hashes instead of the words themselves: a long list must not fill the memory.
        self._known = IntMap(
            map(hash, index.select(Showing._fields[:2]).iter_rows()), map(hash, index.select(_SIGNATURE).iter_rows())
        )
        self._earlier, self._had = UrlHistory(index), bool(index["image_id"].is_not_null().any())

    def has_pictures(self) -> bool:
        """Whether the source has any, of this run or before."""
        return self._had or self.counts["stored"] > 0

    def validators(self, url: str) -> Validators | None:
        """What to ask `url` with, so that an unchanged picture need not be sent again."""
        return self._earlier.validators(field_bounds.address(url))

    def remembered(self, url: str, etag: str) -> Answer | None:
        """The answer that `url` had when its `etag` was the same, so that it need not be read again; None: read it."""
        row = self._earlier.row(field_bounds.address(url))
        if (
            row is None
            or row["etag"] != etag
            or (row["reason"] == "not-an-image" and claimed_formats.claims_image(url))
        ):
            return None  # an earlier version may not have known what it is
        return self._answered(row)

    def finished(self, url: str) -> Answer | None:
        """What `url` answered before this run was interrupted, so that it need not be asked again; None: ask it."""
        url = field_bounds.address(url)
        row = None if self._progress is None else self._earlier.row(url)
        if row is None or self._progress is None:
            return None
        is_done = row["number"] >= self._progress.since or self._progress.was_unchanged(url)
        return self._answered(row) if is_done else None

    def take(self, showing: Showing, answer: Answer) -> Answer:
        """Records what was found; returns the answer without its bytes, fit to be recorded of other showings.

        Bytes that are no picture and claim to be none make a failed row: `empty` or `not-an-image`. Those that are made
        to keep us busy, and what was taken down, under this address or as these bytes, make a refused one. What a row
        cannot hold is cut, or fails (`field_bounds`).

        Raises:
            DiskError: no space.
        """
        answer = judge_answer(answer, showing.url, self._respect)
        kept, answer = answer.kept, field_bounds.answer(answer._replace(kept=None), showing)
        showing = field_bounds.showing(showing)
        if self.takedowns.forbid(showing.url, showing.page_url) or answer.image_id in self.takedowns.images:
            answer = answer._replace(outcome="refused", reason="taken-down", image_id=None, format=None)
        place, said = hash(showing[:2]), hash((answer.image_id, answer.reason, *showing[2:]))
        if self._known.get(place) == said:
            self.counts["unchanged"] += 1
            self._note_unchanged(showing.url, answer)
            return answer
        row = _row(self._source, showing, answer)
        payload = None
        if kept is not None and answer.image_id is not None and answer.image_id not in self._writer:
            payload, row["stored_sha256"] = kept
        outcome = self._writer.add(row, payload)
        self._known[place] = said
        self.counts[outcome] += 1
        if answer.reason is not None:
            self.reasons[answer.reason] += 1
        return answer

    def _answered(self, row: dict[str, Any]) -> Answer | None:
        """What a row of the index says that an address answered; None if its picture was purged since."""
        answer = Answer("present" if row["image_id"] else "failed", **{name: row[name] for name in _OF_AN_ANSWER})
        return answer if answer.image_id is None or answer.image_id in self._writer else None

    def _note_unchanged(self, url: str, answer: Answer) -> None:
        """Only where a row says so that no kill can take back any more."""
        if self._progress is not None:
            row = self._earlier.row(url)
            if row is not None and (row["image_id"], row["reason"]) == (answer.image_id, answer.reason):
                self._progress.unchanged(url)


_OF_AN_ANSWER = (
    "reason", "image_id", "format", "status", "content_type", "etag", "last_modified", "robots", "reservation"
)  # fmt: skip
_SIGNATURE = ("image_id", "reason", *Showing._fields[2:])


def _row(source: str, showing: Showing, answer: Answer) -> dict[str, Any]:
    return {
        "image_id": answer.image_id,
        "outcome": answer.outcome,
        "reason": answer.reason,
        "url": showing.url,
        "page_url": showing.page_url,
        "source": source,
        "fetched_at": _written(int(time())),
        "status": answer.status,
        "content_type": answer.content_type,
        "etag": answer.etag,
        "last_modified": answer.last_modified,
        "robots": answer.robots,
        "reservation": answer.reservation,
        "license": showing.license,
        "license_evidence": showing.license_evidence,
        "source_label": showing.source_label,
        "caption": showing.caption,
        "contract": showing.contract,
        "consent": showing.consent,
        "format": answer.format,
    }


@lru_cache(1)
def _written(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def judge_answer(answer: Answer, url: str, respect: tuple[Signal, ...] = SIGNALS) -> Answer:
    """The answer with its bytes replaced by their name and by what is kept of them, or by the reason why nothing is.

    `url` may claim that they are a picture's (`imaging.claimed_formats`). A picture that says itself, by one of the
    signals in `respect`, that it may not be trained on is not kept; what says so is metadata, and would be stripped.
    This is the only part of `Intake.take` that a picture's content can make slow; callers that must not block run it in
    a thread.
    """
    data = answer.data
    if data is None:
        return answer
    form = claimed_formats.claimed_format(
        data, field_bounds.address(url), field_bounds.content_type(answer.content_type)
    )
    if form is None:
        reason = "not-an-image" if data else "empty"
        return answer._replace(outcome="failed", reason=reason, data=None)
    said = in_picture(data, respect)
    answer = answer._replace(reservation=joined(answer.reservation, said))
    if forbid(said):
        return answer._replace(outcome="refused", reason=RESERVED, data=None)
    payload, image_id = strip_pieces(data), sha256_of([data])
    if not payload:
        return answer._replace(outcome="refused", reason="too-many-parts", data=None)
    kept = StoredBytes(payload, image_id if payload[0] is data else sha256_of(payload))
    return answer._replace(data=None, image_id=image_id, format=form, kept=kept)
