"""Administrator's token, read from our own server's database: anybody may reset theirs on its pages.

A reset locks out whoever knows the old token, and the password may have been changed too. The database is ours and lies
here, so it is asked.
"""

import sqlite3
from contextlib import closing
from typing import Final

from silverprint import layout
from silverprint.adapters.labelstudio import local_server
from silverprint.errors import UnavailableError

_PATIENCE_S: Final = 30.0  # time to wait for a server that is writing
_USER: Final = "SELECT id, active_organization_id FROM htx_user WHERE email = ?"
_TOKEN: Final = "SELECT key FROM authtoken_token WHERE user_id = ?"  # noqa: S105  no token
_ALLOW: Final = (
    "UPDATE jwt_auth_jwtsettings SET legacy_api_tokens_enabled = 1"
    " WHERE organization_id = ? AND NOT legacy_api_tokens_enabled"
)
_GIVE: Final = (
    "INSERT INTO authtoken_token (key, created, user_id) SELECT ?1, datetime('now'), ?2"
    " WHERE NOT EXISTS (SELECT 1 FROM authtoken_token WHERE user_id = ?2)"
)


def token(email: str, known: str) -> str:
    """The token that the server takes from `email` now; `known`, made valid again, where the account has none.

    Tokens of this kind are allowed again, should somebody have switched them off: Silverprint signs in with one.

    Raises:
        UnavailableError: the account is gone, or the database is not readable, or stays locked.
    """
    path = layout.STUDIO / "data" / local_server.DATABASE
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE_S)) as database:
            found = database.execute(_USER, (email,)).fetchone()
            if found is None:
                rule = f"the administrator's account {email} is gone from it"
                remedy = "set LABEL_STUDIO_API_KEY to the access token of another account (Account & Settings there)"
                raise UnavailableError(str(path), rule, remedy)
            user, organisation = found
            with database:
                database.execute(_ALLOW, (organisation,))
                database.execute(_GIVE, (known, user))
            return str(database.execute(_TOKEN, (user,)).fetchone()[0])
    except sqlite3.Error as error:
        rule = f"the administrator's token cannot be read ({error})"
        raise UnavailableError(str(path), rule, "run: silverprint studio down, then: silverprint studio up") from None
