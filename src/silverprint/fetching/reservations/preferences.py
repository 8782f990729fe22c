"""Preferences about the use of content, as `Content-Usage` and `Content-Signal` write them: `train-ai=n, search=y`.

AIPREF, of the IETF's working group: draft-ietf-aipref-vocab-08 (the words) and draft-ietf-aipref-attach-05 (header,
robots.txt); what a robots.txt says of which address is in `fetching.robots.rules`. Content signals:
contentsignals.org, draft-romm-aipref-contentsignals-00. Both are drafts; they are read leniently, and where two parts
of a statement differ, the one that forbids counts. What vocab-08 calls `train-ai` is the training of generative models
alone, and whoever loads a released picture may train one.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from silverprint.core.reservations import Statement

_PART: Final = re.compile("[^,]+")
_ANSWERS: Final = {"n": False, "no": False, "?0": False, "y": True, "yes": True, "?1": True}
# Training; the first two were its names in vocab-01, `train-genai` in vocab-02 and -03.
_TRAINING: Final = ("ai", "genai", "train-ai", "train-genai")
# All uses (vocab-01, -02, -03): they hold for training where nothing nearer allows it.
_ALL: Final = ("tdm", "all", "bots")
_NEARER: Final = ("ai", "train-ai")


@lru_cache(256)  # a robots.txt may say the same, at some length, of each address
def preferences(value: str) -> Mapping[str, bool]:
    """Whether each use that is named is allowed. What is no answer is left out; parameters are passed over."""
    found: dict[str, bool] = {}
    for part in _PART.finditer(value):  # not split: of megabytes that would let no other thread run
        use, _, answer = part[0].partition(";")[0].partition("=")
        is_allowed = _ANSWERS.get(answer.strip(' \t"').lower())
        if is_allowed is not None:
            use = use.strip().lower()
            found[use] = found.get(use, True) and is_allowed
    return found


def content_usage(value: str, place: str) -> Iterator[Statement]:
    """What a value of Content-Usage says of training."""
    said = preferences(value)
    nearer = any(said.get(use, False) for use in _NEARER)
    for use in (*_TRAINING, *_ALL):
        if use in said:
            forbids = not said[use] and not (use in _ALL and nearer)
            yield Statement("content-usage", f"{use}={'y' if said[use] else 'n'}", place, forbids)


def content_signal(value: str, place: str) -> Iterator[Statement]:
    """What a value of Content-Signal says of training."""
    is_allowed = preferences(value).get("ai-train")
    if is_allowed is not None:
        yield Statement("content-signal", f"ai-train={'yes' if is_allowed else 'no'}", place, not is_allowed)
