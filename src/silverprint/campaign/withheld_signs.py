"""Signs in place of pictures that pages do not show: withdrawn, without a licence, or of persons not for everybody."""

from collections.abc import Iterable

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.core.cleaning import withheld
from silverprint.records import MANIFEST
from silverprint.store import tables


def of(image_ids: Iterable[str]) -> dict[str, str]:
    """image_id -> sign, of those of the pictures that may not be shown, and of everything withdrawn."""
    signs = withheld.placeholder_signs(tables.read(layout.MANIFEST, MANIFEST), image_ids)
    return signs | dict.fromkeys(ledgers.withdrawn_images(), "—")
