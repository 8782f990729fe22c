"""Tiles of the report: the images it shows, with a line below each."""

import polars as pl

from silverprint.adapters.html.view import Tile
from silverprint.adapters.plots import overview_strip
from silverprint.adapters.plots.thumbnails import Gallery, data_uri
from silverprint.core.cleaning import withheld
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.evaluation.slices import confident_mistakes
from silverprint.core.reporting import sheet_examples, summary
from silverprint.stages.report.campaign_data import Campaign

SIDE = 112  # pixels of a thumbnail on the page
_ROUND, _DISPUTED, _MISTAKES = 48, 16, 16  # pictures shown of each


def gallery(campaign: Campaign) -> Gallery:
    """Withdrawn pictures, and those without a licence, are not shown to anybody."""
    signs = withheld.placeholder_signs(campaign.manifest, campaign.asked["image_id"])
    return Gallery(campaign.reader, signs)


def queue_tiles(campaign: Campaign, name: str, pictures: Gallery) -> list[Tile]:
    """The first pictures of the round's queue with the model's guess and people's answer."""
    if name not in campaign.queues:
        return []
    said = campaign.labels.select("image_id", "label", "n_votes", "agreement")
    rows = campaign.queues[name].head(_ROUND).join(said, on="image_id", how="left", maintain_order="left")
    return [_asked(row, pictures) for row in rows.iter_rows(named=True)]


def disputed_tiles(campaign: Campaign, pictures: Gallery) -> list[Tile]:
    """The pictures whose votes agree least."""
    rows = campaign.labels.filter(pl.col("agreement") < 1).sort(
        "agreement", "n_votes", "image_id", descending=[False, True, False]
    )
    votes = campaign.votes.filter(pl.col("status") == "valid")
    found = []
    for row in rows.head(_DISPUTED).iter_rows(named=True):
        choices = (
            votes.filter(pl.col("image_id") == row["image_id"])
            .group_by("choice")
            .len()
            .sort("len", "choice", descending=[True, False])
        )
        note = ", ".join(f"{n} × {choice}" for choice, n in choices.iter_rows())
        picture = data_uri(pictures.thumbnail(row["image_id"], SIDE))
        found.append(Tile(picture, f"{row['label']}: {note}", row["label"] or "", note))
    return found


def mistake_tiles(campaign: Campaign, pictures: Gallery) -> list[Tile]:
    """The evaluation pictures that the newest model gets wrong and is surest of."""
    return [
        Tile(
            picture=data_uri(pictures.thumbnail(row["image_id"], SIDE)),
            alt=f"People said {row['label']}; the model {row['predicted']}",
            title=row["label"],
            note=f"{row['predicted']} {100 * row['confidence']:.0f} %",
            differs=True,
        )
        for row in confident_mistakes(campaign.evaluation, _MISTAKES).iter_rows(named=True)
    ]


def strip_columns(campaign: Campaign, pictures: Gallery) -> list[overview_strip.Column]:
    """The strip: crawled, rejected, asked, labelled."""
    manifest, answers = campaign.manifest, campaign.answers
    hidden = [*BINDING, "undecodable"]
    crawled = manifest.filter(~pl.col("reason").is_in(hidden).fill_null(False))["image_id"].sort().to_list()
    rejected = summary.rejections(manifest)
    newest = list(campaign.queues.values())[-1]["image_id"].to_list() if campaign.queues else []
    by_class = answers.sort("agreement", "image_id", descending=[True, False], nulls_last=True)
    counts = dict(answers.group_by("label").len().iter_rows())
    labelled = [name for name in campaign.params.dataset.classes if name in counts]
    people = campaign.people.height

    def row(image_ids: list[str], title: str = "", note: str = "") -> overview_strip.Row:
        return overview_strip.Row(
            [pictures.thumbnail(image_id, overview_strip.TILE) for image_id in image_ids], title, note
        )

    def grid(image_ids: list[str]) -> list[overview_strip.Row]:
        shown = [image_id for image_id in image_ids if pictures.shows(image_id)][: 4 * overview_strip.ROWS]
        return [row(shown[start : start + 4]) for start in range(0, len(shown), 4)]

    def example_row(reason: str, n: int) -> overview_strip.Row:
        return row(sheet_examples.rejected_rows(manifest, reason)["image_id"].head(3).to_list(), reason, f"{n:,}")

    def class_row(name: str) -> overview_strip.Row:
        return row(by_class.filter(pl.col("label") == name)["image_id"].head(3).to_list(), name, f"{counts[name]:,}")

    rounds = "1 round" if len(campaign.queues) == 1 else f"{len(campaign.queues)} rounds"
    return [
        overview_strip.Column("Acquired", f"{manifest.height:,} pictures", grid(crawled)),
        overview_strip.Column(
            "Rejected", f"{rejected['pictures'].sum():,}, each with its reason",
            [example_row(reason, n) for reason, n in rejected.head(overview_strip.ROWS).iter_rows()],
            _rest(rejected.height, "reasons"),
        ),
        overview_strip.Column("Asked", f"{campaign.asked.height:,} in {rounds}", grid(newest)),
        overview_strip.Column(
            "Labelled", f"{answers.height:,} by {people} people",
            [class_row(name) for name in labelled[: overview_strip.ROWS]], _rest(len(labelled), "classes"),
        ),
    ]  # fmt: skip


def _rest(count: int, kind: str) -> str:
    return f"and {count - overview_strip.ROWS:,} more {kind}" if count > overview_strip.ROWS else ""


def _asked(row: dict[str, object], pictures: Gallery) -> Tile:
    known = row["role"] == "gold"
    answer = str(row["label"] or "no answer") + (" (known)" if known and row["label"] else "")
    guess = f"{row['predicted']} {100 * float(str(row['confidence'])):.0f} %" if row["predicted"] else ""
    split = row["agreement"] is not None and float(str(row["agreement"])) < 1
    note = "; ".join(part for part in (guess or "no guess yet", "votes differ" if split else "") if part)
    differs = row["predicted"] is not None and row["label"] is not None and row["predicted"] != row["label"]
    whose = "it is" if known else "people said"
    alt = f"Rank {row['rank']}, {row['role']}: {whose} {answer}; the model {guess or 'had no guess'}"
    picture = data_uri(pictures.thumbnail(str(row["image_id"]), SIDE))
    return Tile(picture, alt, answer, note, bool(differs), str(row["why"] or ""))
