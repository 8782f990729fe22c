"""People who are there to answer, as far as this machine has heard: nobody else can be asked."""

from silverprint.campaign import account_names, annotator_ledger, studies
from silverprint.config import CROWD


def of_tier(tier: str = CROWD) -> int | None:
    """Those who may answer what this tier is asked; the crowd is everybody. None where nobody knows: nobody was
    invited from here, or a study brings people who have no account yet.
    """
    if tier != CROWD:
        return len(annotator_ledger.active_of(tier)) or None
    return None if studies.lines().height else len(account_names.invited()) or None


def at_most(people: int, tier: str = CROWD, *, least: int) -> int:
    """How many of `people` can answer: as many as there are, and `least` in any case, for whom a round waits."""
    there = of_tier(tier)
    return people if there is None else min(people, max(least, there))
