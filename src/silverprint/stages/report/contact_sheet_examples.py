"""Contact sheet: acquired, rejected by reason, kept; as a figure, and as a section of the page."""

from dataclasses import dataclass

import polars as pl

from silverprint.adapters.html import sentences
from silverprint.adapters.html.view import Contact, Reason, Tile
from silverprint.adapters.plots import contact_sheet
from silverprint.adapters.plots.thumbnails import Gallery, data_uri
from silverprint.core.reporting import sheet_examples
from silverprint.stages.report.campaign_data import Campaign
from silverprint.stages.report.tiles import SIDE

_ROW = 8  # pictures of a reason
_PAGE = 36  # pictures of a pile on the page; the drawn sheet has room for more


@dataclass(frozen=True)
class Chosen:
    """What the drawn sheet and the page's section show.

    Attributes:
        rows: of reasons and flags.
        acquired: rows of the manifest, with room for more than either shows.
        kept: likewise: image_id, source, label.
    """

    rows: list[sheet_examples.Row]
    acquired: pl.DataFrame
    kept: pl.DataFrame


def choose_examples(campaign: Campaign) -> Chosen:
    manifest = campaign.manifest
    return Chosen(
        sheet_examples.example_rows(manifest, campaign.params.clean, _ROW),
        sheet_examples.sample_rows(manifest, contact_sheet.PILE),
        sheet_examples.spread_sample(_said(campaign), contact_sheet.PILE),
    )


def contact_figure(campaign: Campaign, chosen: Chosen, pictures: Gallery) -> contact_sheet.Sheet:
    """What `contact_sheet.draw` draws."""
    manifest = campaign.manifest
    acquired, kept, sources = manifest.height, int(manifest["kept"].sum()), manifest["source"].n_unique()
    came = f"{acquired:,} from {sources} {'source' if sources == 1 else 'sources'}"

    def share(n: int) -> str:
        return f"{n:,} · {sentences.positive_percent(n / max(1, acquired))}"

    def pile(title: str, note: str, rows: pl.DataFrame) -> contact_sheet.Pile:
        small = [pictures.thumbnail(image_id, contact_sheet.TILE) for image_id in rows["image_id"]]
        return contact_sheet.Pile(title, note, small)

    def row(found: sheet_examples.Row) -> contact_sheet.Row:
        shown = [
            [pictures.thumbnail(image_id, contact_sheet.TILE) for image_id in (one.image_id, one.instead) if image_id]
            for one in found.examples
        ]
        evidence = sentences.with_short_names(found.evidence)
        return contact_sheet.Row(found.reason, found.flags, share(found.pictures), evidence, shown)

    return contact_sheet.Sheet(
        acquired=pile("Acquired", came, chosen.acquired),
        rejected=f"{share(acquired - kept)}, each by the first rule it broke; framed: what is kept in its place",
        rows=[row(found) for found in chosen.rows],
        kept=pile("Kept", share(kept), chosen.kept),
    )


def contact_section(campaign: Campaign, chosen: Chosen, pictures: Gallery) -> Contact:
    """The page's section."""

    def pile(rows: pl.DataFrame, what: str) -> list[Tile]:
        return [
            Tile(data_uri(pictures.thumbnail(image_id, SIDE)), f"{what}, from {source}{f': {label}' if label else ''}")
            for image_id, source, label in rows.select("image_id", "source", "label").iter_rows()
        ]

    return Contact(
        acquired=pile(chosen.acquired.head(_PAGE).with_columns(label=pl.lit(None)), "acquired"),
        rejected=[_reason(row, pictures) for row in chosen.rows if not row.flags],
        flagged=[_reason(row, pictures) for row in chosen.rows if row.flags],
        idle=sheet_examples.unused_reasons(chosen.rows, campaign.params.clean),
        kept=pile(chosen.kept.head(_PAGE), "kept"),
    )


def _reason(row: sheet_examples.Row, pictures: Gallery) -> Reason:
    verb = "flagged" if row.flags else "rejected"
    tiles = [_tile(example, f"{verb} as {row.reason}", pictures) for example in row.examples]
    return Reason(row.reason, row.pictures, row.share, tiles)


def _tile(example: sheet_examples.Example, verdict: str, pictures: Gallery) -> Tile:
    hidden = "" if pictures.shows(example.image_id) else "not shown; "
    return Tile(
        picture=data_uri(pictures.thumbnail(example.image_id, SIDE)),
        alt=f"{hidden}{verdict}: {example.evidence}",
        note=example.evidence,
        instead=data_uri(pictures.thumbnail(example.instead, SIDE)) if example.instead else "",
    )


def _said(campaign: Campaign) -> pl.DataFrame:
    """The kept pictures: image_id, source, label (people's, else the source's own; else null)."""
    people = campaign.answers.select("image_id", "label")
    kept = campaign.manifest.filter("kept").join(people, on="image_id", how="left")
    return kept.select("image_id", "source", pl.coalesce("label", "source_label").alias("label"))
