"""Inbox of a crowd: what was given and no stage has taken yet, on the disk before its sender is thanked for it.

A folder for its owner alone, which Git leaves out: `journal`, `pictures/` under their image_ids, `previews/`,
`agreements/` under the SHA-256 of their words, `uploads/` with what has not arrived whole. A picture is in `pictures/`
before the journal says so; one that the journal does not know was promised to nobody.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from silverprint import layout
from silverprint.adapters.contribute import inbox_files
from silverprint.adapters.contribute.journal import Event, Journal, sync_folder
from silverprint.adapters.contribute.known_looks import KnownLooks
from silverprint.adapters.contribute.standing import Contributor, Picture, Standing
from silverprint.config import CrowdSource
from silverprint.records import MEASURED, RAW
from silverprint.store import tables
from silverprint.store.files import disk_errors, write_bytes

if TYPE_CHECKING:  # it loads what looks at pictures, which whoever only reads an inbox does not need
    from silverprint.adapters.contribute.examine import Examined


class Outcome(NamedTuple):
    """What became of a picture.

    `reason` is None where it is given; else yours, known, enough, full, invite-spent, yours-alike or alike.
    """

    image_id: str
    reason: str | None


class Inbox:
    """The inbox of one source. Its methods may be called by several threads.

    Only one process may have it open, the pages' server: what is neither whole nor in the journal is removed.

    Args:
        name: the source's key in params.yaml.
        source: its settings.
        radius: bits of 256 in which look-alikes differ at most (`clean.duplicate_radius`).

    Raises:
        DiskError: it cannot be made.
        DataError: its journal is damaged.
    """

    def __init__(self, name: str, source: CrowdSource, radius: int) -> None:
        self.name, self.source, self._radius = name, source, radius
        self.folder = inbox_files.make_folder(name)
        self._journal, self._lock = Journal(self.folder / "journal"), threading.RLock()
        self._standing, self._looks = Standing(), KnownLooks()
        if layout.measured(name).is_dir():  # what came before this machine's journal
            for row in tables.read_parts(layout.measured(name), MEASURED).filter("decodable").iter_rows(named=True):
                self._looks.add(row["image_id"], [row[f"phash256_{place}"] for place in range(4)])
        self._fold(self._journal.new_events())
        self._remove_unknown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._journal.close()

    @contextmanager
    def standing(self) -> Iterator[Standing]:
        """The present standing, which nobody changes meanwhile."""
        with self._lock:
            self._fold(self._journal.new_events())
            yield self._standing

    def agree(self, contributor: Contributor, words: str) -> None:
        """Keeps that somebody agreed to `words`, whose SHA-256 is `contributor.agreement`.

        Raises:
            DiskError: no space; then nothing is kept.
        """
        path = self.folder / "agreements" / f"{contributor.agreement}.txt"
        with self._lock:
            if not path.exists():
                write_bytes(path, words.encode(), mode=0o600)
                sync_folder(path.parent)
            self._append({"event": "agreed"} | {name: getattr(contributor, name) for name in _OF_A_CONTRIBUTOR})

    def give(self, pseudonym: str, seen: "Examined", upload: str | None) -> Outcome:
        """Keeps a picture, unless the source has it or wants no more; when this returns it is on the disk.

        Raises:
            DiskError: no space; then nothing of it is kept.
        """
        with self.standing() as standing:
            reason = self._refusal(standing, pseudonym, seen)
        if reason is not None:
            return Outcome(seen.image_id, reason)
        arriving = self.folder / "pictures" / f".{seen.image_id}.{pseudonym}.{threading.get_ident()}"
        try:
            write_bytes(arriving, b"".join(seen.kept.payload), mode=0o600)
            with self.standing() as standing:
                reason = self._refusal(standing, pseudonym, seen)  # another may have come meanwhile
                if reason is None:
                    self._arrive(pseudonym, seen, upload, arriving)
        finally:
            arriving.unlink(missing_ok=True)
        return Outcome(seen.image_id, reason)

    def take_back(self, pseudonym: str, image_id: str) -> bool:
        """Withdraws a picture that this person gave; False where there is none.

        Its file goes. Where a stage has it already, `silverprint contribute status` names it to the lead.
        """
        with self.standing() as standing:
            picture = standing.pictures.get(image_id)
            if picture is None or picture.contributor != pseudonym:
                return False
            self._append({"event": "taken-back", "image_id": image_id, "at": now()})
        inbox_files.remove_files(self.name, [image_id])
        return True

    def is_waiting(self, image_id: str) -> bool:
        """Whether no stage has taken this picture yet."""
        return (self.folder / "pictures" / image_id).exists()

    def has_preview(self, image_id: str) -> bool:
        """Whether there is one still: it goes when its picture is taken back or taken down, or its sender forgotten."""
        return inbox_files.preview(self.name, image_id).exists()

    def preview(self, pseudonym: str, image_id: str) -> bytes | None:
        """The preview of a picture that this person gave; None for anybody else, and where there is none any more."""
        with self.standing() as standing:
            picture = standing.pictures.get(image_id)
        if picture is None or picture.contributor != pseudonym:
            return None
        try:
            return inbox_files.preview(self.name, image_id).read_bytes()
        except FileNotFoundError:
            return None

    def _refusal(self, standing: Standing, pseudonym: str, seen: "Examined") -> str | None:
        known = standing.pictures.get(seen.image_id)
        if known is not None:
            return "yours" if known.contributor == pseudonym else "known"
        person = standing.contributors[pseudonym]
        theme = self.source.themes[person.theme]
        if standing.given["contributor", pseudonym] >= theme.per_person:
            return "enough"
        if standing.given["theme", person.theme] >= theme.wanted:
            return "full"
        if standing.given["invite", person.invite] >= person.quota:
            return "invite-spent"
        for name in self._looks.alike(seen.words, self._radius):
            if name not in standing.taken_back:
                other = standing.pictures.get(name)
                return "yours-alike" if other is not None and other.contributor == pseudonym else "alike"
        return None

    def _arrive(self, pseudonym: str, seen: "Examined", upload: str | None, arriving: Path) -> None:
        place = self.folder / "pictures" / seen.image_id
        write_bytes(inbox_files.preview(self.name, seen.image_id), seen.preview, mode=0o600)
        with disk_errors(place):
            arriving.rename(place)
            sync_folder(place.parent)
        try:
            self._append(
                {
                    "event": "arrived",
                    "image_id": seen.image_id,
                    "contributor": pseudonym,
                    "format": seen.format,
                    "stored_sha256": seen.kept.sha256,
                    "words": list(seen.words),
                    "reservation": seen.reservation,
                    "upload": upload,
                    "at": now(),
                }
            )
        except BaseException:
            inbox_files.remove_files(self.name, [seen.image_id])
            raise

    def _append(self, event: Event) -> None:
        self._fold(self._journal.append(event))

    def _fold(self, events: list[Event]) -> None:
        for picture in self._standing.fold(events):
            self._looks.add(picture.image_id, picture.words)

    def _remove_unknown(self) -> None:
        """What a killed server left of a picture that was acknowledged to nobody."""
        for path in (*(self.folder / "pictures").iterdir(), *(self.folder / "previews").iterdir()):
            if path.name.removesuffix(".jpg") not in self._standing.pictures:
                path.unlink()


_OF_A_CONTRIBUTOR: Final = tuple(one.name for one in fields(Contributor))


def now() -> str:
    """UTC, ISO 8601, seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def waiting(name: str) -> list[Picture]:
    """What no stage has taken of a source's inbox, older ones first; nothing where there is no inbox.

    Raises:
        DataError: its journal is damaged.
    """
    standing = read_standing(name)
    folder = layout.inbox(name) / "pictures"
    return [picture for picture in standing.pictures.values() if (folder / picture.image_id).exists()]


def read_standing(name: str) -> Standing:
    """The standing that the journal of a source's inbox tells of; an empty one where there is no inbox.

    Raises:
        DataError: the journal is damaged.
    """
    standing, path = Standing(), layout.inbox(name) / "journal"
    if path.exists():
        with Journal(path) as journal:
            standing.fold(journal.new_events())
    return standing


def end_session(name: str, pseudonym: str) -> None:
    """Ends a person's session for good, whether the pages are up or not; what they gave stays under the pseudonym.

    The previews of what a stage has taken go: nobody is to look at them any more.
    """
    with Journal(layout.inbox(name) / "journal") as journal:
        journal.append({"event": "forgotten", "pseudonym": pseudonym, "at": now()})
    inbox_files.remove_previews(name, [picture.image_id for picture in read_standing(name).of(pseudonym)])


def end_invites(name: str, invite: str) -> None:
    """Lets nobody more begin by an invite, or by those of a study; who began may finish.

    Args:
        invite: the invite's key, or the study's name.
    """
    with Journal(inbox_files.make_folder(name) / "journal") as journal:
        journal.append({"event": "ended", "invite": invite, "at": now()})


def taken_back(name: str) -> set[str]:
    """Pictures that were taken back once a stage had taken them into the source's shards.

    Raises:
        DataError: the journal is damaged.
    """
    said = read_standing(name).taken_back
    if not said or not layout.raw(name).is_dir():
        return set()
    rows = tables.read_parts(layout.raw(name), RAW)
    return said & set(rows.filter(rows["outcome"] == "stored")["image_id"])
