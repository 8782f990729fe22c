"""Bounds on a stranger's fields, so that any table can hold them: length of texts, valid UTF-8, finite numbers; and no
address with a user or a password, which an index, versioned and shared, must not hold.

Every row of every channel passes here, in the intake, before it goes into a part.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from silverprint.fetch_result import LONGEST_ADDRESS, Answer, Showing
from silverprint.records import IMAGE_ID
from silverprint.userinfo import HIDDEN, without_passwords, without_userinfo

LONGEST: Final[Mapping[str, int]] = {  # characters of a field; more is cut, with a mark that tells two such texts apart
    "url": LONGEST_ADDRESS, "page_url": LONGEST_ADDRESS,
    "license": 2_048, "license_evidence": 64, "source_label": 1_024,
    "caption": 10_000, "contract": 1_024, "consent": 1_024, "reason": 64, "format": 64, "content_type": 256,
    "robots": 64, "reservation": 1_024,
}  # fmt: skip
_VALIDATORS: Final[Mapping[str, int]] = {
    "etag": 1_024,
    "last_modified": 64,
}  # one that is cut would be another: dropped
_ADDRESSES: Final = ("page_url", "license")  # a licence may be one
_STATUSES: Final = range(100, 1_000)
_OUTCOMES: Final = ("present", "refused", "failed")
_UNFIT: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # controls, and halves of signs
_IMAGE_ID: Final = re.compile(IMAGE_ID)

T = TypeVar("T", Showing, Answer)


def address(url: str) -> str:
    """`url` as a row has it; HIDDEN says that it named a user, and keeps it apart from the same address without one."""
    return _field("url", url) or ""


def content_type(value: Any) -> str | None:
    """What was stated as a type, as a row has it."""
    return None if value is None else _text(_written(value), LONGEST["content_type"])


def showing(said: Showing) -> Showing:
    """`said` with every field fit for a row."""
    return _bounded(said)


def answer(said: Answer, asked: Showing) -> Answer:
    """`said` with every field fit for a row; its bytes are left alone.

    It fails as `bad-url` where `asked`, as it was met, is longer than LONGEST_ADDRESS, and as `broken-response` where
    its status, its outcome or its picture's name is none.
    """
    found = _bounded(said)
    is_known = found.outcome in _OUTCOMES
    has_name = found.image_id is None or (isinstance(found.image_id, str) and _IMAGE_ID.fullmatch(found.image_id))
    has_status = found.status is None or (type(found.status) is int and found.status in _STATUSES)
    if not (is_known and has_name and has_status):
        status = found.status if has_status else None
        found = found._replace(outcome="failed", reason="broken-response", image_id=None, format=None, status=status)
    if len(_written(asked.url)) > LONGEST_ADDRESS:
        found = found._replace(outcome="failed", reason="bad-url", image_id=None, format=None)
    return found


def _bounded(said: T) -> T:
    changed = {name: fit for name, value in said._asdict().items() if (fit := _field(name, value)) is not value}
    return said._replace(**changed) if changed else said


def _field(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in LONGEST:
        return _text(_without_secrets(name, _written(value)), LONGEST[name])
    if name in _VALIDATORS:
        is_fit = isinstance(value, str) and len(value) <= _VALIDATORS[name] and _UNFIT.search(value) is None
        return value if is_fit else None
    return value


def _without_secrets(name: str, value: str) -> str:
    if name == "url":
        return without_userinfo(value, HIDDEN)
    return without_userinfo(value) if name in _ADDRESSES else without_passwords(value)


def _text(value: str, longest: int) -> str:
    """A value as text of at most so many characters."""
    if len(value) > longest:
        mark = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        value = f"{value[: longest - len(mark) - 1]}…{mark}"
    return value if value.isascii() and value.isprintable() else _UNFIT.sub("\N{REPLACEMENT CHARACTER}", value)


def _written(value: Any) -> str:
    """What is no text as Python writes it."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    try:
        return str(value)
    except ValueError:  # a number of so many digits that Python does not write it
        return type(value).__name__
