"""silverprint people invite|list: annotators' accounts on the annotation backend."""

import json
import re
import secrets
from collections import Counter
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from silverprint import annotation_registry, layout
from silverprint.annotation_backend import AnnotationBackend
from silverprint.campaign import names
from silverprint.campaign.names import DOMAIN
from silverprint.console import say
from silverprint.errors import DataError, SilverprintError, UsageError
from silverprint.store.files import write_text

# What Label Studio takes as an e-mail address, without quoted parts and address literals.
_WORD: Final = r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
_NAME: Final = re.compile(rf"(?=[a-z0-9])(?=.{{1,200}}$)(?=[^@]{{1,64}}(?:@|$)){_WORD}(?:@{_HOST})?")


def invite(names: list[str]) -> None:
    """Makes an account for each name that has none, and keeps what to hand over in var/people/<name>.json, mode 600.

    A file from before the server moved gets its present address.

    Raises:
        UsageError: a name is not one, or an e-mail address.
        DataError: a file in var/people is broken.
        UnavailableError, NotAllowedError: the annotation backend.
    """
    emails = {name.lower(): _email(name.lower()) for name in names}
    backend = annotation_registry.connect()
    known = {email.lower() for email in backend.people().values()}
    for name, email in emails.items():
        path = layout.PEOPLE / f"{name}.json"
        if email in known:
            say(f"{name} has an account already{f': {path}' if _readdressed(path, backend.sign_in_url) else ''}")
            continue
        _make(backend, path, email)
        say(f"{name} can sign in: hand over the address, e-mail and password in {path}")


def _email(name: str) -> str:
    if not _NAME.fullmatch(name):
        rule = "a person is a plain name (up to 64 letters, digits, . _ + -) or an e-mail address"
        raise UsageError(repr(name[:80]), rule, "for example: silverprint people invite ada bo@example.org")
    return name if "@" in name else f"{name}@{DOMAIN}"


def _readdressed(path: Path, address: str) -> bool:
    """Whether the file is there; it names `address` then."""
    if not path.exists():
        return False
    try:
        account = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        account = None
    if not isinstance(account, dict):
        raise DataError(
            str(path), "not an account's file", "fix it, or remove it and invite the person by another name"
        )
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


def show() -> None:
    """Who has an account, under which pseudonym the tables know them, and how many pictures each looked at."""
    backend = annotation_registry.connect()
    looked: Counter[str] = Counter()
    for project in backend.projects():
        looked.update(backend.progress(project).by)
    table = Table("person", "pseudonym", "pictures answered")
    people = backend.people()
    known = names.remember(people)
    for pseudonym in people:
        table.add_row(known[pseudonym], pseudonym, str(looked[pseudonym]))
    Console(highlight=False).print(table)
