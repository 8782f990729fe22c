"""Unit costs: what one picture, one hour and one gigabyte cost. Measured on this machine, or given."""

from dataclasses import dataclass, fields
from math import isfinite
from typing import Final

_MOST: Final = 1e15


@dataclass(frozen=True)
class UnitCosts:
    """
    Attributes:
        measure_s: seconds of one core for a picture in `measure`.
        decode_s: likewise in `embed`, before the network.
        network_s: likewise of the network; null where it could not be tried.
        gpu_s: seconds of one GPU for a picture's features; null where there is no GPU to try it on.
        table_slowness: seconds of one core for work on tables and features, over those of the machine that
            `core.planning.stage_costs` was measured on.
        picture_bytes: a picture as it is stored.
        disk_mb_s: megabytes a second that the disk takes.
        persons_s: seconds of one core for a picture in `persons`; null where there is no detector to try.
        vote_s: a person's seconds for a vote; null: as the rounds so far.
        network_mb_s: megabytes a second that come in from the sites; null: not known, and left out of account.
        machine_hour, gpu_hour, gb_month, gb_egress: prices, in people.currency: of a machine's hour and a GPU's, of
            10⁹ bytes stored for a month, and of 10⁹ bytes sent to people. 0: money is left out.
    """

    measure_s: float
    decode_s: float
    network_s: float | None
    gpu_s: float | None
    table_slowness: float
    picture_bytes: float
    disk_mb_s: float
    persons_s: float | None = None
    vote_s: float | None = None
    network_mb_s: float | None = None
    machine_hour: float = 0.0
    gpu_hour: float = 0.0
    gb_month: float = 0.0
    gb_egress: float = 0.0


NAMES: Final = tuple(field.name for field in fields(UnitCosts))
TRIED: Final = ("measure_s", "decode_s", "network_s", "table_slowness", "picture_bytes", "disk_mb_s")  # on a machine
PRICES: Final = ("machine_hour", "gpu_hour", "gb_month", "gb_egress")


def rule_broken(name: str, value: object) -> str | None:
    """The rule that `value` breaks as the unit cost `name`, one of NAMES; None if it may be one."""
    least = "0 or more" if name in PRICES else "above 0"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number {least}"
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number) or number > _MOST or number < 0 or (number == 0 and name not in PRICES):
        return f"must be {least}, at most 1e15"
    return None
