"""Answers for pictures' addresses, and the places they were shown: what every channel hands to a source's intake."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

LONGEST_ADDRESS: Final = 8_192  # characters; a longer one is asked of nobody

Outcome: TypeAlias = Literal["present", "refused", "failed"]


class Showing(NamedTuple):
    """One place where a picture was shown, and what was said of it there. Fields as in records.RAW."""

    url: str
    page_url: str | None = None
    license: str | None = None
    license_evidence: str | None = None
    source_label: str | None = None
    caption: str | None = None
    contract: str | None = None
    consent: str | None = None


class StoredBytes(NamedTuple):
    """What is to be stored of a picture's bytes, and the SHA-256 of it."""

    payload: list[bytes | memoryview]
    sha256: str


class Answer(NamedTuple):
    """What came back for a picture's address. `data` or `image_id` where a picture is there, else `reason`.

    `kept` is there where the bytes were looked at already: see `store.intake.judge_answer`.
    """

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
    reservation: str | None = None
    kept: StoredBytes | None = None


@dataclass(frozen=True, slots=True)
class Validators:
    """What an earlier fetch learnt, for a conditional request."""

    image_id: str
    etag: str | None
    last_modified: str | None
