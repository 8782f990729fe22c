"""Files of a crowd's inbox by their names: its folders, the pictures in it, their small previews."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.store.files import disk_errors

FOLDERS: Final = ("pictures", "previews", "agreements", "uploads")


def make_folder(name: str) -> Path:
    """The folder of a source's inbox, made where there is none.

    Raises:
        DiskError: it cannot be made.
    """
    folder = layout.inbox(name)
    with disk_errors(folder):
        for part in (layout.INBOX, folder, *(folder / below for below in FOLDERS)):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = layout.INBOX / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    return folder


def preview(name: str, image_id: str) -> Path:
    """Where the small copy of a picture lies."""
    return layout.inbox(name) / "previews" / f"{image_id}.jpg"


def remove_files(name: str, image_ids: Iterable[str]) -> None:
    """Lets go the files of pictures of a source's inbox; the journal goes on knowing them."""
    for image_id in image_ids:
        remove_pictures(name, [image_id])
        remove_previews(name, [image_id])


def remove_pictures(name: str, image_ids: Iterable[str]) -> None:
    """Lets go what a stage has taken; the previews stay, so that whoever gave a picture can tell which one it is."""
    for image_id in image_ids:
        (layout.inbox(name) / "pictures" / image_id).unlink(missing_ok=True)


def remove_previews(name: str, image_ids: Iterable[str]) -> None:
    """Lets go previews alone."""
    for image_id in image_ids:
        preview(name, image_id).unlink(missing_ok=True)
