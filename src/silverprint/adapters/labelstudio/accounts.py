"""Accounts in our own server's database: closed, opened again, or stripped of who they belong to.

The community edition has no way to do so: it takes a removed member in again at their next request, and deleting an
account takes its name off its annotations, which would then be nobody's. The database is ours.
"""

from typing import Final

from silverprint.adapters.labelstudio import own_database

_OPEN: Final = "UPDATE htx_user SET is_active = :is_open WHERE id = :id"
_STRIP: Final = (
    "UPDATE htx_user SET is_active = :is_open, email = :email, username = :email, first_name = '', last_name = '',"
    " phone = '', avatar = '', password = '!' WHERE id = :id"
)
_WHAT: Final = "an account cannot be changed"


def set_open(user: int, is_open: bool) -> None:
    """Lets a person in, or shuts them out, from their next request on.

    Raises:
        UnavailableError: the database is not readable, or stays locked.
    """
    own_database.run(_WHAT, (_OPEN, {"is_open": is_open, "id": user}))


def strip(user: int, email: str) -> None:
    """Removes name, address and password of an account and shuts it, for good; its annotations stay its own.

    Args:
        email: what it is called from now on.

    Raises:
        UnavailableError: the database is not readable, or stays locked.
    """
    own_database.run(_WHAT, (_STRIP, {"is_open": False, "email": email, "id": user}))
