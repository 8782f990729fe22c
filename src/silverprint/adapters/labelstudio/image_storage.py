"""Images of layout.SERVING on the labelling page: their addresses, and the storage through which they are served."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from silverprint import layout
from silverprint.errors import ConfigError, UsageError
from silverprint.store import server_home

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

# Pattern of a storage's "Sync" button that matches nothing: only we make tasks, and pictures are served all the same.
_NOTHING: Final = "^$"
_MEDIA: Final = "SILVERPRINT_MEDIA_URL"


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
    media = _media_address()
    return f"{media}/{below}" if media else f"/data/local-files/?d={below}"


def share(client: "LabelStudio", server: str, project_id: int, media: Path, *, here: bool) -> None:
    """Lets the project's page show the pictures in `media`, a folder below layout.SERVING, if it does not yet.

    Args:
        here: whether the server is on this disk: one that was restored from elsewhere knows another folder.

    Raises:
        ConfigError: `server` is on another disk, and SILVERPRINT_MEDIA_URL does not say where it finds them; or it is
            here and shows the pictures of another campaign of this name.
    """
    if _media_address() is not None:
        return
    storages: Any = client.import_storage.local.list(project=project_id)
    served = _served(media) if here else media.resolve()
    for storage in storages:
        if storage.regex_filter != _NOTHING:
            _give_nothing(client, storage)
    if any(not here or storage.path == str(served) for storage in storages):
        return
    media.mkdir(parents=True, exist_ok=True)
    with _require_served_folder(server, media):
        client.import_storage.local.create(
            project=project_id,
            title="pictures",
            path=str(served),
            regex_filter=_NOTHING,
            use_blob_urls=True,
        )


def _served(media: Path) -> Path:
    """Where our own server finds `media`.

    Raises:
        ConfigError: pictures of another campaign of this name are served there.
    """
    below = media.resolve().relative_to(layout.SERVING.resolve())
    server_home.serve(below.parts[0])
    return server_home.served_root() / below


def _give_nothing(client: "LabelStudio", storage: Any) -> None:
    """Has the storage's "Sync" make no tasks; one whose folder is gone cannot be changed, and gives none either."""
    from label_studio_sdk.core.api_error import ApiError

    try:
        client.import_storage.local.update(id=storage.id, path=storage.path, regex_filter=_NOTHING)
    except ApiError as error:
        if error.status_code != 400:
            raise


def _media_address() -> str | None:
    """The address under which SILVERPRINT_MEDIA_URL says that annotators find the contents of layout.SERVING.

    Raises:
        ConfigError: it is no address.
    """
    address = os.environ.get(_MEDIA, "").rstrip("/")
    if address and not address.startswith(("https://", "http://")):
        raise ConfigError(f"{_MEDIA} is {address}", "an address starts with https://", f"unset {_MEDIA} or correct it")
    return address or None


@contextmanager
def _require_served_folder(server: str, media: Path) -> Iterator[None]:
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
