"""Text of a plan: a table of stages, one of rounds, what limits the whole, what each figure assumes. 80 columns."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

from silverprint import layout
from silverprint.console import file_size
from silverprint.core.planning.plan import Plan, StagePlan
from silverprint.core.planning.unit_costs import UnitCosts

_WIDTH: Final = 80
_HEADINGS: Final = ("stage", "x", "time", "memory", "fits up to", "disk", "money", "work of")
_WIDTHS: Final = (8, 3, 10, 8, 12, 8, 9, 15)
_YEAR: Final = 24 * 365.25  # hours


def lines(plan: Plan, units: UnitCosts, origin: Mapping[str, Any], currency: str) -> Iterator[str]:
    machines = plan.machines
    yield from _wrapped(
        f"{plan.pool.pictures:,} pictures of {file_size(units.picture_bytes)}; machines: {machines.count:,} of "
        f"{machines.cores} cores and {file_size(machines.memory_b)}; GPUs: {machines.gpus:,}"
    )
    yield ""
    yield _row(_HEADINGS)
    for one in plan.stages:
        yield _row(_cells(one, priced=_priced(units)))
    yield ""
    yield from _people(plan, currency)
    yield ""
    yield from _answers(plan, units, currency)
    yield ""
    yield "Assumed:"
    for stage, note in notes(plan, units).items():
        yield from _wrapped(f"{stage}: {note}", 4, lead="  ")
    yield from _wrapped(f"unit costs: {_origin(origin)}", 4, lead="  ")


def notes(plan: Plan, units: UnitCosts) -> dict[str, str]:
    """What the figures assume, by the name of the stage or of what they are."""
    pool = plan.pool
    network = f"{units.network_mb_s:,.4g} MB/s come in" if units.network_mb_s else "the network's time is not known"
    return {
        "one core": "one process on one of the machines, however many there are; "
        f"seconds of the reference machine x {units.table_slowness:.2f}",
        "acquire": network,
        "measure": f"{_micro(units.measure_s)} of a core a picture; executor: ray shares it among machines",
        "embed": _embed_note(plan, units),
        "persons": _persons_note(plan, units),
        "clean": "the first time; later runs find their intermediate results in var/",
        "score": f"in rounds that have a model; {pool.members} heads, {pool.classes} classes",
        "queue": "strategy auto",
        "labels": "with the gate, for hundreds of labels, as train",
        "release": f"every kept picture is released, in {pool.holders} copies",
        "disk": f"takes {units.disk_mb_s:,.0f} MB/s",
        "memory": "without the pages of mapped files; where these do not fit either, it takes longer",
        "kept": f"{100 * pool.kept:.1f} % of the pictures",
        "people": "every round in params.yaml from its beginning, at the pace so far (or vote_s)",
        "left out": "check, start, preview, annotate, report; retries, and waiting for people",
    }


def _embed_note(plan: Plan, units: UnitCosts) -> str:
    decoding = f"a core decodes in {_micro(units.decode_s)} a picture"
    if not plan.machines.gpus:
        network = "is not known" if units.network_s is None else f"takes {_micro(units.network_s)}"
        return f"{decoding}, and the network {network}; one machine, no GPU"
    unknown = "its time is not known (gpu_s), and decoding alone counts"
    gpu = unknown if units.gpu_s is None else f"it takes {_micro(units.gpu_s)} a picture"
    return f"{decoding}; one GPU is used, and {gpu}"


def _persons_note(plan: Plan, units: UnitCosts) -> str:
    if not plan.pool.detector:
        return "no detector is named (persons.detector)"
    cost = "its time is not known (persons_s)" if units.persons_s is None else f"{_micro(units.persons_s)} of a core"
    return f"{cost} a picture; one machine, no GPU"


def _micro(seconds: float) -> str:
    return f"{1e6 * seconds:,.0f} microseconds"


def _cells(one: StagePlan, *, priced: bool) -> tuple[str, ...]:
    time = _time(one.seconds) if one.runs else "-"
    return (
        one.stage,
        str(one.runs),
        f"> {time}" if one.at_least and one.runs else time,
        file_size(one.anonymous_bytes) if one.runs else "-",
        _count(one.fits_up_to),
        file_size(one.disk_bytes),
        _money(one.money) if priced else "-",
        _spread(one),
    )


def _spread(one: StagePlan) -> str:
    if one.limit != "cores":
        return one.limit
    if one.spread != "every machine":
        return one.spread
    return "every core" if one.machines == 1 else f"{one.machines:,} machines"


def _people(plan: Plan, currency: str) -> Iterator[str]:
    if not plan.rounds:
        yield "No round is planned: silverprint round add NAME"
        return
    for one in plan.rounds:
        hours = "nobody's pace is known: vote_s" if one.hours is None else f"{one.hours:,.1f} hours"
        money = "" if one.money is None else f"{one.money:,.2f} {currency}"
        yield f"{one.round:<16.16} {one.votes:>11,} votes  {hours:>14}  {money}".rstrip()


def _answers(plan: Plan, units: UnitCosts, currency: str) -> Iterator[str]:
    totals, memory = plan.totals, plan.machines.memory_b
    stages = {one.stage: one for one in plan.stages}
    slowest, hungriest = stages[totals.bottleneck], max(plan.stages, key=lambda one: one.anonymous_bytes)
    more = "more than " if any(one.at_least and one.runs for one in plan.stages) else ""
    people = "" if totals.people_hours is None else f", and {totals.people_hours:,.1f} hours of people's work"
    yield from _wrapped(f"How long:   {more}{_time(totals.seconds)}, one stage after the other{people}", 12)
    yield from _wrapped(f"Bottleneck: {slowest.stage}, {_time(slowest.seconds)}, the work of {_spread(slowest)}", 12)
    verdict = "fits" if hungriest.anonymous_bytes <= memory else "does not fit"
    limit = f"{totals.hungriest} stops fitting at {_count(totals.fits_up_to)} pictures"
    need = f"{hungriest.stage} needs {file_size(hungriest.anonymous_bytes)}, a machine has {file_size(memory)}"
    remedy = "" if hungriest.anonymous_bytes <= memory else "; split the campaign by source, or use a larger machine"
    yield from _wrapped(f"Memory:     {verdict}: {need}; {limit}{remedy}", 12)
    yield from _wrapped(
        f"Disk:       {file_size(totals.disk_bytes)}, and as much at a DVC remote; "
        f"{file_size(totals.received_bytes)} come in, {file_size(totals.sent_bytes)} go out (people, one download)", 12,
    )  # fmt: skip
    if totals.people_money is not None or _priced(units):
        yield from _wrapped(f"Money:      {currency}: {'; '.join(_prices(plan, units))}", 12)


def _prices(plan: Plan, units: UnitCosts) -> Iterator[str]:
    totals = plan.totals
    yield "people's hours or price unknown" if totals.people_money is None else f"people {totals.people_money:,.2f}"
    if not _priced(units):
        yield "machines, disk and egress without a price (--costs)"
        return
    yield f"machines {totals.machine_money:,.2f}"
    yield f"egress {totals.egress_money:,.2f}"
    yield f"storage {totals.storage_money:,.2f} a month"


def _origin(origin: Mapping[str, Any]) -> str:
    parts = []
    if origin["measured"]:
        parts.append(f"tried here {origin['measured']} on {origin['on']}; to try again: rm {layout.UNIT_COSTS}")
    if origin["given"]:
        parts.append(f"given: {', '.join(origin['given'])}")
    return "; ".join(parts)


def _priced(units: UnitCosts) -> bool:
    return any((units.machine_hour, units.gpu_hour, units.gb_month, units.gb_egress))


def _row(cells: tuple[str, ...]) -> str:
    last = len(cells) - 1
    aligned = [
        f"{cell:<{width}}" if place in (0, last) else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    ]
    return " ".join(aligned).rstrip()


def _wrapped(line: str, indent: int = 0, lead: str = "") -> list[str]:
    return textwrap.wrap(line, _WIDTH, initial_indent=lead, subsequent_indent=" " * indent)


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    hours = seconds / 3600
    if hours < 100:
        return f"{hours:.1f} h"
    return f"{hours:,.0f} h" if hours < 100_000 else f"{hours / _YEAR:,.0f} years"


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if amount < 1e5 else f"{amount:,.0f}" if amount < 1e7 else f"{amount:.3g}"


def _count(pictures: int | None) -> str:
    """Three digits, rounded down."""
    if pictures is None:
        return "any number"
    unit = 10 ** max(0, len(str(pictures)) - 3)
    short = pictures // unit * unit
    return f"{short:,}" if short < 1e9 else f"{short / 1e9:,.4g}e9"
