"""Site: what all requests share: the pool, its views, its pictures, and who may ask."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint.adapters.browse import facets, view
from silverprint.adapters.browse.pictures import Pictures
from silverprint.adapters.browse.pool import Pool
from silverprint.adapters.browse.view import Wanted

MOST_SELECTED: Final = 5_000  # pictures
_TOLD: Final[Mapping[str, str]] = {  # of one picture, as the page calls it
    "image_id": "Picture", "predicted": "Predicted", "confidence": "Confidence", "label": "Label",
    "label_confidence": "Confidence of the label", "label_source": "Labelled by", "votes": "Votes",
    "agreement": "Agreement", "mistake": "The champion says", "round": "Asked in round", "role": "Role",
    "split": "Split of the release", "reason": "Rejected as", "flags": "Flags", "personal": "Persons in it",
    "source": "Source", "license": "Licence", "reservation": "Reservation", "source_label": "Label of the source",
    "caption": "Caption", "url": "Address", "page_url": "Page", "fetched_at": "Fetched", "width": "Width",
    "height": "Height",
}  # fmt: skip


class Stop(Exception):  # noqa: N818 (an answer, not a fault)
    """A request that goes no further: an HTTP status, and a sentence that says why."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Site:
    """What all requests share.

    Attributes:
        key: what the address holds that lets a browser in; the browser keeps it in a cookie.
        form: what every request that changes something carries, which other sites cannot know.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.pictures = Pictures(pool.stored)
        self.key, self.form = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._image_ids = pool.rows["image_id"]
        self._gone: frozenset[str] = frozenset()
        self._there = np.ones(pool.rows.height, dtype=np.bool_)

    def is_key(self, said: str) -> bool:
        return hmac.compare_digest(self.key.encode(), said.encode("utf-8", "replace"))

    def is_form(self, said: str) -> bool:
        return hmac.compare_digest(self.form.encode(), said.encode("utf-8", "replace"))

    @cached_property
    def values(self) -> dict[str, facets.Values]:
        """The values of each facet."""
        return {name: facets.values(self.pool.rows, facet) for name, facet in facets.FACETS.items()}

    def there(self) -> NDArray[np.bool_]:
        """(N,) the pictures that may be shown by now."""
        gone = self.pool.gone()
        if gone != self._gone:
            self.pictures.forget()
            self._there = ~self._image_ids.is_in(sorted(gone)).to_numpy()
            self._gone = gone
        return self._there

    def found(self, wanted: Wanted) -> tuple[NDArray[np.int64], NDArray[np.float32] | None]:
        """Numbers of the pictures that are asked for, in order, and (N,) similarities where they are asked for.

        Raises:
            Stop: others are to be like a picture that is not there, or has no features; or nothing reads texts here.
        """
        similarity, words = None, " ".join(wanted.words.split())
        if words and wanted.like is not None:
            raise Stop(400, "Pictures come in one order: like a picture, or as words describe them.")
        if words:
            if self.pool.described is None:
                raise Stop(404, "Nothing here reads words: About these figures says why.")
            similarity = self.pool.described(words)
        elif wanted.like is not None:
            self.require([wanted.like])
            similarity = self.pool.similar(wanted.like)
            if np.isnan(similarity[wanted.like]):
                raise Stop(404, "This picture has no features: nothing is known to be like it.")
        matched = self.there() & view.matching(self.pool.rows, self.pool.coordinates, wanted)
        return view.ordered(self.pool.rows, matched, wanted, similarity), similarity

    def require(self, numbers: Sequence[int]) -> list[str]:
        """image_ids of these pictures.

        Raises:
            Stop: one is not there.
        """
        there = self.there()
        if any(not 0 <= number < len(there) or not there[number] for number in numbers):
            raise Stop(404, "A picture is not in the pool any more: open the page anew.")
        return [str(self._image_ids[number]) for number in numbers]

    def is_withheld(self, number: int) -> bool:
        """Whether not everybody may see the picture, for the person in it: it is not shown."""
        return self.pool.rows["shown_to"][number] is not None

    def tiles(self, numbers: Sequence[int], similarity: NDArray[np.float32] | None = None) -> list[dict[str, Any]]:
        """What the page shows of each picture."""
        marks = self.pool.marks()
        columns = (
            "image_id",
            "predicted",
            "confidence",
            "label",
            "mistake",
            "reason",
            "flags",
            "shown_to",
            "disagreed",
        )
        rows = self.pool.rows[list(numbers)].select(columns).to_dicts()
        return [
            {
                "number": number,
                "name": row["image_id"][:8],
                **{name: row[name] for name in columns[1:7]},
                "withheld": row["shown_to"] is not None,
                "disagreed": bool(row["disagreed"]),
                "marks": marks.get(row["image_id"], ()),
                "similarity": None if similarity is None else round(float(similarity[number]), 4),
            }
            for number, row in zip(numbers, rows, strict=True)
        ]

    def told(self, number: int) -> dict[str, Any]:
        """All that is known of one picture."""
        row = self.pool.rows.row(number, named=True)
        facts = [(words, _words(row[name])) for name, words in _TOLD.items() if row[name] is not None]
        others = int((self.pool.rows["group"] == row["group"]).sum()) - 1 if row["group"] is not None else 0
        has_features = not np.isnan(self.pool.coordinates[number]).any()
        return {"facts": facts, "group": row["group"], "others": others, "features": bool(has_features)}

    def counted(self) -> tuple[int, int]:
        """Pictures that may be shown, and those of them that cleaning kept."""
        there = self.there()
        return int(there.sum()), int((self.pool.rows["kept"] & pl.Series(there)).sum())


def _words(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
