"""A drop read in place: nothing is unpacked to the disk."""

import hashlib
from pathlib import PurePosixPath

from silverprint.adapters.archive.entries import Entry
from silverprint.adapters.archive.manifest import Stated, read_manifest
from silverprint.adapters.archive.opening import opened, opened_folder
from silverprint.config import ArchiveSource, FolderSource
from silverprint.console import say, track
from silverprint.store.intake import Answer, Intake, Showing
from silverprint.store.licenses import spdx
from silverprint.store.whole import Whole

_NOTHING = Stated()


def unpack(name: str, source: ArchiveSource, intake: Intake, whole: Whole) -> None:
    """Reads `source` (its key in params.yaml: `name`) into `intake`; each entry is a picture or a row with a reason.

    An object of S3 that `whole` knows is not read again.

    Raises:
        UnavailableError: it is not there, closed to us, or (S3) does not answer or was replaced meanwhile.
        NotAllowedError: S3 does not let us.
        ConfigError: it is no folder, no archive and no prefix.
        DataError: an archive is damaged as a whole, or its manifest cannot be understood.
        DiskError: from the intake.
    """
    drop = opened(name, source.path)
    if whole.is_known(drop.version):
        say(f"acquire {name}: {drop.place} is unchanged since it was read to its end")
        return
    manifest = read_manifest(drop)
    stated = dict(manifest.stated) if manifest else {}
    files = unnamed = 0
    for entry in track(drop.entries(), f"reading {name}"):
        if manifest and entry.name == manifest.name:
            continue
        said = _of(entry.name, stated)
        files, unnamed = files + 1, unnamed + (said is None)
        said = said or _NOTHING
        showing = _showing(drop.before + entry.name, said, source)
        intake.take(showing, _promised(_answer(entry, showing.url, source, intake), said.sha256))
    for missing in sorted(stated):
        intake.take(_showing(drop.before + missing, stated[missing], source), Answer("failed", "missing"))
    whole.read(drop.version)
    if manifest and unnamed:
        say(f"acquire {name}: {manifest.name} does not name {unnamed} of {files} files")


def read_folder(name: str, source: FolderSource, intake: Intake) -> None:
    """Reads a folder of one's own, what is new or changed in it; the folder that a picture is in names its label.

    Raises:
        UnavailableError: it is not there, or closed to us.
        ConfigError: it is no folder.
        DiskError: from the intake.
    """
    drop = opened_folder(name, source.path)
    for entry in track(drop.entries(), f"reading {name}"):
        label = PurePosixPath(entry.name).parent.name if source.labels == "folders" else None
        showing = _showing(drop.before + entry.name, Stated(label=label or None), source)
        intake.take(showing, _answer(entry, showing.url, source, intake))


def _of(name: str, stated: dict[str, Stated]) -> Stated | None:
    """What is stated of an entry, which then is no longer in `stated`; its path may be written as Windows does."""
    return stated.pop(name, None) or stated.pop(name.replace("/", "\\"), None)


def _answer(entry: Entry, url: str, source: ArchiveSource | FolderSource, intake: Intake) -> Answer:
    """The entry's bytes, or what they were when the same file was read before."""
    if entry.refusal is None and entry.etag is not None:
        before = intake.remembered(url, entry.etag)
        if before is not None:
            return before
    return entry.answer(source.max_bytes)._replace(etag=entry.etag, last_modified=entry.last_modified)


def _promised(answer: Answer, sha256: str | None) -> Answer:
    """The answer, or a failure where its bytes are not those that the manifest names."""
    if sha256 is None or answer.outcome != "present":
        return answer
    found = answer.image_id if answer.data is None else hashlib.sha256(answer.data).hexdigest()
    return answer if found == sha256 else Answer("failed", "hash-mismatch")


def _showing(url: str, stated: Stated, source: ArchiveSource | FolderSource) -> Showing:
    named = spdx(stated.license) if stated.license else None
    license_ = named or spdx(source.license or "")
    return Showing(
        url,
        stated.page_url,
        license_,
        ("manifest" if named else "source") if license_ else None,
        stated.label,
        stated.caption,
        stated.contract or source.contract,
        stated.consent or source.consent,
    )
