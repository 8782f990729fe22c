"""report: pages and figures about the whole campaign, for whoever decides whether to go on."""

import base64
import os
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from silverprint import console, layout
from silverprint.adapters import html
from silverprint.adapters.html.view import PlannedView, RoundView, View
from silverprint.adapters.plots import contact_sheet, learning_curve, overview_strip
from silverprint.adapters.plots.thumbnails import Gallery
from silverprint.campaign import annotator_ledger, contributors, ledgers, round_status, studies
from silverprint.config import START, CrowdSource, Params
from silverprint.core.duplicates import groups
from silverprint.core.evaluation import weighted
from silverprint.core.evaluation.calibration import expected_calibration_error
from silverprint.core.evaluation.slices import slices
from silverprint.core.reporting import summary
from silverprint.core.reporting.subset_quality import subset_quality
from silverprint.core.votes import sequential_overlap, vote_ledger
from silverprint.records import ASKS, empty
from silverprint.stages.report import campaign_data, contact_sheet_examples, label_changes, tiles, withdrawals
from silverprint.stages.report.campaign_data import Campaign
from silverprint.store import files
from silverprint.store.files import replacing_folder
from silverprint.store.traces import drawn_names


def run(params: Params) -> None:
    """Writes data/report: index.html, which needs no other file; strip.png, contact-sheet.png, curve.png.

    Raises:
        UnavailableError: an input is not there.
        DataError: an input is not readable.
    """
    campaign = campaign_data.campaign(params)
    pictures = tiles.gallery(campaign)
    rounds = _rounds(campaign, pictures)
    points, chosen = _points(rounds), contact_sheet_examples.choose_examples(campaign)
    with replacing_folder(layout.REPORT) as folder:
        overview_strip.draw(tiles.strip_columns(campaign, pictures), folder / "strip.png")
        contact_sheet.draw(
            contact_sheet_examples.contact_figure(campaign, chosen, pictures), folder / "contact-sheet.png"
        )
        if points:
            learning_curve.draw(points, folder / "curve.png", _before(rounds))
        page = html.render(_view(campaign, rounds, chosen, pictures, folder))
        files.write_text(folder / "index.html", page + _names(pictures))
        for name in ("strip.png", "contact-sheet.png"):
            drawn_names.say(folder / name, pictures.shown)
    console.say(f"{layout.REPORT / 'index.html'}: {len(points)} of {len(rounds)} opened rounds measured")
    console.say(f"{layout.REPORT / 'index.html'}: {round_status.to_go_on(params)}")


def _names(pictures: Gallery) -> str:
    """Which pictures the page shows, for a purge."""
    return f"<!-- {drawn_names.KEY}: {drawn_names.text_of(pictures.shown)} -->\n"


def _rounds(campaign: Campaign, pictures: Gallery) -> list[RoundView]:
    people = summary.rounds(campaign.deciding, campaign.params.chain, campaign.params.dataset.classes)
    waivers = ledgers.waivers(campaign.params.round_names)
    changed = label_changes.by_round(campaign.params)
    return [
        RoundView(
            name=name,
            strategy=campaign.params.rounds[name].strategy,
            roles=_counts(campaign.queues[name], "role") if name in campaign.queues else {},
            people=said,
            surplus=vote_ledger.surplus(round_status.progress_of(name)) if name in campaign.queues else 0,
            metrics=campaign_data.metrics(name),
            gate=campaign_data.document(layout.gate(name), "passed", "waived", "findings"),
            waivers=waivers.filter(pl.col("round") == name).to_dicts(),
            tiles=tiles.queue_tiles(campaign, name, pictures),
            page=_page(name),
            changed=changed.get(name),
            sequential=_sequential(campaign, name),
            anchoring=campaign_data.anchoring(name),
        )
        for name, said in zip(campaign.params.chain, people, strict=True)
    ]


def _sequential(campaign: Campaign, name: str) -> sequential_overlap.Standing | None:
    queue = campaign.queues.get(name)
    if queue is None or queue["until"].is_null().all():
        return None
    in_time = annotator_ledger.answers_in_time(ledgers.votes_so_far(name))
    withdrawn, tiers = ledgers.withdrawn_images(), annotator_ledger.tiers()
    progress = vote_ledger.progress(ledgers.asked(name), empty(ASKS), in_time, withdrawn, tiers)
    return sequential_overlap.standing(queue, progress, campaign.labels)


def _page(name: str) -> str | None:
    """Where the round's queue has its page, from the report's folder. A clone need not have pulled that page."""
    path = layout.queue_page(name)
    return Path(os.path.relpath(path, layout.REPORT)).as_posix() if path.exists() else None


def _points(rounds: list[RoundView]) -> list[learning_curve.Point]:
    """The measured rounds; a control stands at the labels of the round before and the `k` that were added."""
    points, before = [], 0
    for entry in rounds:
        found, control = entry.evaluation, entry.control
        if found is None or entry.metrics is None:
            continue
        pair = _control(before, control) if control else None
        before = entry.metrics["labels"]
        interval = found["accuracy_low"], found["accuracy_high"]
        points.append(learning_curve.Point(entry.name, before, found["accuracy"], *interval, pair))
    return points


def _before(rounds: list[RoundView]) -> learning_curve.Point | None:
    """The classifier that gave the first predictions, where it was measured."""
    found = next((entry.classifier for entry in rounds if entry.classifier and entry.classifier["n"]), None)
    if found is None:
        return None
    return learning_curve.Point(START, 0, found["accuracy"], found["accuracy_low"], found["accuracy_high"], None)


def _control(before: int, found: dict[str, Any]) -> learning_curve.Control:
    return learning_curve.Control(before + found["k"], found["k"], found["chosen"], found["random"])


def _view(
    campaign: Campaign, rounds: list[RoundView], chosen: contact_sheet_examples.Chosen, pictures: Gallery, folder: Path
) -> View:
    raw, manifest = campaign.reader.index(), campaign.manifest
    dataset, planned = campaign.params.dataset, campaign.params.planned
    return View(
        name=dataset.name,
        question=dataset.title,
        classes=dataset.classes,
        addresses=raw.height,
        acquired=manifest.height,
        kept=int(manifest["kept"].sum()),
        labelled=campaign.answers.height,
        agreement=_mean(campaign.labels["agreement"]),
        strip=_inline(folder / "strip.png") or "",
        curve=_inline(folder / "curve.png"),
        rounds=rounds,
        planned=[
            PlannedView(name, one.strategy, one.budget, one.least_overlap, one.most_overlap)
            for name, one in planned.items()
        ],
        contact=contact_sheet_examples.contact_section(campaign, chosen, pictures),
        groups=_grouped(manifest.filter("kept")),
        not_stored=summary.not_stored_reasons(raw).to_dicts(),
        outcomes=summary.outcomes(raw).to_dicts(),
        reservations=summary.reservations(raw).to_dicts(),
        provenance=summary.provenance(manifest).to_dicts(),
        licenses=summary.licenses(manifest.filter(pl.col("kept"))).to_dicts(),
        subsets=subset_quality(manifest, campaign.labels).to_dicts(),
        labels_per_class=_counts(campaign.answers, "label"),
        disputed=tiles.disputed_tiles(campaign, pictures),
        confusion=summary.confusion(campaign.evaluation, dataset.classes),
        confusion_shares=summary.confusion_shares(campaign.evaluation, dataset.classes),
        mistakes=summary.commonest_mistakes(campaign.evaluation, most=5).to_dicts(),
        confident=tiles.mistake_tiles(campaign, pictures),
        slices=slices(campaign.evaluation, manifest, campaign.asked),
        reliability=_reliability(campaign.evaluation),
        annotators=campaign.people.sort("annotator").to_dicts(),
        imports=campaign.sources,
        taught=campaign.taught,
        gold=campaign.gold,
        contributors=_contributors(campaign.params),
        costs=studies.cost_rows(),
        qualities=campaign_data.read_qualities(),
        withdrawals=withdrawals.summarise_withdrawals(campaign),
    )


def _contributors(params: Params) -> list[dict[str, Any]]:
    has_crowd = any(isinstance(source, CrowdSource) for source in params.sources.values())
    return contributors.judged(params) if has_crowd else []


def _reliability(evaluation: pl.DataFrame) -> str | None:
    if evaluation.is_empty():
        return None
    from silverprint.adapters.tracking.figures import reliability_plot

    right = (evaluation["label"] == evaluation["predicted"]).to_numpy()
    weights = weighted.weights_of(evaluation)
    error = expected_calibration_error(evaluation["confidence"].to_numpy(), right, weights=weights)
    buffer = BytesIO()
    reliability_plot(evaluation, error).savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return _data_uri(buffer.getvalue())


def _grouped(kept: pl.DataFrame) -> str | None:
    return groups.describe(kept) if kept["group"].n_unique() < kept.height else None


def _counts(frame: pl.DataFrame, column: str) -> dict[str, int]:
    return dict(frame.group_by(column).len().sort(column).iter_rows())


def _mean(values: pl.Series) -> float | None:
    found: Any = values.mean()
    return None if found is None else float(found)


def _inline(path: Path) -> str | None:
    return _data_uri(path.read_bytes()) if path.exists() else None


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
