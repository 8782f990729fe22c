"""Links as a recruiter: a link for each place, which the lead hands out, and a list of whom to pay. No third party."""

import sys

from silverprint.adapters.recruit import decisions
from silverprint.recruiter import Entrance, State, Study, Submission


class Links:
    """Participants are numbers, from 1; a submission is there once a picture, or all answers, were given by its link.

    Args:
        dry_run: print what would be written, and write nothing.
    """

    def __init__(self, dry_run: bool = False) -> None:
        self.dry_run = dry_run

    def open(self, study: Study, entrance: Entrance) -> tuple[str, list[str]]:
        return study.name, [f"{number}  {entrance.personal(number)}" for number in participants(study)]

    def submissions(self, study: Study, entrance: Entrance) -> list[Submission]:
        states, names = decided(study), participants(study)
        came = {*entrance.came(names), *states}
        return [Submission(name, states.get(name, "submitted")) for name in names if name in came]

    def approve(self, study: Study, participant: str) -> None:
        self._add(study, participant, "approve", study.pay)

    def reject(self, study: Study, participant: str, why: str) -> None:
        self._add(study, participant, "reject", 0, why)

    def bonuses(self, study: Study, participant: str) -> list[int]:
        rows = [row for row in decisions.read(study) if (row["participant"], row["decision"]) == (participant, "bonus")]
        return [round(100 * float(row["amount"])) for row in rows]

    def prepare_bonus(self, study: Study, participant: str, amount: int) -> str:
        return f"{participant}:{amount}:{len(self.bonuses(study, participant)) + 1}"

    def pay_bonus(self, study: Study, reference: str) -> None:
        participant, amount, _ = reference.split(":")
        self._add(study, participant, "bonus", int(amount), reference=reference)

    def close(self, study: Study) -> None:
        """Nothing is asked of anybody: our own page lets nobody more begin."""

    def _add(self, study: Study, participant: str, decision: str, amount: int, why: str = "", **more: str) -> None:
        if self.dry_run:
            sys.stdout.write(f"{decisions.path_of(study)}: {participant}, {decision}, {amount / 100:.2f}, {why}\n")
        else:
            decisions.add(study, participant, decision, amount, why, **more)


def participants(study: Study) -> list[str]:
    return [str(number) for number in range(1, study.places + 1)]


def decided(study: Study) -> dict[str, State]:
    """What was decided about participants."""
    states: dict[str, State] = {"approve": "approved", "reject": "rejected"}
    rows = decisions.read(study)
    return {row["participant"]: states[row["decision"]] for row in rows if row["decision"] in states}
