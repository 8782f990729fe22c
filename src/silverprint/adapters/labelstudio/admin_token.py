"""Administrator's token, read from our own server's database: anybody may reset theirs on its pages.

A reset locks out whoever knows the old token, and the password may have been changed too. The database is ours and lies
here, so it is asked.
"""

from typing import Final

from silverprint.adapters.labelstudio import own_database
from silverprint.errors import UnavailableError

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
    with own_database.connect("the administrator's token cannot be read") as database:
        found = database.execute(_USER, (email,)).fetchone()
        if found is None:
            rule = f"the administrator's account {email} is gone from it"
            remedy = "set LABEL_STUDIO_API_KEY to the access token of another account (Account & Settings there)"
            raise UnavailableError(str(own_database.PATH), rule, remedy)
        user, organisation = found
        with database:
            database.execute(_ALLOW, (organisation,))
            database.execute(_GIVE, (known, user))
        return str(database.execute(_TOKEN, (user,)).fetchone()[0])
