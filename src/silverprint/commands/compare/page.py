"""Page of compared rounds: the table, the plot, the pictures whose label flipped, in one file."""

import base64
from io import BytesIO
from pathlib import Path

from silverprint import layout
from silverprint.adapters import html
from silverprint.adapters.html.view import ComparedRow, ComparisonView, Tile
from silverprint.adapters.plots import round_comparison as plot
from silverprint.adapters.plots.thumbnails import Gallery, data_uri
from silverprint.campaign import withheld_signs
from silverprint.campaign.round_comparison import RoundComparison
from silverprint.commands.compare.rows import MOST_CLASSES, difference_heading, table_rows
from silverprint.config import Params
from silverprint.core.evaluation.comparison import Gain, Judged, most_changed
from silverprint.core.evaluation.paired import Estimate
from silverprint.core.reporting.flipped_labels import commonest_flips
from silverprint.store import files, shown_pictures

_SIDE = 112  # pixels of a thumbnail
_PAIRS, _TILES = 20, 48


def write(params: Params, found: RoundComparison, sentences: list[str], path: Path) -> None:
    """
    Raises:
        DiskError: it cannot be written.
    """
    rows = table_rows(found, params.dataset.classes)
    view = ComparisonView(
        name=params.dataset.name,
        question=params.dataset.title,
        title=f"{', '.join(entry.name for entry in found.rounds[:-1])} and {found.last.name} compared",
        rounds=[entry.name for entry in found.rounds],
        difference=difference_heading(found),
        rows=[ComparedRow(row.title, row.cells, row.difference, row.heading) for row in rows],
        sentences=sentences,
        plot=_plot(params, found),
        flips=commonest_flips(found.flips, _PAIRS).to_dicts(),
        tiles=_tiles(params, found),
    )
    files.write_text(path, html.render_comparison(view))


def _plot(params: Params, found: RoundComparison) -> str | None:
    judged = [(entry.name, entry.judged) for entry in found.rounds if entry.judged is not None]
    change = found.gains.get(found.last.name)
    if not judged:
        return None
    first, last = judged[0][1], judged[-1][1]
    figure = plot.render(
        [_bar(name, one.accuracy) for name, one in judged],
        [_bar(name, one.balanced) for name, one in judged],
        [
            plot.ClassPair(name, first.recall[name].value, last.recall[name].value)
            for name in _shown(change, first, params.dataset.classes)
        ],
        (found.first.name, found.last.name),
    )
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _shown(change: Gain | None, model: Judged, classes: tuple[str, ...]) -> list[str]:
    if change is not None:
        return most_changed(change, classes, MOST_CLASSES)
    return [name for name in classes if name in model.recall][:MOST_CLASSES]


def _bar(name: str, found: Estimate) -> plot.Bar:
    return plot.Bar(name, found.value, found.low, found.high)


def _tiles(params: Params, found: RoundComparison) -> list[Tile]:
    """Pictures whose label flipped; none where a source's shards are not on this disk."""
    roots = [layout.raw(source) for source in params.sources]
    if found.flips.is_empty() or not all(root.exists() for root in roots):
        return []
    rows = found.flips.head(_TILES)
    pictures = Gallery(shown_pictures.shown(params), withheld_signs.of(rows["image_id"]))
    return [
        Tile(
            picture=data_uri(pictures.thumbnail(row["image_id"], _SIDE)),
            alt=f"{row['before'] or 'no label'} became {row['after'] or 'no label'}",
            title=row["after"] or "no label",
            note=f"before: {row['before'] or 'no label'}; {row['role']}",
            # In full only where it is shown: by it a purge and its proof know what a page shows.
            why=row["image_id"] if pictures.shows(row["image_id"]) else row["image_id"][:12],
        )
        for row in rows.iter_rows(named=True)
    ]
