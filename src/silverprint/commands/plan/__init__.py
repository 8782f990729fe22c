"""silverprint plan: what a campaign of so many pictures takes: time, memory, disk, people and money."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil

from silverprint import layout
from silverprint.campaign import forecast
from silverprint.commands.plan import calibration, given, text
from silverprint.config import Params
from silverprint.core.planning import plan
from silverprint.core.planning.stage_costs import COLUMNS, Pool
from silverprint.core.planning.unit_costs import TRIED, UnitCosts
from silverprint.errors import UsageError
from silverprint.store import features, json_files
from silverprint.store.executor import cores

_INSIDE = ("parquet", "webdataset")  # formats that hold the pictures in files of their own; all others share one copy


def run(
    params: Params,
    pictures: int | None = None,
    machines: int = 1,
    gpus: int | None = None,
    costs_file: Path | None = None,
    as_json: bool = False,
) -> None:
    """Prints the plan of this campaign with `pictures` acquired pictures, on machines like this one.

    Args:
        pictures: None: as many as it has, by the last `clean`.

    Raises:
        UsageError: it has none so far, and no number was given.
        ConfigError: the file of unit costs breaks a rule.
        UnavailableError, DataError: a file of this campaign that is read is damaged.
    """
    acquired = _acquired() if pictures is None else pictures
    written = given.read(costs_file) if costs_file else {}
    tried = {} if set(TRIED) <= set(written) else calibration.measured(params)
    known = {name: value for name, value in tried.items() if name not in ("measured", "on")}
    values: dict[str, Any] = {"gpu_s": None, **known, **written}
    units = UnitCosts(**values)
    if gpus is None:
        gpus = int(tried.get("gpu_s") is not None)
    here = plan.Machines(machines, cores.available(), float(psutil.virtual_memory().total), gpus)
    pool, groups = _pool(params, acquired)
    people = [
        plan.RoundPlan(name, effort.votes, effort.hours, effort.cost)
        for name, effort in forecast.all_rounds(params, groups, units.vote_s)
    ]
    found = plan.make(pool, units, here, people)
    origin = {"measured": tried.get("measured"), "on": tried.get("on"), "given": sorted(written)}
    if as_json:
        document = asdict(found) | {"units": asdict(units), "origin": origin, "notes": text.notes(found, units)}
        sys.stdout.write(json.dumps(document, indent=2) + "\n")
        return
    sys.stdout.write("".join(f"{line}\n" for line in text.lines(found, units, origin, params.people.currency)))


def _acquired() -> int:
    """Pictures that the campaign has."""
    figures = _clean_figures()
    if not figures or not figures["acquired"]:
        raise UsageError("plan", "no picture was read here yet", "say how many: silverprint plan --pictures 5000")
    return int(figures["acquired"])


def _clean_figures() -> dict[str, Any]:
    """What the last `clean` counted; empty before it."""
    if not layout.CLEAN_METRICS.exists():
        return {}
    return json_files.read(layout.CLEAN_METRICS, "acquired", "kept", "groups", remedy="run: silverprint repro clean")


def _pool(params: Params, pictures: int) -> tuple[Pool, int]:
    """The pool, and the groups that are asked about once; shares that are kept are those of this campaign so far."""
    kept = grouped = 1.0
    if figures := _clean_figures():
        kept, grouped = figures["kept"] / figures["acquired"], figures["groups"] / figures["acquired"]
    columns = COLUMNS
    if (layout.EMBED / features.DESCRIPTION).exists():
        columns = sum(features.describe(layout.EMBED)["blocks"].values())
    formats = params.release.formats
    holders = sum(one in _INSIDE for one in formats) + any(one not in _INSIDE for one in formats)
    pool = Pool(
        pictures, kept, len(params.dataset.classes), params.model.members, columns, holders,
        len(params.round_names), bool(params.classifiers),
        params.persons.detector != "none",
    )  # fmt: skip
    return pool, round(grouped * pictures)
