"""clean: thresholds, duplicates, groups, licences, withdrawals: one manifest row for every acquired image.

Only tables and features are read, and the few pictures that may have the same pixels as another one. A picture that
people have labelled is judged like any other here; what still counts for it is `core.cleaning.rules.BINDING`,
which the stages that use labels apply.
"""

import json
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import layout
from silverprint.adapters.expectations import check, critical_failures
from silverprint.campaign import crowd_steps, exact_copies, ledgers
from silverprint.config import Clean, Params
from silverprint.console import say
from silverprint.core.cleaning import identifiable_people, judge, known_bad, placeholders, rules, withdrawals
from silverprint.core.cleaning.reserved_since import reserved_since
from silverprint.core.duplicates import groups
from silverprint.core.duplicates.near_duplicates import Sameness, components
from silverprint.core.jobs import Run
from silverprint.core.reporting import summary
from silverprint.errors import DataError, UnavailableError
from silverprint.records import (
    BLUR,
    BLURRED,
    FACES,
    MANIFEST,
    MEASURED,
    NEIGHBOURS,
    NOBODY,
    RAW,
    WITHDRAWN,
    conform,
    empty,
)
from silverprint.stages.clean import colour_thumbnails, look_alikes, outliers, turned_copies
from silverprint.store import executor, files, tables
from silverprint.store.shards.purge import PURGED

_COSTLY = 0.9  # groups for each kept picture; where there are fewer, a line says so


def run(params: Params) -> None:
    """Writes data/clean (the manifest; near-duplicates of withdrawn pictures), data/withdrawn.csv and the figures.

    Raises:
        DataError: no picture was acquired or kept, or the manifest fails expectations/clean.json.
        UnavailableError: a table is not there, or a picture was not measured, or the detector of persons has not looked
            at it.
        ConfigError: a line of data/takedowns.csv, data/personal.csv or data/blocked.csv means nothing.
    """
    with executor.opened(params.executor) as work:
        manifest, withdrawn, blurred = _judged(params, work)
    _require_kept(manifest)
    _check(manifest, params.clean)
    tables.write(manifest, layout.MANIFEST, MANIFEST)
    if BLUR in (params.persons.policy, *params.persons.policies.values()):
        tables.write(blurred, layout.BLURRED, BLURRED)
    else:
        layout.BLURRED.unlink(missing_ok=True)
    tables.write_ledger(withdrawn, layout.WITHDRAWN, WITHDRAWN, ["image_id"])
    _name_neighbours(withdrawals.neighbours(manifest))
    figures = _metrics(manifest)
    files.write_text(layout.CLEAN_METRICS, json.dumps(figures, indent=2, sort_keys=True) + "\n")
    say(f"clean: {figures['kept']} of {figures['acquired']} pictures kept, in {figures['groups']} groups")
    if figures["kept"] < figures["acquired"]:
        say("clean: the others, by name and reason: silverprint source list NAME --rejected")
    if figures["groups"] < _COSTLY * figures["kept"]:
        say(f"clean: {groups.describe(manifest.filter('kept'))}")


def _judged(params: Params, work: Run) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The manifest, the withdrawals, and what is blurred.

    All else that was read is let go: to check a manifest takes memory, too.
    """
    raw = pl.concat([tables.read_parts(layout.raw(source), RAW) for source in params.sources])
    measured = pl.concat([tables.read_parts(layout.measured(source), MEASURED) for source in params.sources])
    pixels = exact_copies.pixel_hashes(params.sources, raw, measured)
    withdrawn = withdrawals.resolve(ledgers.takedowns(), raw, pixels)
    pictures = _pictures(params, raw, measured).join(pixels, on="image_id", how="left", maintain_order="left")
    seen = judge.comparable_rows(_here(pictures), params.clean)
    same = _same(params, pictures, seen, work)
    pairs = _belonging(params, pictures, seen, work)
    suspected = _treated(params, _suspected(pictures, raw, seen, same, work))
    judged = judge.judge(suspected, withdrawn, same, pairs, params.clean)
    return judged.select(list(MANIFEST)), withdrawn, identifiable_people.blurred(suspected)


def _pictures(params: Params, raw: pl.DataFrame, measured: pl.DataFrame) -> pl.DataFrame:
    """Every acquired picture once, sorted by image_id: the best licensed, then earliest of its RAW rows, measured."""
    acquired = raw.filter(pl.col("image_id").is_not_null()).with_columns(judge.license_rank(params.clean))
    if acquired.is_empty():
        remedy = crowd_steps.lacking(params) or "look at data/raw, or add a source"
        raise DataError("0 pictures", "no source has given a picture", remedy)
    once = acquired.sort("image_id", "license_rank", "fetched_at", "source", "url").unique("image_id", keep="first")
    pictures = once.join(measured.unique("image_id"), on="image_id", how="left").sort("image_id")
    lacking = pictures.filter(pl.col("decodable").is_null() & (pl.col("outcome") != PURGED))
    if not lacking.is_empty():
        source = lacking["source"][0]
        rule = "acquired and not measured"
        raise UnavailableError(f"{len(lacking)} pictures of {source}", rule, f"run: silverprint repro measure@{source}")
    return pictures


def _here(pictures: pl.DataFrame) -> pl.DataFrame:
    """The pictures; those whose bytes were purged are not decodable."""
    return pictures.with_columns(decodable=pl.col("decodable") & (pl.col("outcome") != PURGED))


def _same(params: Params, pictures: pl.DataFrame, rows: NDArray[np.int64], work: Run) -> Sameness:
    """Which of `pictures` are nearly the same, of those in `rows`."""
    hashes = pictures[rows].select(judge.HASH).to_numpy()
    by_hash = Sameness.by_hash(hashes, rows, len(pictures), params.clean.duplicate_radius, work)
    return colour_thumbnails.add_colours(params.sources, pictures["image_id"], by_hash)


def _suspected(
    pictures: pl.DataFrame, raw: pl.DataFrame, rows: NDArray[np.int64], same: Sameness, work: Run
) -> pl.DataFrame:
    """`pictures` with `reserved`, `pages` and `strangeness`; the last of those in `rows`, else null."""
    image_ids = pictures["image_id"].gather(rows)
    strange = outliers.outlier_scores(image_ids, work)
    pages = placeholders.page_counts(raw, pictures["image_id"], components(same))
    for figures in (reserved_since(raw), pages, pl.DataFrame({"image_id": image_ids, "strangeness": strange})):
        pictures = pictures.join(figures, on="image_id", how="left", maintain_order="left")
    return pictures


def _treated(params: Params, pictures: pl.DataFrame) -> pl.DataFrame:
    """`pictures` with what data/blocked.csv names, and with what the detector and data/personal.csv know of persons in
    them and what becomes of those.
    """
    named = known_bad.matches(pictures, ledgers.blocked_hashes(), params.clean.duplicate_radius)
    pictures = pictures.join(named, on="image_id", how="left", maintain_order="left")
    found, boxes, least = ledgers.personal_findings(), empty(BLURRED), params.clean.personal_confidence
    if params.persons.detector != "none":
        faces = tables.read_parts(layout.PERSONS, FACES)
        _require_looked_at(pictures.filter("decodable"), faces)
        elsewhere = found.filter(pl.col("confidence") >= least)  # of these nobody knows where they are in the picture
        boxes = conform(faces.join(elsewhere, on="image_id", how="anti"), BLURRED)
        found = pl.concat([found, identifiable_people.as_findings(faces, params.persons.detector)])
    for known in (identifiable_people.personal_findings(found, least), boxes):
        pictures = pictures.join(known, on="image_id", how="left", maintain_order="left")
    return identifiable_people.with_treatment(pictures, params.persons.policy, params.persons.policies)


def _require_looked_at(pictures: pl.DataFrame, faces: pl.DataFrame) -> None:
    lacking = pictures.join(faces, on="image_id", how="anti").height
    if lacking:
        rule = "the detector of persons has not looked at them"
        raise UnavailableError(f"{lacking} pictures", rule, "run: silverprint repro persons")


def _belonging(params: Params, pictures: pl.DataFrame, rows: NDArray[np.int64], work: Run) -> NDArray[np.int64]:
    """(P, 2) of the `rows` of `pictures` that are grouped, by `clean.group`."""
    if params.clean.group == "none":
        return np.empty((0, 2), dtype=np.int64)
    links = judge.hash_links(pictures, rows, params.clean, work)
    if params.clean.group == "hash":
        return links
    links = np.concatenate([links, _alike(params, pictures, rows, work)])
    return np.concatenate([links, turned_copies.pairs(params, pictures, rows, links, work)])


def _alike(params: Params, pictures: pl.DataFrame, rows: NDArray[np.int64], work: Run) -> NDArray[np.int64]:
    """(P, 2) of the `rows` of `pictures` that look like the same picture, by features and thumbnails."""
    image_ids = pictures["image_id"].gather(rows)
    found = look_alikes.pairs(params.sources, image_ids, params.clean.alike_limit, work)
    if found.crowded:
        say(
            f"clean: {found.crowded} pictures have so many look-alikes that they were compared with a part of them only"
        )
    return np.asarray(rows[found.pairs])


def _name_neighbours(neighbours: pl.DataFrame) -> None:
    path = layout.CLEAN / "near-withdrawn.csv"
    tables.write_ledger(neighbours, path, NEIGHBOURS, ["target", "withdrawn", "image_id"])
    if not neighbours.is_empty():
        say(f"clean: {neighbours.height} kept pictures look like withdrawn ones; decide: {path}")


def _require_kept(manifest: pl.DataFrame) -> None:
    if manifest["kept"].any():
        return
    counts = manifest["reason"].value_counts().sort(["count", "reason"], descending=[True, False])
    reason, count = counts.row(0)
    rule = f"none of {len(manifest)} acquired pictures is kept"
    raise DataError(f"{count} pictures are {reason}", rule, rules.BY_REASON[reason].remedy)


def _check(manifest: pl.DataFrame, limits: Clean) -> None:
    params = {
        "reasons": list(rules.REASONS),
        "licenses": list(limits.licenses),
        "known_license": 1.0 if limits.unknown_license == "reject" else 0.0,
    }
    suite = layout.SUITES / "clean.json"
    failed = critical_failures(check(manifest, suite, params))
    if failed:
        raise DataError(f"manifest: {failed[0]}", f"{len(failed)} expectations of {suite} failed", "fix the source")


def _metrics(manifest: pl.DataFrame) -> dict[str, Any]:
    kept = manifest.filter("kept")
    sizes = kept["group"].value_counts()["count"]
    return {
        **_shares(manifest),
        "rejected": summary.rejection_counts(manifest),
        "flagged": summary.flag_counts(kept),
        "personal": kept["personal"].count(),
        "hidden": int((kept["shown_to"] == NOBODY).sum()),
        "groups": len(sizes),
        "largest_group": int(sizes.max()),  # type: ignore[arg-type]
        "sources": {str(source): _shares(rows) | _fill(rows) for (source,), rows in manifest.group_by("source")},
    }


def _fill(manifest: pl.DataFrame) -> dict[str, float]:
    """How completely a source's pictures say where they come from, 0..1; what they cannot say is left out."""
    (row,) = summary.provenance(manifest).to_dicts()
    return {f"{name}_fill": round(row[name], 6) for name in summary.PROVENANCE if row[name] is not None}


def _shares(manifest: pl.DataFrame) -> dict[str, Any]:
    return {
        "acquired": len(manifest),
        "kept": int(manifest["kept"].sum()),
        "license_fill": round(float(manifest["license"].is_not_null().mean()), 6),  # type: ignore[arg-type]
    }
