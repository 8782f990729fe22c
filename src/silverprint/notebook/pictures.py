"""Pictures of a campaign as people see them: upright, sRGB, the first frame, without metadata."""

from collections.abc import Iterable, Iterator, Sequence

import polars as pl
from PIL import Image

from silverprint import layout
from silverprint.core.cleaning.rules import BINDING
from silverprint.errors import DataError, NotAllowedError, UsageError
from silverprint.imaging.decode import decode_stored
from silverprint.notebook import frames
from silverprint.records import MANIFEST
from silverprint.store import tables


def require_shown(image_ids: Sequence[str]) -> None:
    """
    Raises:
        UnavailableError: the manifest is not on this disk.
        UsageError: it does not know one of them.
        NotAllowedError: one of them is withdrawn, or has no usable licence.
        DataError: one of them does not decode.
    """
    frames.require_standing(image_ids)
    columns = {name: MANIFEST[name] for name in ("image_id", "reason", "evidence", "width")}
    manifest = tables.read(layout.MANIFEST, columns)
    asked = pl.DataFrame({"image_id": image_ids}, schema={"image_id": pl.String})
    rows = asked.join(manifest.with_columns(known=pl.lit(True)), on="image_id", how="left")
    bad = rows.filter(pl.col("known").is_null() | pl.col("width").is_null() | pl.col("reason").is_in(sorted(BINDING)))
    for row in bad.head(1).to_dicts():
        value, remedy = f"image_id {str(row['image_id'])[:80]}", "campaign.images() has those that are here"
        if not row["known"]:
            raise UsageError(value, "the manifest has no such image", remedy)
        if row["reason"] in BINDING:
            raise NotAllowedError(value, f"nobody is shown it ({row['reason']})", "leave it out")
        raise DataError(value, f"it does not decode ({row['evidence']})", "leave out those whose width is null")


def decoded(stored: Iterable[tuple[str, bytes]], side: int | None) -> Iterator[tuple[str, Image.Image]]:
    """(image_id, RGB picture) of encoded pictures, each with at most `side` pixels on its longer side.

    Raises:
        DataError: one does not decode.
    """
    for image_id, data in stored:
        picture = Image.fromarray(decode_stored(image_id, data, side))
        if side is not None:
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        yield image_id, picture
