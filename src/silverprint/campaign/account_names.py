"""Names of annotators' accounts: plain names and e-mail addresses that people are invited by."""

import re
from typing import Final

from silverprint.errors import UsageError

DOMAIN: Final = "silverprint.local"  # domain of people who were invited by a plain name
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
