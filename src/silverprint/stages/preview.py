"""preview@r: the round's queue as a page for its planners: every image, in its order, with why it is asked."""

import polars as pl

from silverprint import layout
from silverprint.adapters import html
from silverprint.adapters.html.view import Card, QueueView
from silverprint.adapters.plots.thumbnails import Gallery, data_uri
from silverprint.campaign import ledgers, withheld_signs
from silverprint.config import Params
from silverprint.console import file_size, say, track
from silverprint.errors import UnavailableError
from silverprint.store import files, shown_pictures

SIDE = 128  # pixels of a thumbnail: about 6 KB in the page


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/queue.html, which needs no other file.

    Raises:
        UnavailableError: the queue, the manifest or a source's shards are not here.
    """
    path = layout.queue(round_name)
    if not path.exists():
        raise UnavailableError(str(path), "there is no queue to show", f"run: silverprint repro queue@{round_name}")
    queue = ledgers.queue(round_name)
    page = html.render_queue(_view(params, round_name, queue, _gallery(params, queue)))
    files.write_text(layout.queue_page(round_name), page)
    say(f"{layout.queue_page(round_name)}: {queue.height} pictures, {file_size(len(page.encode()))}")


def _gallery(params: Params, queue: pl.DataFrame) -> Gallery:
    """Withdrawn pictures, and those without a licence, are not shown to anybody."""
    return Gallery(shown_pictures.shown(params), withheld_signs.of(queue["image_id"]))


def _view(params: Params, name: str, queue: pl.DataFrame, pictures: Gallery) -> QueueView:
    roles = dict(queue["role"].value_counts().sort(["count", "role"], descending=[True, False]).iter_rows())
    guesses = dict(queue["predicted"].drop_nulls().value_counts().iter_rows())
    known = [*params.dataset.classes, *sorted(set(guesses) - set(params.dataset.classes))]
    rows = track(queue.iter_rows(named=True), f"page of {name}", total=queue.height)
    return QueueView(
        name=params.dataset.name,
        question=params.dataset.title,
        round=name,
        strategies=", ".join(queue.filter(pl.col("role") == "train")["strategy"].unique().sort()),
        roles=roles,
        guesses={guess: guesses[guess] for guess in known if guess in guesses},
        cards=[_card(row, pictures) for row in rows],
    )


def _card(row: dict[str, object], pictures: Gallery) -> Card:
    image_id = str(row["image_id"])
    guess = None if row["predicted"] is None else str(row["predicted"])
    return Card(
        rank=int(str(row["rank"])),
        # The whole name only where the picture is shown: by it a purge and its proof know what a page shows.
        image_id=image_id if pictures.shows(image_id) else image_id[:12],
        picture=data_uri(pictures.thumbnail(image_id, SIDE)),
        role=str(row["role"]),
        guess=guess,
        confidence=None if row["confidence"] is None else float(str(row["confidence"])),
        why=str(row["why"] or ""),
        shown=bool(row["show_prediction"]),
        people=int(str(row["overlap"])),
    )
