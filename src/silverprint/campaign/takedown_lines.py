"""Lines of data/takedowns.csv: what was asked to be taken down, and the pictures that it means today."""

from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from silverprint import layout
from silverprint.campaign import exact_copies, ledgers
from silverprint.config import Params
from silverprint.core.cleaning import withdrawals
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UnavailableError
from silverprint.records import RAW, TAKEDOWNS, conform
from silverprint.store import tables


@dataclass(frozen=True)
class Takedown:
    """
    Attributes:
        reached: WITHDRAWN, every picture that is meant, copies of the same pixels among them.
        here: whether a source holds one of them.
        new: TAKEDOWNS, the lines that the ledger lacks.
        unmeasured: the sources that are not measured on this disk: copies in them are not known.
    """

    reached: pl.DataFrame
    here: bool
    new: pl.DataFrame
    unmeasured: tuple[str, ...] = ()

    def write(self) -> None:
        """
        Raises:
            DiskError: no space.
        """
        rows = pl.concat([ledgers.takedowns(), self.new])
        tables.write_ledger(rows, layout.TAKEDOWNS, TAKEDOWNS, ["at", "target", "image_id"])


def draw_up(params: Params, kind: str, targets: list[str], why: str, raw: pl.DataFrame) -> Takedown:
    """What the targets, all of a kind of `core.cleaning.takedowns.KINDS`, mean on this disk; nothing is written.

    Args:
        raw: `indexes`.
    """
    asked = [{"image_id": target if kind == "image" else None, "kind": kind, "target": target} for target in targets]
    rules = conform(pl.DataFrame(asked), TAKEDOWNS)
    reached = withdrawals.resolve(rules, raw, exact_copies.pixel_hashes_of_measured(params.sources, raw))
    rows = pl.concat([rules, conform(reached.with_columns(kind=pl.lit(kind)), TAKEDOWNS)])
    at = datetime.now(UTC).isoformat(timespec="seconds")
    rows = rows.unique("image_id", keep="first", maintain_order=True).with_columns(why=pl.lit(why), at=pl.lit(at))
    new = rows.join(ledgers.takedowns(), on=["image_id", "kind", "target"], how="anti", nulls_equal=True)
    unmeasured = tuple(source for source in params.sources if not layout.measured(source).is_dir())
    return Takedown(reached, not reached.join(raw, on="image_id", how="semi").is_empty(), new, unmeasured)


def indexes(params: Params) -> pl.DataFrame:
    """RAW of every source.

    Raises:
        UnavailableError: a source's index is not here.
    """
    for source in params.sources:
        if not layout.raw(source).is_dir():
            rule = "the takedown cannot be resolved without this source's index"
            remedy = f"run: {missing_outputs.recovery_command(layout.raw(source))}"
            raise UnavailableError(str(layout.raw(source)), rule, remedy)
    return pl.concat([tables.read_parts(layout.raw(source), RAW) for source in params.sources])
