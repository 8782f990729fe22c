"""Confirmation of what a command is about to do, asked once where somebody is there."""

import sys

from rich.prompt import Confirm

from silverprint.errors import UsageError


def require(what: str, yes: bool) -> None:
    """
    Args:
        what: as in "retire bo".
        yes: whether it was confirmed with --yes.

    Raises:
        UsageError: nobody is here to confirm it, or they did not.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(what, "nobody is here to confirm it", "give --yes")
    try:
        confirmed = Confirm.ask(f"{what}?")
    except EOFError:
        confirmed = False
    if not confirmed:
        raise UsageError(what, "it was not confirmed", "nothing has changed")
