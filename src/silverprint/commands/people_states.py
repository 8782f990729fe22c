"""silverprint people retire|pause|resume|erase: stops somebody's work, and says what becomes of their votes."""

import json
import re
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from silverprint import annotation_registry, layout, yamltext
from silverprint.annotation_backend import AnnotationBackend
from silverprint.campaign import account_names, annotator_ledger, confirm, ledgers
from silverprint.campaign import retire as retiring
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.votes.retirement import LabelChanges
from silverprint.errors import ConfigError, UnavailableError, UsageError

_PSEUDONYM: Final = re.compile(r"[0-9a-f]{8}-\d+")
_ERASED: Final = "who they are was erased"


def retire(params: Params, name: str, why: str, yes: bool = False) -> None:
    """Takes somebody's votes out of the labels, after a look at what that changes; the ledgers keep them.

    Raises:
        UsageError: there is no such person, no reason, or nobody to confirm.
        ConfigError: this campaign's dvc.yaml would not make the labels again.
    """
    why = _reason(why)
    _require_dependency()
    who, backend = _find(name)
    if annotator_ledger.states().get(who) == "retired":
        say(f"{who} is retired already")
    else:
        changes = retiring.preview(params, who)
        if changes is not None:
            _print(who, changes)
        confirm.require(f"retire {who}", yes)
        annotator_ledger.add(who, "retired", why)
        say(f"{who} is retired: their votes stay in the ledgers and count for nothing")
    for round_name, images in retiring.ask_again(params, who, why).items():
        say(f"{round_name} asks another person about {images} pictures")
    for round_name, images in retiring.thinned_rounds(params, who).items():
        say(f"{round_name} is closed, and {images} of its pictures have a vote less; to ask about the disputed ones:")
        say(f'  silverprint round reopen {round_name} --extra 1 --why "..."')
    _shut(who, backend)
    say("go on: silverprint repro")


def pause(params: Params, name: str, why: str) -> None:
    """Stops somebody's work for now; their votes count."""
    who, backend = _find(name)
    _require_not_retired(who, "pause")
    annotator_ledger.add(who, "paused", _reason(why))
    say(f"{who} is paused; their votes count. Back: silverprint people resume {name}")
    _shut(who, backend)


def resume(params: Params, name: str, why: str) -> None:
    """Lets a paused or retired person work again, and their votes count."""
    who, backend = _find(name)
    why = _reason(why)
    if annotator_ledger.states().get(who, "active") == "active":
        if backend is not None and who in annotator_ledger.states() and backend.set_open(who, True):
            say(f"{who} is active already, and can sign in to {backend.url}")
            return
        raise UsageError(name, f"{who} is neither paused nor retired", "see: silverprint people list")
    annotator_ledger.add(who, "active", why)
    for round_name, asks in retiring.take_asks_back(params, who).items():
        say(f"{round_name} asks {asks} people less")
    if backend is None:
        say(f"{who}'s server is not reached: if their account was shut there, it is until this is run again")
    else:
        backend.set_open(who, True)
    say(f"{who} is active, and their votes count; go on: silverprint repro")


def erase(params: Params, name: str, yes: bool = False) -> None:
    """Removes who somebody is, here and on the server, for good. Their votes stay under the pseudonym.

    Raises:
        UsageError: there is no such person, or nobody to confirm.
    """
    who, backend = _find(name)
    if backend is None:
        rule = "its server is not reached, and only that knows the name"
        raise UnavailableError(who, rule, "start it: silverprint studio up; or set LABEL_STUDIO_URL")
    email = backend.people().get(who, "")
    others = annotator_ledger.active_elsewhere(who) if backend.local else []
    also = f", also for {', '.join(others)}" if others else ""
    confirm.require(f"erase who {who} is ({account_names.shown(email)}){also}", yes)
    if annotator_ledger.states().get(who, "active") == "active":
        annotator_ledger.add(who, "paused", _ERASED)
    account_names.forget(who)
    for path in _files(email):
        path.unlink()
        say(f"{path} is removed")
    if backend.erase(who):
        say(f"{who} has no name and no address on {backend.url} any more; their votes count as before")
    else:
        number = who.rpartition("-")[2]
        say(
            f"{backend.url} keeps the name: it has no way to remove it without the votes. Have its administrator "
            f"change e-mail and name of the account number {number} in its database; do not delete the account"
        )


def _find(name: str) -> tuple[str, AnnotationBackend | None]:
    """The pseudonym of a person, and the server of their account where it can be reached.

    Raises:
        UsageError: there is no such person.
        UnavailableError: a name is given, and the server that knows it is not reached.
    """
    if _PSEUDONYM.fullmatch(name) and _has_votes(name):
        reached = _reached()
        return name, reached if reached is not None and name.startswith(f"{reached.server}-") else None
    backend = annotation_registry.connect()
    people = backend.people()
    if name in people:
        return name, backend
    email = account_names.email(name.lower())
    for pseudonym, address in people.items():
        if address.lower() == email:
            return pseudonym, backend
    raise UsageError(repr(name[:80]), f"nobody has the account {email}", "see: silverprint people list")


def _has_votes(pseudonym: str) -> bool:
    rounds = sorted(path.parent.name for path in layout.ROUNDS.glob("*/votes.csv"))
    return any(pseudonym in ledgers.votes(name)["annotator"] for name in rounds)


def _reached() -> AnnotationBackend | None:
    try:
        return annotation_registry.connect()
    except UnavailableError:
        return None


def _reason(why: str) -> str:
    if not why.strip():
        raise UsageError(f"--why {why!r}", "a decision about a person has a reason", 'give it: --why "..."')
    return " ".join(why.split())


def _require_dependency() -> None:
    if str(layout.ANNOTATORS) not in yamltext.read(layout.PIPELINE):
        value = f"dvc.yaml does not name {layout.ANNOTATORS}"
        rule = "the stages `labels` depend on it, or the labels would stay as they are"
        raise ConfigError(value, rule, f"add {layout.ANNOTATORS} to the deps of labels")


def _require_not_retired(who: str, verb: str) -> None:
    if annotator_ledger.states().get(who) == "retired":
        raise UsageError(f"{verb} {who}", "they are retired", f"first: silverprint people resume {who}")


def _print(who: str, changes: LabelChanges) -> None:
    table = Table("class", "labels now", f"without {who}", title_justify="left")
    for row in changes.classes.to_dicts():
        table.add_row(row["class"], str(row["before"]), str(row["after"]))
    Console(highlight=False).print(table)
    say(f"of {changes.labels} labels {changes.changed} change their class and {changes.lost} are lost")


def _shut(who: str, backend: AnnotationBackend | None) -> None:
    if backend is None:
        say(f"{who}'s server is not reached: they can still sign in there, until this is run again")
    elif backend.local and (others := annotator_ledger.active_elsewhere(who)):
        say(f"{who} can still sign in to {backend.url}, for {', '.join(others)} asks there too: tell them to stop here")
    elif backend.set_open(who, False):
        say(f"{who} cannot sign in to {backend.url} any more")
    else:
        say(f"{backend.url} has no way to shut an account: {who} can still sign in there; tell them to stop")


def _files(email: str) -> list[Path]:
    """The files that `people invite` made for this address."""
    found: list[Path] = []
    for path in sorted(layout.PEOPLE.glob("*.json")):
        try:
            account = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(account, dict) and email and str(account.get("email")).lower() == email.lower():
            found.append(path)
    return found
