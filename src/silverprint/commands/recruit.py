"""silverprint recruit: people who are paid to give pictures, found by one of the recruiters."""

import json
import sys
import time
from collections import Counter
from dataclasses import asdict
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from silverprint import contribute_page, layout, recruiting
from silverprint.adapters.contribute import inbox, invites
from silverprint.adapters.contribute.invites import Signer
from silverprint.adapters.recruit import RECRUITERS
from silverprint.campaign import confirm, studies
from silverprint.campaign.lock import exclusive
from silverprint.campaign.studies import money
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import SilverprintError, UsageError
from silverprint.recruiter import Submission

_DAY_S: Final = 86_400


def open_study(
    params: Params,
    by: str,
    places: int,
    pay: int,
    minutes: int,
    source: str | None = None,
    label: str | None = None,
    theme: str | None = None,
    pictures: int = 20,
    answers: int = 20,
    days: int = 14,
    currency: str | None = None,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Opens a study: says what it costs, and after a confirmation lets the recruiter make it.

    Args:
        pay: of one submission, in the hundredth part of the currency.
        source: a crowd, to which participants give pictures.
        label: a round instead, whose pictures they label.
        answers: that one participant is asked.

    Raises:
        UsageError: no such crowd, theme or round; more answers than the round wants; it was not confirmed.
        UnavailableError: the page was never started; the recruiter was not reached.
    """
    if (source is None) == (label is None):
        rule = "a study asks for pictures of a crowd, or for labels of a round"
        raise UsageError("recruit open", rule, "name either SOURCE or --label ROUND")
    facts: dict[str, Any] = {
        "recruiter": by, "places": places, "pay": pay, "currency": currency or params.people.currency,
        "minutes": minutes, "until": int(time.time()) + days * _DAY_S,
    }  # fmt: skip
    if source is not None:
        theme = contribute_page.theme_of(params, source, theme)
        facts |= {"source": source, "theme": theme, "pictures": pictures}
    else:
        facts |= {"round": label, "answers": answers}
    _require_reachable(by, contribute_page.address(), dry_run)
    if label is not None and studies.planned(facts) is None:
        recruiting.require_wanted(label, places, answers)
    cost = f"{places} {'place' if places == 1 else 'places'} at {money(pay)} {facts['currency']}"
    say(f"{cost}: {money(places * pay)} {facts['currency']}, and what the platform takes on top")
    if not dry_run:
        confirm.require(f"open a study of {cost}, by {by}", yes)
    with exclusive(recruiting.LOCK):
        row = studies.plan(facts, written=not dry_run)
        study = recruiting.study_of(params, row)
        reference, told = RECRUITERS[by](dry_run).open(study, recruiting.entrance(row))
        if dry_run:
            return
        studies.opened(row, reference)
    sys.stdout.write("".join(f"{line}\n" for line in told))
    say(f"{study.name} is open; commit {layout.STUDIES}; see: silverprint recruit status")


def show(params: Params, as_json: bool = False) -> None:
    """Prints each study with what came of it and what it cost, and each participant of open ones."""
    rows = [_standing(params, row) for row in studies.lines().to_dicts()]
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    if not rows:
        say("nobody is recruited yet: see silverprint docs recruiting")
        return
    console = Console(highlight=False)
    console.print(
        _table(rows, ("study", "recruiter", "places", "submitted", "approved", "rejected", "estimated", "paid"))
    )
    people = [person for row in rows for person in row["participants"]]
    if people:
        console.print(_table(people, ("participant", "contributors", "answers", "code", "state", "decision")))
    for row in rows:
        for sentence in row["next"]:
            console.print(f"{row['study']}: {sentence}", markup=False, soft_wrap=True)


def close(params: Params, name: str, dry_run: bool = False) -> None:
    """Lets nobody more begin, at the recruiter and on our own page; what was handed in is still to be paid."""
    row = studies.find(name)
    RECRUITERS[row["recruiter"]](dry_run).close(recruiting.study_of(params, row))
    if not dry_run:
        studies.closed(row)
        if not studies.labels(row):
            inbox.end_invites(row["source"], name)
        paid = f"what was handed in is paid by: silverprint recruit pay {name}"
        say(f"{name} is closed: nobody more begins, who began may finish; {paid}")


def _require_reachable(by: str, address: str, dry_run: bool) -> None:
    """
    Raises:
        UsageError: a platform would send people to an address of this machine or house.
    """
    if not contribute_page.is_private(address):
        return
    if by == "prolific" and not dry_run:
        rule = "is an address that only this machine or house reaches, and participants come from elsewhere"
        raise UsageError(address, rule, contribute_page.PUBLISH)
    say(f"warning: only this machine or house reaches {address}, where the links lead: {contribute_page.PUBLISH}")


def _standing(params: Params, row: dict[str, Any]) -> dict[str, Any]:
    cost, signer, steps = studies.cost(row), invites.signer(), list[str]()
    found, people = list[Submission](), list[dict[str, Any]]()
    try:
        study, entrance = recruiting.study_of(params, row), recruiting.entrance(row)
        found = RECRUITERS[row["recruiter"]](False).submissions(study, entrance)
        judged = recruiting.Judgements(row)
        people = [_person(row, signer, judged, one) for one in found]
    except SilverprintError as error:
        steps.append(f"what was handed in is not known: {error}")
    states = Counter(one.state for one in found)
    waiting = sum(one["state"] == "submitted" and one["decision"] is None for one in people)
    ready = sum(one["state"] == "submitted" and one["decision"] is not None for one in people)
    if waiting:
        steps.append(f"{waiting} wait for a decision: {studies.review_command(row)}")
    for one in people:
        if one["state"] == "submitted" and not one["contributors"] and one["decision"] is None:
            reject = f'{studies.review_command(row)} --reject {one["participant"]} --why "never came to the page"'
            steps.append(f"{one['participant']} handed in and never came to the page; to refuse it: {reject}")
        if one["state"] == "submitted" and one["differs"]:
            said = f"some who came by {one['participant']} were accepted and others rejected ({one['contributors']})"
            steps.append(f"{said}; decide alike about all: {studies.review_command(row)}")
    if ready:
        steps.append(f"{ready} are decided: silverprint recruit pay {row['study']}")
    if cost.unknown:
        steps.append(f"of {money(cost.unknown)} {cost.currency} nobody knows whether they were paid")
    return {
        "study": row["study"], "recruiter": row["recruiter"], "places": row["places"],
        "submitted": states["submitted"], "approved": states["approved"], "rejected": states["rejected"],
        "estimated": f"{money(cost.estimated)} {cost.currency}", "paid": f"{money(cost.paid)} {cost.currency}",
        "cost": asdict(cost), "participants": people, "next": steps,
    }  # fmt: skip


def _person(row: dict[str, Any], signer: Signer, judged: recruiting.Judgements, one: Submission) -> dict[str, Any]:
    key = signer.participant(row["study"], one.participant)
    code = signer.completion(row["study"] if row["recruiter"] == "prolific" else key)
    return {
        "participant": key,
        "contributors": ", ".join(judged.contributors(key)),
        "answers": judged.answers(key),
        "code": code,
        "state": one.state,
        "decision": judged.decision(key),
        "differs": judged.differs(key),
    }


def _table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns:
        table.add_column(heading, no_wrap=heading in ("study", "participant"))
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    return table
