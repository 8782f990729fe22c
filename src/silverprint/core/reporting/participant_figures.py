"""Figures of a study's participants who labelled, and what they propose to decide about the pay."""

from collections.abc import Mapping
from typing import Any

from silverprint.core.reporting.contributor_figures import Proposal


def propose(row: Mapping[str, Any], min_gold: float) -> Proposal:
    """What the figures of a participant propose.

    `reject` where their answers do not depend on the pictures, or are surely right too seldom on gold. `look` where
    that is not sure, answers are missing, or nothing has measured them. Else `accept`.

    Args:
        row: answers, asked; suspicion, accuracy as ANNOTATORS has them; gold_answers, gold_right, gold_accuracy,
            gold_low, gold_high, null without gold.
        min_gold: share of right answers on gold pictures that is wanted at least, 0..1.
    """
    if row["suspicion"] is not None:
        return Proposal("reject", f"the answers are those of a {row['suspicion']}")
    if row["gold_accuracy"] is not None and row["gold_accuracy"] < min_gold:
        counted = f"{row['gold_right']} of {row['gold_answers']} right on gold"
        why = f"{counted} ({row['gold_low']:.0%}-{row['gold_high']:.0%}; at least {min_gold:.0%})"
        is_sure = row["gold_high"] < min_gold
        return Proposal("reject", why) if is_sure else Proposal("look", f"{why}: too few to be sure")
    if row["answers"] < row["asked"]:
        return Proposal("look", f"{row['answers']} of {row['asked']} answers are given")
    if row["gold_accuracy"] is None and row["accuracy"] is None:
        return Proposal("look", "neither gold nor a consensus has measured the answers")
    return Proposal("accept", f"{row['answers']} of {row['asked']} answers are given, and nothing speaks against them")
