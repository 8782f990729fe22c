"""Prolific as a recruiter, by its public REST API (docs.prolific.com/api-reference, read in November 2026).

A study is a draft until it is published; its link carries the submission as SESSION_ID; a submission waits for review,
is approved (paid) or rejected. A change of a submission is idempotent there. Paying a bonus is not: it is prepared,
which pays nothing, and then paid by one call that must never be repeated.
"""

from typing import Any, Final
from urllib.parse import quote

from silverprint.adapters.recruit.prolific_api import Api
from silverprint.errors import UnavailableError
from silverprint.recruiter import Entrance, OutcomeUnknown, State, Study, Submission

_API: Final = "/api/v1"
_STATES: Final[dict[str, State]] = {
    "RESERVED": "active",
    "ACTIVE": "active",
    "PROCESSING": "active",  # for a moment after a decision
    "AWAITING REVIEW": "submitted",
    "APPROVED": "approved",
    "PARTIALLY APPROVED": "approved",
    "REJECTED": "rejected",
    "RETURNED": "gone",
    "TIMED-OUT": "gone",
    "SCREENED OUT": "gone",
}
_PARAMETERS: Final = "PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
_ENDED: Final = ("AWAITING REVIEW", "COMPLETED")


class Prolific:
    """A participant is a submission's id there.

    Args:
        dry_run: print what would change anything, and send it not.
        api: calls; its own unless a test has others.
    """

    def __init__(self, dry_run: bool = False, api: Api | None = None) -> None:
        self._api = api or Api(dry_run)

    def open(self, study: Study, entrance: Entrance) -> tuple[str, list[str]]:
        found = self._found(study)
        if found is None:
            found = self._change("/studies/", self._draft(study, entrance))
        reference = str(found.get("id", "{id}"))
        if found.get("status", "UNPUBLISHED") == "UNPUBLISHED":
            self._change(f"/studies/{_quoted(reference)}/transition/", {"action": "PUBLISH"})
        return reference, [f"Prolific finds the participants; its study: {reference}"]

    def submissions(self, study: Study, entrance: Entrance) -> list[Submission]:
        rows = self._api.pages(f"{_API}/submissions/", study=_reference(study))
        return [Submission(str(row["id"]), _STATES.get(row["status"], "active")) for row in rows]

    def approve(self, study: Study, participant: str) -> None:
        self._decide(participant, {"action": "APPROVE"})

    def reject(self, study: Study, participant: str, why: str) -> None:
        message = (  # Prolific wants 100 characters at least
            "A person has looked at what you handed in for this study, and has not accepted it for this reason: "
            f"{why}. If you think that this is wrong, please write to us."
        )
        self._decide(participant, {"action": "REJECT", "message": message, "rejection_category": "OTHER"})

    def bonuses(self, study: Study, participant: str) -> list[int]:
        answer = self._api.get(f"{_API}/submissions/{_quoted(participant)}/")
        return [round(paid) for paid in answer.get("bonus_payments") or []]

    def prepare_bonus(self, study: Study, participant: str, amount: int) -> str:
        line = f"{participant},{amount / 100:.2f}"
        answer = self._change("/submissions/bonus-payments/", {"study_id": _reference(study), "csv_bonuses": line})
        return str(answer.get("id", "{id}"))

    def pay_bonus(self, study: Study, reference: str) -> None:
        self._api.post(f"{_API}/bulk-bonus-payments/{_quoted(reference)}/pay/", {}, repeatable=False)

    def close(self, study: Study) -> None:
        reference = _reference(study)
        if self._api.get(f"{_API}/studies/{_quoted(reference)}/").get("status") not in _ENDED:
            self._change(f"/studies/{_quoted(reference)}/transition/", {"action": "STOP"})

    def _found(self, study: Study) -> dict[str, Any] | None:
        """The study there, even if the answer to its making was lost."""
        if study.reference is not None:
            return self._api.get(f"{_API}/studies/{_quoted(study.reference)}/")
        studies = self._api.pages(f"{_API}/studies/")  # in every state: it may have been published, too
        return next((row for row in studies if row.get("internal_name") == _internal_name(study)), None)

    def _draft(self, study: Study, entrance: Entrance) -> dict[str, Any]:
        return {
            "name": study.title,
            "internal_name": _internal_name(study),
            "description": study.description,
            "external_study_url": f"{entrance.common}?{_PARAMETERS}",
            "prolific_id_option": "url_parameters",
            "completion_codes": [
                {"code": entrance.common_code, "code_type": "COMPLETED", "actions": [{"action": "MANUALLY_REVIEW"}]}
            ],
            "total_available_places": study.places,
            "estimated_completion_time": study.minutes,
            "reward": study.pay,
        }

    def _decide(self, participant: str, body: dict[str, Any]) -> None:
        self._api.post(f"{_API}/submissions/{_quoted(participant)}/transition/", body, repeatable=True)

    def _change(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A change that pays nobody: it is looked for before it is asked for again."""
        try:
            return self._api.post(_API + path, body, repeatable=False)
        except OutcomeUnknown as lost:
            raise UnavailableError(lost.value, lost.rule, "it pays nobody: run the same again") from None


def _quoted(name: str) -> str:
    """A name as a part of a path; `{id}`, of a dry run, stays as it is."""
    return quote(name, safe="{}")


def _internal_name(study: Study) -> str:
    return f"silverprint {study.name} {study.planned_at}"


def _reference(study: Study) -> str:
    if study.reference is None:
        raise UnavailableError(f"study {study.name}", "was not made at Prolific yet", "run: silverprint recruit open")
    return study.reference
