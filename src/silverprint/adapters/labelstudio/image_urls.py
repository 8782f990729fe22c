"""Addresses under which the labelling page loads the images of layout.SERVING."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from silverprint import layout
from silverprint.errors import ConfigError, UsageError

# Pattern of a storage's "Sync" button that matches nothing: only we make tasks, and pictures are served all the same.
NOTHING: Final = "^$"
_MEDIA: Final = "SILVERPRINT_MEDIA_URL"


def media_address() -> str | None:
    """The address under which SILVERPRINT_MEDIA_URL says that annotators find the contents of layout.SERVING.

    Raises:
        ConfigError: it is no address.
    """
    address = os.environ.get(_MEDIA, "").rstrip("/")
    if address and not address.startswith(("https://", "http://")):
        raise ConfigError(f"{_MEDIA} is {address}", "an address starts with https://", f"unset {_MEDIA} or correct it")
    return address or None


@contextmanager
def require_served_folder(server: str, media: Path) -> Iterator[None]:
    """
    Raises:
        ConfigError: the server does not take the folder `media` for a place it may serve.
    """
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
    except ApiError as error:
        if error.status_code != 400:
            raise
        rule = f"cannot show pictures from {media} on this disk"
        remedy = f"set {_MEDIA} to the address where annotators find the contents of {layout.SERVING}"
        raise ConfigError(server, rule, remedy) from None


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
    media = media_address()
    return f"{media}/{below}" if media else f"/data/local-files/?d={below}"
