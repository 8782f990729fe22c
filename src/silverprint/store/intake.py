"""The one way into a source's shards: every channel hands what it found to an Intake, which knows what is news."""

import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, TypeAlias

import polars as pl

from silverprint.core.withdrawals import NOTHING, Takedowns
from silverprint.store.shards import ShardWriter
from silverprint.store.sniff import sniff
from silverprint.store.strip import strip

Outcome: TypeAlias = Literal["present", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Showing:
    """One place where a picture was shown, and what was said of it there. Fields as in records.RAW."""

    url: str
    page_url: str | None = None
    license: str | None = None
    license_evidence: str | None = None
    source_label: str | None = None
    caption: str | None = None
    contract: str | None = None
    consent: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a picture's address. `data` or `image_id` where a picture is there, else `reason`."""

    outcome: Outcome
    reason: str | None = None
    data: bytes | None = None
    image_id: str | None = None
    format: str | None = None
    status: int | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    robots: str = "n/a"


@dataclass(frozen=True, slots=True)
class Validators:
    """What an earlier fetch learnt, for a conditional request."""

    image_id: str
    etag: str | None
    last_modified: str | None


class Intake:
    """Appends rows about one source to its shards: what is new or changed, and nothing twice.

    Args:
        writer: the source's folder.
        source: its key in params.yaml.
        index: its rows so far (columns RAW), older parts first.
        takedowns: what may not be stored any more.

    Attributes:
        counts: rows by outcome (stored, duplicate, refused, failed), and `unchanged`, which makes no row.
        reasons: rows by reason.
    """

    def __init__(self, writer: ShardWriter, source: str, index: pl.DataFrame, takedowns: Takedowns = NOTHING) -> None:
        self._writer, self._source, self.takedowns = writer, source, takedowns
        self.counts: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self._known = {
            (url, page): tuple(said) for url, page, *said in index.select("url", "page_url", *_SIGNATURE).iter_rows()
        }
        self._index = index
        fetched = index.filter(pl.col("image_id").is_not_null() & _has_validator)
        self._validators = {
            url: Validators(*rest)
            for url, *rest in fetched.select("url", "image_id", "etag", "last_modified").iter_rows()
        }

    @cached_property
    def _answered(self) -> dict[str, Answer]:
        return _answered(self._index)

    def validators(self, url: str) -> Validators | None:
        """What to ask `url` with, so that an unchanged picture need not be sent again."""
        return self._validators.get(url)

    def remembered(self, url: str, etag: str) -> Answer | None:
        """The answer that `url` had when its `etag` was the same, so that it need not be read again; None: read it."""
        answer = self._answered.get(url)
        if answer is None or answer.etag != etag:
            return None
        return answer if answer.image_id is None or answer.image_id in self._writer else None

    def take(self, showing: Showing, answer: Answer) -> Answer:
        """Records what was found; returns the answer without its bytes, fit to be recorded of other showings.

        Bytes that are no picture make a failed row: `empty` or `not-an-image`. What was taken down, under this address
        or as these bytes, makes a refused one.

        Raises:
            DiskError: no space.
        """
        data, answer = answer.data, _identified(answer)
        if self.takedowns.forbid(showing.url, showing.page_url) or answer.image_id in self.takedowns.images:
            answer = replace(answer, outcome="refused", reason="taken-down", image_id=None, format=None)
        said = (answer.image_id, answer.reason, *(getattr(showing, name) for name in _SAID))
        if self._known.get((showing.url, showing.page_url)) == said:
            self.counts["unchanged"] += 1
            return answer
        new = data is not None and answer.image_id is not None and answer.image_id not in self._writer
        outcome = self._writer.add(self._row(showing, answer), strip(data) if new and data is not None else None)
        self._known[showing.url, showing.page_url] = said
        self.counts[outcome] += 1
        if answer.reason is not None:
            self.reasons[answer.reason] += 1
        return answer

    def _row(self, showing: Showing, answer: Answer) -> dict[str, Any]:
        return {
            "image_id": answer.image_id,
            "outcome": answer.outcome,
            "reason": answer.reason,
            "url": showing.url,
            "page_url": showing.page_url,
            "source": self._source,
            "fetched_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "status": answer.status,
            "content_type": answer.content_type,
            "etag": answer.etag,
            "last_modified": answer.last_modified,
            "robots": answer.robots,
            **{name: getattr(showing, name) for name in _SAID},
            "format": answer.format,
        }


_SAID = ("license", "license_evidence", "source_label", "caption", "contract", "consent")
_SIGNATURE = ("image_id", "reason", *_SAID)
_OF_THE_BYTES = ("empty", "not-an-image")  # reasons that hold for as long as the bytes stay
_has_validator = pl.col("etag").is_not_null() | pl.col("last_modified").is_not_null()


def _answered(index: pl.DataFrame) -> dict[str, Answer]:
    """The last answer of each address that has an etag, where it follows from the bytes alone."""
    told = pl.col("image_id").is_not_null() | pl.col("reason").is_in(_OF_THE_BYTES)
    rows = index.filter(told & pl.col("etag").is_not_null())
    return {
        url: Answer("present" if image_id else "failed", reason, image_id=image_id, **rest)
        for url, image_id, reason, rest in rows.select(
            "url", "image_id", "reason", pl.struct("format", "etag", "last_modified", "robots")
        ).iter_rows()
    }


def _identified(answer: Answer) -> Answer:
    """The answer with its bytes replaced by their name, or by the reason why they are no picture."""
    if answer.data is None:
        return answer
    form = sniff(answer.data)
    if form is None:
        reason = "not-an-image" if answer.data else "empty"
        return replace(answer, outcome="failed", reason=reason, data=None)
    return replace(answer, data=None, image_id=hashlib.sha256(answer.data).hexdigest(), format=form)
