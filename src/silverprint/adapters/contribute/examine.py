"""Examination of one picture that was sent: what is kept of it, or the reason why nothing is.

Nothing of what was sent is ever shown: a preview is encoded anew, from pixels that were decoded in a process that can
be killed.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import polars as pl

from silverprint.config import Clean, Signal
from silverprint.core.cleaning.rules import RULES
from silverprint.fetch_result import Answer, StoredBytes
from silverprint.imaging import measurement
from silverprint.imaging.decode import Pixels, Undecodable, decode_here, encode_jpeg
from silverprint.imaging.resource_limits import run_apart
from silverprint.records import MEASURED
from silverprint.store.intake import judge_answer

PREVIEW_SIDE: Final = 360  # pixels, the longer side
# Reasons of `clean` that one picture's own figures decide, in its order; the others need the whole campaign.
OWN_REASONS: Final = (
    "undecodable", "animated", "too-small", "extreme-aspect", "flat", "too-dark", "too-bright", "blurred"
)  # fmt: skip
# Formats that metadata can be stripped from; phones convert to one of them where a page asks for nothing else.
FORMATS: Final = ("jpeg", "png", "webp")
_RULES: Final = tuple(rule for rule in RULES if rule.reason in OWN_REASONS)


@dataclass(frozen=True)
class Examined:
    """A picture that can be kept.

    Attributes:
        image_id: SHA-256 of the bytes as they were sent.
        format: as `sniff` names it.
        kept: the bytes without their metadata, and their SHA-256.
        reservation: what it says of training, as records.RAW has it.
        words: its perceptual hash, four words of 64 bits.
        preview: a small JPEG made of its pixels.
    """

    image_id: str
    format: str
    kept: StoredBytes
    reservation: str | None
    words: tuple[int, ...]
    preview: bytes


def examine(data: bytes, limits: Clean, max_pixels: int, respect: tuple[Signal, ...]) -> Examined | str:
    """The picture, or the reason why it is not taken: other-format, one of the intake's,
    of `imaging.Undecodable` or OWN_REASONS.

    Args:
        data: a file as it was sent.
        limits: thresholds of `clean`, so that nobody gives what would be thrown away.
        max_pixels: as `decode` has it.
        respect: signals against training that are looked for in the picture.

    Raises:
        UnavailableError: no process can be started to decode it.
    """
    answer = judge_answer(Answer("present", data=data), "", respect)
    if answer.kept is None or answer.image_id is None or answer.format is None:
        return answer.reason or "not-an-image"
    if answer.format not in FORMATS:
        return "other-format"
    try:
        figures, preview = run_apart(look, data, max_pixels)
    except Undecodable as error:
        return error.reason
    reason = _first_reason(figures, limits)
    if reason is not None:
        return reason
    words = tuple(figures[f"phash256_{place}"] for place in range(4))
    return Examined(answer.image_id, answer.format, answer.kept, answer.reservation, words, preview)


def look(data: bytes, max_pixels: int) -> tuple[dict[str, Any], bytes]:
    """A picture's figures, as MEASURED has them, and its preview; for work called by `run_apart`.

    Raises:
        Undecodable: it cannot be decoded.
    """
    figures = measurement.figures_here(data, max_pixels)
    return figures, encode_jpeg(_small(decode_here(data, max_pixels, PREVIEW_SIDE).pixels), quality=80)


def warm_up() -> None:
    """Has what looks at pictures compiled, and kept for the processes that do it: their time is limited."""
    look(encode_jpeg(np.zeros((64, 64, 3), np.uint8)), 64 * 64)


def _small(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = PREVIEW_SIDE / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _first_reason(figures: dict[str, Any], limits: Clean) -> str | None:
    row = pl.DataFrame([{name: figures.get(name) for name in MEASURED}], schema=MEASURED)
    for rule in _RULES:
        if rule.rejects is not None and row.select(rule.rejects(limits).fill_null(False)).item():
            return rule.reason
    return None
