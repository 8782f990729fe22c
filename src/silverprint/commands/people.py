"""silverprint people invite|list: annotators' accounts on the annotation backend."""

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from silverprint import annotation_registry, config, layout
from silverprint.annotation_backend import AnnotationBackend
from silverprint.campaign import account_names, annotator_ledger, round_state
from silverprint.config import CROWD, Params
from silverprint.console import say
from silverprint.errors import DataError, SilverprintError, UsageError
from silverprint.store import server_users
from silverprint.store.files import write_text
from silverprint.store.server_home import STUDIO


def invite(names: list[str], tier: str | None = None) -> None:
    """Makes an account for each name that has none, and keeps what to hand over in var/people/<name>.json, mode 600.

    Who has an account, for another campaign on this server, is one of this one's people from now on. A file from before
    the server moved gets its present address.

    Args:
        tier: the group that they belong to from now on; None: as before, the crowd at first.

    Raises:
        UsageError: a name is not one, or an e-mail address; params.yaml has no such tier; somebody is retired.
        DataError: a file in var/people is broken.
        UnavailableError, NotAllowedError: the annotation backend.
    """
    emails = {name.lower(): account_names.email(name.lower()) for name in names}
    if tier is not None:
        _require_tier(tier, config.load())
    backend = annotation_registry.connect()
    known = {email.lower() for email in backend.people().values()}
    for name, email in emails.items():
        path = layout.PEOPLE / f"{name}.json"
        if email in known:
            say(f"{name} has an account already: {_where_password(path, backend)}")
            continue
        _make(backend, path, email)
        say(f"{name} can sign in: hand over the address, e-mail and password in {path}")
    wanted = {*emails.values()}
    account_names.remember({who: email for who, email in backend.people().items() if email.lower() in wanted})
    if tier is not None:
        _give_tier(backend, emails, tier)


def _require_tier(tier: str, params: Params) -> None:
    if tier not in params.tier_names:
        rule = f"params.yaml knows the tiers {', '.join(params.tier_names)}"
        raise UsageError(f"--tier {tier[:80]}", rule, f"add it there under tiers: {{{tier[:80]}: {{}}}}")


def _give_tier(backend: AnnotationBackend, emails: Mapping[str, str], tier: str) -> None:
    people = backend.people()
    account_names.remember(people)
    by_email = {email.lower(): who for who, email in people.items()}
    states, tiers = annotator_ledger.states(), annotator_ledger.tiers()
    for name, email in emails.items():
        who = by_email[email]
        if states.get(who) == "retired":
            remedy = f'silverprint people resume {name} --why "...", then invite {name} to the tier'
            raise UsageError(name, f"{who} is retired", remedy)
        if tiers.get(who, CROWD) == tier:
            say(f"{name} is of the tier {tier} already")
            continue
        annotator_ledger.give_tier(who, tier)
        say(f"{name} is of the tier {tier} from now on: commit {layout.ANNOTATORS}; go on: silverprint repro")


def _where_password(path: Path, backend: AnnotationBackend) -> str:
    """Where a lead finds the password of an account that was there before."""
    if _readdressed(path, backend.sign_in_url):
        return str(path)
    theirs = [user.folder / path for user in server_users.others(STUDIO)] if backend.local and not STUDIO.is_own else []
    sign_in = f"they sign in at {backend.sign_in_url} and are people of this campaign, too"
    if found := next((other for other in theirs if other.exists()), None):
        return f"{sign_in}; the password is in {found}"
    return f"{sign_in}; the password is the one that they have; if it is lost, invite them by another name"


def _readdressed(path: Path, address: str) -> bool:
    """Whether the file is there; it names `address` then."""
    if not path.exists():
        return False
    try:
        account = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        account = None
    if not isinstance(account, dict) or not account.get("email") or not account.get("password"):
        remedy = "fix it, or remove it and invite the person by another name"
        raise DataError(str(path), "not an account's file, with an email and a password", remedy)
    if account.get("url") != address:
        write_text(path, json.dumps(account | {"url": address}, indent=2) + "\n", mode=0o600)
    return True


def _make(backend: AnnotationBackend, path: Path, email: str) -> None:
    account = {"url": backend.sign_in_url, "email": email, "password": secrets.token_urlsafe(12)}
    # First the file: an account whose password nobody knows would be of no use.
    write_text(path, json.dumps(account, indent=2) + "\n", mode=0o600)
    try:
        backend.invite(email, account["password"])
    except SilverprintError:
        path.unlink()
        raise


def show(params: Params) -> None:
    """Who has an account, under which pseudonym the tables know them, how many pictures each answered, how well.

    `gold` and `consensus` are shares of right answers with their 95 % intervals.
    """
    from silverprint.campaign import annotator_quality  # it loads solvers

    backend = annotation_registry.connect()
    looked: Counter[str] = Counter()
    names = {params.dataset.campaign, *(state.campaign for state in round_state.every())}
    for project in backend.projects():
        if project.campaign in names:  # the server may be that of other campaigns, too
            looked.update(backend.progress(project).by)
    states, tiers, quality = annotator_ledger.states(), annotator_ledger.tiers(), annotator_quality.newest(params)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("person", "pseudonym", "pictures", "tier", "state", "gold", "consensus", "suspicion"):
        table.add_column(heading, no_wrap=heading == "pseudonym")
    people = backend.people()
    known = account_names.remember(people)
    for pseudonym in people:
        row = quality.get(pseudonym, {})
        table.add_row(
            known[pseudonym],
            pseudonym,
            str(looked[pseudonym]),
            tiers.get(pseudonym, CROWD),
            states.get(pseudonym, "active"),
            _share(row, "gold_accuracy", "gold_low", "gold_high"),
            _share(row, "accuracy", "low", "high"),
            row.get("suspicion") or "",
        )
    Console(highlight=False).print(table)


def _share(row: dict[str, Any], value: str, low: str, high: str) -> str:
    """A share with its 95 % interval, in percent."""
    if row.get(value) is None:
        return ""
    return f"{row[value]:.0%} ({row[low]:.0%}-{row[high]:.0%})"
