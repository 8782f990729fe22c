"""Address and token of the Label Studio server to use."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.errors import ConfigError, NotAllowedError, UnavailableError

_ADDRESS: Final = re.compile(r"https?://[^/\s]+")
SERVER_FILE: Final[Path] = layout.STUDIO / "server.json"


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
        document = json.loads(SERVER_FILE.read_text(encoding="utf-8"))
        return Access(str(document["url"]), token or str(document["token"]), local=True)
    except (OSError, ValueError, KeyError, TypeError):
        rule = "there is no Label Studio to ask people with"
        named = f"set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY to {wanted}"
        remedy = named if wanted else "run: silverprint studio up, or set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY"
        raise UnavailableError(str(SERVER_FILE), rule, remedy) from None
