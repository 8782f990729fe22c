"""Where the labelling page finds a picture of layout.SERVING."""

import os
from pathlib import Path
from typing import Final
from urllib.parse import quote

from silverprint import layout
from silverprint.errors import ConfigError, UsageError

_MEDIA: Final = "SILVERPRINT_MEDIA_URL"


def elsewhere() -> str | None:
    """The address under which SILVERPRINT_MEDIA_URL says that annotators find the contents of layout.SERVING.

    Raises:
        ConfigError: it is no address.
    """
    address = os.environ.get(_MEDIA, "").rstrip("/")
    if address and not address.startswith(("https://", "http://")):
        raise ConfigError(f"{_MEDIA} is {address}", "an address starts with https://", f"unset {_MEDIA} or correct it")
    return address or None


def url(path: Path) -> str:
    """The address of a picture: elsewhere, or on the Label Studio that serves layout.SERVING from its disk.

    Raises:
        UsageError: the path is not below layout.SERVING.
        ConfigError: SILVERPRINT_MEDIA_URL is no address.
    """
    root = layout.SERVING.resolve()
    if not path.resolve().is_relative_to(root):
        raise UsageError(str(path), f"only pictures below {layout.SERVING} are served", "copy it there first")
    below = quote(str(path.resolve().relative_to(root)))
    media = elsewhere()
    return f"{media}/{below}" if media else f"/data/local-files/?d={below}"
