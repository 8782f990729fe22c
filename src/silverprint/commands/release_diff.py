"""silverprint release diff V1 V2: what changed between two versions of the release, as a table and a page."""

from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

from silverprint import layout
from silverprint.adapters import html
from silverprint.adapters.html.view import ChangedPictures, ReleaseDiff, Tile
from silverprint.adapters.plots.thumbnails import Gallery, data_uri
from silverprint.campaign import release_versions, withheld_signs
from silverprint.config import Params
from silverprint.console import file_size, say
from silverprint.core.reporting import release_changes
from silverprint.errors import UsageError
from silverprint.store import files, shown_pictures

SHOWN = 96  # pictures of each kind of change on the page: about 6 KB each
SIDE = 128  # pixels


def run(params: Params, before: int, after: int) -> None:
    """Prints the changes from one version to the other, and writes var/releases/v<before>-v<after>.html.

    Raises:
        UsageError: they are one, or the ledger has no such version.
        UnavailableError: what a version held, or a source's shards, are not on this disk.
    """
    if before == after:
        raise UsageError(f"v{before} and v{after}", "a version differs from another one", "name two versions")
    found = release_versions.changes(before, after)
    names = (f"v{before}", f"v{after}")
    console = Console(highlight=False, markup=False)
    for table in _tables(found, names):
        console.print(table)
    path = layout.RELEASE_DIFFS / f"{'-'.join(names)}.html"
    _write_page(params, found, names, path)


def _tables(found: pl.DataFrame, names: tuple[str, str]) -> list[Table]:
    shown = [_table(f"{names[0]} to {names[1]}", list(release_changes.counts(found).items()), ("change", "pictures"))]
    classes = release_changes.by_class(found)
    if not classes.is_empty():
        shown.append(_table("", list(classes.iter_rows()), ("class", "in", "out", "relabelled to", "relabelled from")))
    for pairs, then, now in (
        (release_changes.relabelled(found), "was", "is"),
        (release_changes.renamed(found), "was called", "is called"),
    ):
        if not pairs.is_empty():
            shown.append(_table("", list(pairs.iter_rows()), (then, now, "pictures")))
    return shown


def _table(title: str, rows: list[tuple[object, ...]], headings: tuple[str, ...]) -> Table:
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for heading, value in zip(headings, rows[0], strict=True):
        table.add_column(heading, justify="right" if isinstance(value, int) else "left")
    for row in rows:
        table.add_row(*(f"{value:,}" if isinstance(value, int) else str(value) for value in row))
    return table


def _write_page(params: Params, found: pl.DataFrame, names: tuple[str, str], path: Path) -> None:
    gallery = _gallery(params, found)
    kinds = []
    for kind, count in release_changes.counts(found).items():
        rows = found.filter(pl.col("change") == kind).head(SHOWN)
        tiles = [_tile(row, gallery) for row in rows.iter_rows(named=True)]
        kinds.append(ChangedPictures(kind, count, tiles))
    view = ReleaseDiff(
        name=params.dataset.name,
        before=names[0],
        after=names[1],
        versions=release_versions.ledger().filter(pl.format("v{}", "version").is_in(list(names))).to_dicts(),
        classes=release_changes.by_class(found).to_dicts(),
        relabelled=release_changes.relabelled(found).to_dicts(),
        renamed=release_changes.renamed(found).to_dicts(),
        kinds=kinds,
    )
    page = html.render_release_diff(view)
    files.write_text(path, page)
    say(f"{path}: {file_size(len(page.encode()))}")


def _gallery(params: Params, found: pl.DataFrame) -> Gallery:
    """Withdrawn pictures, and those without a licence, are not shown to anybody."""
    return Gallery(shown_pictures.shown(params), withheld_signs.of(found["image_id"]))


def _tile(row: dict[str, str | None], gallery: Gallery) -> Tile:
    image_id = str(row["image_id"])
    label, old = row["label"], row["label_before"]
    title = f"{old} → {label}" if old and label and old != label else str(label or old)
    split, old_split = row["split"], row["split_before"]
    note = f"{old_split} → {split}" if old_split and split and old_split != split else str(split or old_split)
    return Tile(data_uri(gallery.thumbnail(image_id, SIDE)), f"Picture {image_id[:8]}", title, note)
