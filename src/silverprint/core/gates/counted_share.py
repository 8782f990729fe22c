"""Counted shares: k of n, and what is sure of the share behind them."""

from dataclasses import dataclass

from silverprint.core.evaluation.intervals import clopper_pearson


@dataclass(frozen=True)
class CountedShare:
    """`found` of `among`, 0 to `among`."""

    found: int
    among: int

    @property
    def surely(self) -> float | None:
        """The lower end of the exact 95 % interval (Clopper-Pearson); None where nothing was counted.

        A limit that it exceeds is exceeded by chance in at most 2.5 % of rounds, however few are counted.
        """
        return clopper_pearson(self.found, self.among)[0] if self.among else None

    def __str__(self) -> str:
        if self.surely is None:
            return "nothing to count"
        return f"{self.found} of {self.among}, surely {self.surely:.3f} or more"
