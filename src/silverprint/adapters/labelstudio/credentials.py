"""Address and token of the Label Studio server to use."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from silverprint.errors import ConfigError, NotAllowedError, UnavailableError
from silverprint.store import server_home, server_users

_ADDRESS: Final = re.compile(r"https?://[^/\s]+")


@dataclass(frozen=True)
class Access:
    url: str
    token: str = field(repr=False)
    local: bool = False  # whether it is our own server, on this machine


def find(wanted: str = "") -> Access:
    """LABEL_STUDIO_URL with LABEL_STUDIO_API_KEY, else the server of `silverprint studio up`.

    Args:
        wanted: the server that is needed, in words, where it cannot be any.

    Raises:
        UnavailableError: neither is there.
        NotAllowedError: an address without a token, or what can be none.
        ConfigError: LABEL_STUDIO_URL is no address.
    """
    url = os.environ.get("LABEL_STUDIO_URL", "")
    if url and not _ADDRESS.match(url):
        rule = "an address starts with http:// or https:// and names a host"
        raise ConfigError(f"LABEL_STUDIO_URL is {url}", rule, "for example: http://127.0.0.1:8080")
    token = os.environ.get("LABEL_STUDIO_API_KEY", "")
    if url and not token:
        rule = f"LABEL_STUDIO_URL is {url}, and a server other than our own needs a token"
        raise NotAllowedError("LABEL_STUDIO_API_KEY is not set", rule, "copy one from Account & Settings there")
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        rule = "a token is one line of letters, digits and signs, without spaces"
        raise NotAllowedError("LABEL_STUDIO_API_KEY", rule, "copy one from Account & Settings there")
    if url:
        return Access(url.rstrip("/"), token)
    try:
        document = json.loads(server_file().read_text(encoding="utf-8"))
        found = Access(str(document["url"]), token or str(document["token"]), local=True)
    except (OSError, ValueError, KeyError, TypeError):
        rule = "there is no Label Studio to ask people with"
        named = f"set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY to {wanted}"
        remedy = named if wanted else "run: silverprint studio up, or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY"
        raise UnavailableError(str(server_file()), rule, remedy) from None
    _require_joined(found.url)
    return found


def server_file() -> Path:
    """What says where the server of `silverprint studio up` is."""
    return server_home.STUDIO.folder / "server.json"


def _require_joined(url: str) -> None:
    """
    Raises:
        UnavailableError: this campaign does not use the server that the user's campaigns share.
    """
    user = None if server_home.STUDIO.is_own else server_users.this(server_home.STUDIO)
    if not server_home.STUDIO.is_own and (user is None or not user.is_up):
        rule = "this campaign does not use the Label Studio of your campaigns, or no longer"
        raise UnavailableError(url, rule, "run: silverprint studio up")
