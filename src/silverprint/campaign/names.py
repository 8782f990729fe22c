"""Names of the people behind pseudonyms, for this machine's screen alone: they lie in var/, and no output has them."""

import json
from collections.abc import Mapping
from typing import Final

from silverprint import layout
from silverprint.store import files

DOMAIN: Final = "silverprint.local"  # domain of people who were invited by a plain name


def remember(people: Mapping[str, str]) -> dict[str, str]:
    """Keeps what the annotation backend says, pseudonym -> e-mail, beside what is known; name by pseudonym."""
    known = names() | {who: email.removesuffix(f"@{DOMAIN}") for who, email in people.items()}
    files.write_text(layout.NAMES, json.dumps(known, indent=2, sort_keys=True) + "\n", mode=0o600)
    return known


def names() -> dict[str, str]:
    """Name by pseudonym, as far as this machine has heard them."""
    try:
        found = json.loads(layout.NAMES.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it may go at any time
        return {}
    return {str(who): str(name) for who, name in found.items()} if isinstance(found, dict) else {}
