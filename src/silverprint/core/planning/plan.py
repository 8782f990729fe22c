"""Plan of a campaign of N pictures: each stage's time, memory, disk and money, and what limits the whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from silverprint.core.planning.stage_costs import Cost, Pool, costs, runs
from silverprint.core.planning.unit_costs import UnitCosts

_HOUR, _GB, _MB = 3600.0, 1e9, 1e6


@dataclass(frozen=True)
class Machines:
    """
    Attributes:
        count, cores: machines, all alike, and the cores of each.
        memory_b: bytes of memory of each.
        gpus: of one machine.
    """

    count: int
    cores: int
    memory_b: float
    gpus: int = 0


@dataclass(frozen=True)
class StagePlan:
    """A stage of the whole campaign.

    Attributes:
        runs: how often it works through the pool.
        core_seconds: seconds of one core, of all runs.
        seconds: by the wall's clock, of all runs, while nothing else runs: of the cores, the GPU, the network or the
            disk, whichever takes longest; at_least: one of them is not known.
        spread: what the work of cores is divided among, on so many `machines`; limit: what takes longest.
        anonymous_bytes: memory on a machine that must be there; peak_bytes: with the pages of mapped files.
        fits_up_to: pictures with which the former is as large as a machine's memory; None: any number.
        disk_bytes: written by all runs.
        money: of machines and GPUs, in people.currency.
    """

    stage: str
    runs: int
    core_seconds: float
    seconds: float
    at_least: bool
    spread: str
    limit: str
    machines: int
    anonymous_bytes: float
    peak_bytes: float
    fits_up_to: int | None
    disk_bytes: float
    money: float


@dataclass(frozen=True)
class RoundPlan:
    """People's work in a round. hours: None where nobody's pace is known; money: None there, or without a price."""

    round: str
    votes: int
    hours: float | None
    money: float | None


@dataclass(frozen=True)
class Totals:
    """
    Attributes:
        seconds: of the machines, one stage after the other.
        bottleneck: the stage that takes longest.
        hungriest: the stage that stops fitting into memory first; fits_up_to: pictures with which it does so.
        disk_bytes: of all stages, once; a DVC remote holds as much again.
        received_bytes: from sites; sent_bytes: pictures shown to people, and the release downloaded once.
        votes, people_hours, people_money: of all rounds; None where a round's are.
        machine_money, egress_money: once. storage_money: a month, here and at the remote.
    """

    seconds: float
    bottleneck: str
    hungriest: str
    fits_up_to: int | None
    disk_bytes: float
    received_bytes: float
    sent_bytes: float
    votes: int
    people_hours: float | None
    people_money: float | None
    machine_money: float
    egress_money: float
    storage_money: float


@dataclass(frozen=True)
class Plan:
    pool: Pool
    machines: Machines
    stages: list[StagePlan]
    rounds: list[RoundPlan]
    totals: Totals


def make(pool: Pool, units: UnitCosts, machines: Machines, rounds: Sequence[RoundPlan]) -> Plan:
    """The plan of `pool` with what single pictures cost, and people's work as it was counted for each round."""
    stages = [
        _stage(name, runs(name, pool), cost, pool.pictures, units, machines)
        for name, cost in costs(pool, units, gpus=machines.gpus, cores=machines.cores).items()
    ]
    return Plan(pool, machines, stages, list(rounds), _totals(pool, units, stages, rounds))


def _stage(name: str, times: int, cost: Cost, pictures: int, units: UnitCosts, machines: Machines) -> StagePlan:
    used = machines.count if cost.spread == "every machine" else 1
    lanes = used * (1 if cost.spread == "one core" else machines.cores)
    cores = (cost.core_seconds(pictures) - cost.start_s) / lanes
    network = cost.received_b * pictures / (_MB * units.network_mb_s) if units.network_mb_s else 0.0
    disk = cost.written_b * pictures / (_MB * units.disk_mb_s)
    gpu = cost.gpu_s * pictures
    takes = {"cores": cores, "one GPU": gpu, "the network": network, "the disk": disk}
    limit = max(takes, key=takes.__getitem__)
    seconds = times * (cost.start_s + takes[limit])
    price = used * units.machine_hour + (units.gpu_hour if gpu else 0.0)
    return StagePlan(
        stage=name, runs=times, core_seconds=times * cost.core_seconds(pictures), seconds=seconds,
        at_least=cost.at_least, spread=cost.spread, limit=limit, machines=used,
        anonymous_bytes=cost.anonymous_bytes(pictures) if times else 0.0,
        peak_bytes=cost.peak_bytes(pictures) if times else 0.0,
        fits_up_to=cost.fits_up_to(machines.memory_b) if times else None,
        disk_bytes=times * cost.written_b * pictures, money=price * seconds / _HOUR,
    )  # fmt: skip


def _totals(pool: Pool, units: UnitCosts, stages: Sequence[StagePlan], rounds: Sequence[RoundPlan]) -> Totals:
    fits_up_to, hungriest = min((one.fits_up_to, one.stage) for one in stages if one.fits_up_to is not None)
    disk = sum(one.disk_bytes for one in stages)
    votes = sum(one.votes for one in rounds)
    sent = (votes + pool.pictures * pool.kept * pool.holders) * units.picture_bytes
    return Totals(
        seconds=sum(one.seconds for one in stages),
        bottleneck=max(stages, key=lambda one: one.seconds).stage,
        hungriest=hungriest,
        fits_up_to=fits_up_to,
        disk_bytes=disk,
        received_bytes=pool.pictures * units.picture_bytes,
        sent_bytes=sent,
        votes=votes,
        people_hours=_sum([one.hours for one in rounds]),
        people_money=_sum([one.money for one in rounds]),
        machine_money=sum(one.money for one in stages),
        egress_money=units.gb_egress * sent / _GB,
        storage_money=units.gb_month * 2 * disk / _GB,
    )


def _sum(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
