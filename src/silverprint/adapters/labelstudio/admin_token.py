"""Administrator's token, read from our own server's database: anybody may reset theirs on its pages.

A reset locks out whoever knows the old token, and the password may have been changed too. The database is ours, so it
is asked.
"""

from typing import Final

from silverprint.adapters.labelstudio import own_database
from silverprint.errors import UnavailableError

_USER: Final = "SELECT id, active_organization_id FROM htx_user WHERE email = :email"
_TOKEN: Final = "SELECT key FROM authtoken_token WHERE user_id = :id"  # noqa: S105  no token
_ALLOW: Final = (
    "UPDATE jwt_auth_jwtsettings SET legacy_api_tokens_enabled = :yes"
    " WHERE organization_id = :organisation AND NOT legacy_api_tokens_enabled"
)
_GIVE: Final = (
    "INSERT INTO authtoken_token (key, created, user_id) SELECT :key, CURRENT_TIMESTAMP, id FROM htx_user"
    " WHERE id = :id AND NOT EXISTS (SELECT 1 FROM authtoken_token WHERE user_id = :id)"
)
_WHAT: Final = "the administrator's token cannot be read"


def token(email: str, known: str) -> str:
    """The token that the server takes from `email` now; `known`, made valid again, where the account has none.

    Tokens of this kind are allowed again, should somebody have switched them off: Silverprint signs in with one.

    Raises:
        UnavailableError: the account is gone, or the database is not readable, or stays locked.
    """
    (found,) = own_database.run(_WHAT, (_USER, {"email": email}))
    if not found:
        rule = f"the administrator's account {email} is gone from it"
        remedy = "set LABEL_STUDIO_API_KEY to the access token of another account (Account & Settings there)"
        raise UnavailableError(own_database.place(), rule, remedy)
    ((user, organisation),) = found
    allow = (_ALLOW, {"yes": True, "organisation": organisation})
    give, ask = (_GIVE, {"key": known, "id": user}), (_TOKEN, {"id": user})
    *_, ((key,),) = own_database.run(_WHAT, allow, give, ask)
    return str(key)
