"""View of data/metrics/qualities.json on the report's page."""

from typing import Any

from silverprint import layout
from silverprint.adapters.html.view import Qualities, SubsetRow
from silverprint.stages.report import campaign_data


def read_qualities() -> Qualities | None:
    """None where nothing was released yet."""
    found = campaign_data.document(layout.QUALITIES, "scale", "diversity", "quality", "consistency")
    if found is None:
        return None
    scale, diversity = found["scale"], found["diversity"]
    return Qualities(
        kept=_kind("kept", scale["kept"], diversity),
        sources=[_kind(name, n, diversity["sources"].get(name, {})) for name, n in sorted(scale["sources"].items())],
        classes=[_kind(name, n, diversity["classes"].get(name, {})) for name, n in sorted(scale["classes"].items())],
        share_kept=found["quality"]["kept"],
        flagged=found["quality"]["flagged"],
        consistency=found["consistency"],
    )


def _kind(name: str, pictures: int, figures: dict[str, Any]) -> SubsetRow:
    return SubsetRow(name, pictures, figures.get("effective"), figures.get("coverage"))
