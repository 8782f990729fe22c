"""Userinfo in addresses: a user and a password, which nothing that is kept, shared or printed may hold."""

import re
from typing import Final

HIDDEN: Final = "***"  # stands where a user or a password was

# What stands before the authority by the WHATWG URL standard: of the web's schemes any number of slashes, or none, and
# a backslash is one. `//` alone begins an address that has the scheme of its page.
_BEFORE: Final = re.compile(r"(?:https?|wss?|ftp):[/\\]*+|(?:[a-z][a-z0-9+.-]*+:)?[/\\]{2,}+", re.IGNORECASE)
_BEHIND: Final = re.compile(r"[/\\?#]")  # what ends the authority
_HOST_AND_PORT: Final = re.compile(r"(?:\[[^\]@]*+\]|[^\0-\x20:<>@\[\]^|\x7f]*+)(?::[0-9]*+)?")
_UNPRINTED: Final = re.compile("[\t\n\r]")  # characters that the standard removes wherever they are
_ENDS: Final = "".join(map(chr, range(33)))  # C0 controls and the space, which it removes at the ends
_IN_TEXT: Final = re.compile(r"(https?:[/\\]*+|:[/\\]{2,}+)([^\s/\\?#]*+)", re.IGNORECASE)


def without_userinfo(address: str, instead: str = "") -> str:
    """`address` without its user and password; the same object where it names none.

    What the standard cannot read is taken for one address all the same: if no host and port stand before the path, a
    password may hold a slash, and all up to the last `@` is taken out.

    Args:
        instead: stands in their place, with an `@` behind it.
    """
    if "@" not in address:
        return address
    read = _UNPRINTED.sub("", address).strip(_ENDS)
    before = _BEFORE.match(read)
    if before is None:
        return address
    start = before.end()
    behind = _BEHIND.search(read, start)
    end = behind.start() if behind else len(read)
    if _HOST_AND_PORT.fullmatch(read, max(start, read.rfind("@", start, end) + 1), end) is None:
        end = len(read)
    at = read.rfind("@", start, end)
    if at < 0 or read[start:at] in ("", ":"):
        return address
    return f"{read[:start]}{instead}{'@' if instead else ''}{read[at + 1 :]}"


def without_passwords(text: str) -> str:
    """`text` with HIDDEN for the user and the password in each address that has both."""
    return _IN_TEXT.sub(_hidden, text) if "@" in text else text


def _hidden(found: re.Match[str]) -> str:
    user, at, host = found[2].rpartition("@")
    return f"{found[1]}{HIDDEN}@{host}" if at and ":" in user else found[0]
