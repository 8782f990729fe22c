"""silverprint recruit pay|bonus|settle: what participants are paid, each thing once."""

import secrets
from collections import Counter
from typing import Any

from silverprint import layout, recruiting
from silverprint.adapters.contribute import invites
from silverprint.adapters.recruit import RECRUITERS
from silverprint.campaign import confirm, payments, studies
from silverprint.campaign.lock import exclusive
from silverprint.campaign.studies import money
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import UsageError
from silverprint.recruiter import OutcomeUnknown, Recruiter, Study, Submission


def pay(params: Params, name: str, dry_run: bool = False) -> None:
    """Approves the submissions of contributors who were accepted, and rejects those of rejected ones.

    Raises:
        UsageError: no such study.
        UnavailableError, NotAllowedError, DataError: the recruiter; what was paid until then is written down.
    """
    row = studies.find(name)
    study, recruiter = recruiting.study_of(params, row), RECRUITERS[row["recruiter"]](dry_run)
    count, judged = Counter[str](), recruiting.Judgements(row)
    with exclusive(recruiting.LOCK):
        for submission in recruiter.submissions(study, recruiting.entrance(row)):
            done = _decide(judged, study, recruiter, submission, dry_run)
            count[done or f"waiting for {studies.review_command(row)}"] += 1
        if not dry_run:
            _look_for_bonuses(row, study, recruiter)
    told = ", ".join(f"{number} {what}" for what, number in sorted(count.items())) or "no submission yet"
    say(f"{name}: {told}{'; nothing was changed' if dry_run else ''}")


def bonus(params: Params, name: str, participant: str, amount: int, why: str, yes: bool = False) -> None:
    """Pays one participant something on top.

    Raises:
        UsageError: no such study or participant; it was not confirmed.
        OutcomeUnknown: a bonus of this participant may have been paid, now or earlier.
    """
    row = studies.find(name)
    study, recruiter = recruiting.study_of(params, row), RECRUITERS[row["recruiter"]](False)
    theirs = recruiting.find(row, study, recruiter, participant)
    confirm.require(f"pay {participant} a bonus of {money(amount)} {study.currency}", yes)
    with exclusive(recruiting.LOCK):
        _look_for_bonuses(row, study, recruiter)
        if unknown := [one for one in _unknown(name) if one["participant"] == participant]:
            raise _nobody_knows(name, unknown[0])
        reference = recruiter.prepare_bonus(study, theirs.participant, amount)
        payment = secrets.token_hex(5)
        try:
            payments.once(
                name, participant, payment, amount, lambda: recruiter.pay_bonus(study, reference),
                reference=reference, why=" ".join(why.split()),
            )  # fmt: skip
        except OutcomeUnknown:
            raise _nobody_knows(name, {"participant": participant, "amount": amount}) from None
    say(f"{participant}: a bonus of {money(amount)} {study.currency}; commit {layout.PAYMENTS}")


def settle(_: Params, name: str, participant: str, paid: bool) -> None:
    """Writes down what a person saw at the recruiter of bonuses of which nobody knew whether they were paid.

    Raises:
        UsageError: there is no such bonus.
    """
    studies.find(name)
    with exclusive(recruiting.LOCK):
        unknown = [one for one in _unknown(name) if one["participant"] == participant]
        if not unknown:
            raise UsageError(
                f"participant {participant}", "has no bonus whose outcome is unknown", "nothing has changed"
            )
        for one in unknown:
            step = "paid" if paid else "refused"
            payments.write(**{**one, "step": step, "why": "as a person saw it at the recruiter"})
    say(f"{participant}: {'paid' if paid else 'not paid'}; commit {layout.PAYMENTS}")


def _decide(
    judged: recruiting.Judgements, study: Study, recruiter: Recruiter, submission: Submission, dry_run: bool
) -> str | None:
    """Does what was decided about a submission; what became of it, for a count. None where nothing was decided."""
    name = submission.participant
    key = invites.signer().participant(study.name, name)
    ends = {"approved": ("paid", study.pay), "rejected": ("rejected", 0)}
    if submission.state in ends:
        step, amount = ends[submission.state]
        if not dry_run and payments.step_of(study.name, key, payments.REWARD) not in ("paid", step):
            seen = {"study": study.name, "participant": key, "payment": payments.REWARD, "amount": amount}
            payments.write(**seen, step=step, reference=None, why="found so at the recruiter")
        return submission.state
    if submission.state != "submitted":
        return submission.state
    decision, why = judged.decision(key), judged.why(key)
    if judged.differs(key):
        return f"of whom some were accepted and others rejected by one link: {key}"
    if decision is None:
        return None
    if payments.step_of(study.name, key, payments.REWARD) in ("paid", "rejected"):
        return "decided"
    accepted = decision == "accepted"

    def ask() -> None:
        recruiter.approve(study, name) if accepted else recruiter.reject(study, name, why)

    if dry_run:
        ask()
    elif accepted:
        payments.once(study.name, key, payments.REWARD, study.pay, ask, again=True)
    else:
        payments.once(study.name, key, payments.REWARD, 0, ask, end="rejected", again=True, why=why)
    return decision


def _look_for_bonuses(row: dict[str, Any], study: Study, recruiter: Recruiter) -> None:
    """Ends what nobody knew, where the recruiter says by now that it paid."""
    for one in _unknown(study.name):
        theirs = recruiting.find(row, study, recruiter, one["participant"])
        known = [
            other for other in payments.standing(study.name)
            if other["participant"] == one["participant"] and other["step"] == "paid"
            and other["payment"] != payments.REWARD
        ]  # fmt: skip
        if len(recruiter.bonuses(study, theirs.participant)) > len(known):
            payments.write(**{**one, "step": "paid", "why": "found so at the recruiter"})


def _unknown(study: str) -> list[dict[str, Any]]:
    rows = payments.standing(study)
    return [one for one in rows if one["step"] == "asked" and one["payment"] != payments.REWARD]


def _nobody_knows(study: str, one: dict[str, Any]) -> OutcomeUnknown:
    value = f"bonus of {money(one['amount'])} to {one['participant']}"
    remedy = f"look there, then: silverprint recruit settle {study} {one['participant']} --paid or --no-paid"
    return OutcomeUnknown(value, "nobody knows whether the recruiter paid it, so it is not asked for again", remedy)
