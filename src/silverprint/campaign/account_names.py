"""Names of annotators' accounts: what people are invited by, and who is behind a pseudonym.

The latter is for this machine's screen alone: it lies in var/, and no output has it.
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from silverprint import layout
from silverprint.annotation_backend import PARTICIPANTS
from silverprint.campaign import annotator_ledger
from silverprint.errors import UsageError
from silverprint.store import files

DOMAIN: Final = "silverprint.local"  # domain of people who were invited by a plain name
_ADMINISTRATOR: Final = "admin"  # of our own server: nobody who labels
# What Label Studio takes as an e-mail address, without quoted parts and address literals.
_WORD: Final = r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
_NAME: Final = re.compile(rf"(?=[a-z0-9])(?=.{{1,200}}$)(?=[^@]{{1,64}}(?:@|$)){_WORD}(?:@{_HOST})?")


def email(name: str) -> str:
    """The address of the account of `name`, which is in lower case.

    Raises:
        UsageError: it is neither a name nor an address.
    """
    if not _NAME.fullmatch(name):
        rule = "a person is a plain name (up to 64 letters, digits, . _ + -) or an e-mail address"
        raise UsageError(repr(name[:80]), rule, "for example: silverprint people invite ada bo@example.org")
    return name if "@" in name else f"{name}@{DOMAIN}"


def shown(address: str) -> str:
    """The name that the person of this address was invited by."""
    return address.removesuffix(f"@{DOMAIN}")


def invited() -> list[str]:
    """Those who have an account and may work, as far as this machine has heard, by name.

    Participants of studies do their part when they come, and nobody waits for them.
    """
    known = by_pseudonym()
    stopped = {known.get(who) for who, state in annotator_ledger.states().items() if state != "active"}
    here = {path.stem for path in layout.PEOPLE.glob("*.json")}
    everybody = (here | {*known.values()}) - stopped - {_ADMINISTRATOR}
    return sorted(name for name in everybody if not name.endswith(PARTICIPANTS))


def remember(people: Mapping[str, str]) -> dict[str, str]:
    """Keeps what the annotation backend says, pseudonym -> e-mail, beside what is known; name by pseudonym."""
    known = by_pseudonym() | {who: shown(address) for who, address in people.items()}
    _keep(known)
    return known


def forget(pseudonym: str) -> None:
    """Keeps this one's name no longer."""
    _keep({who: name for who, name in by_pseudonym().items() if who != pseudonym})


def by_pseudonym() -> dict[str, str]:
    """Name by pseudonym, as far as this machine has heard them."""
    try:
        found = json.loads(layout.NAMES.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it may go at any time
        return {}
    return {str(who): str(name) for who, name in found.items()} if isinstance(found, dict) else {}


def _keep(known: Mapping[str, str]) -> None:
    files.write_text(layout.NAMES, json.dumps(known, indent=2, sort_keys=True) + "\n", mode=0o600)
