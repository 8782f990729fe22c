"""Reading of a drop in place: nothing is unpacked to disk."""

import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from silverprint.adapters.archive.entries import Entry
from silverprint.adapters.archive.entry_names import junk_reason
from silverprint.adapters.archive.manifest import Manifest, read_manifest
from silverprint.adapters.archive.manifest_index import FileStatement, ManifestIndex
from silverprint.adapters.archive.open_drop import Drop, open_drop, open_folder
from silverprint.config import ArchiveSource, FolderSource
from silverprint.console import say, track
from silverprint.core.licenses import spdx
from silverprint.fetch_result import Answer, Showing
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource

_NOTHING: Final = FileStatement()
# What the first folder of a Hugging Face image folder is called where it names no label.
_SPLITS: Final = frozenset({"train", "training", "test", "testing", "eval", "evaluation", "val", "validation", "dev"})


def unpack(name: str, source: ArchiveSource, intake: Intake, whole: CompletedSource) -> None:
    """Reads `source` (its key in params.yaml: `name`) into `intake`; each entry is a picture or a row with a reason.

    An object of S3 that `whole` knows is not read again.

    Raises:
        UnavailableError: it is not there, closed to us, or (S3) does not answer or was replaced meanwhile.
        NotAllowedError: S3 does not let us.
        ConfigError: it is no folder, no archive and no prefix.
        DataError: an archive is damaged as a whole, or its manifest cannot be understood.
        DiskError: from the intake, or no room for what the manifest states.
    """
    drop = open_drop(name, source.path, source.names)
    if whole.is_known(drop.version):
        say(f"acquire {name}: {drop.place} is unchanged since it was read to its end")
        return
    with ManifestIndex() as statements:
        manifest = read_manifest(drop, statements)
        _take(name, source, drop, manifest, statements, intake)
    whole.read(drop.version)


def read_folder(name: str, source: FolderSource, intake: Intake, _: CompletedSource) -> None:
    """Reads a folder of one's own, what is new or changed in it; the folder that a picture is in names its label.

    Raises:
        UnavailableError: it is not there, or closed to us.
        ConfigError: it is no folder.
        DataError: a metadata file in it cannot be understood.
        DiskError: from the intake.
    """
    drop = open_folder(name, source.path)
    with ManifestIndex() as statements:
        manifest = read_manifest(drop, statements, metadata_alone=True)
        _take(name, source, drop, manifest, statements, intake)


def _take(
    name: str,
    source: ArchiveSource | FolderSource,
    drop: Drop,
    manifest: Manifest,
    statements: ManifestIndex,
    intake: Intake,
) -> None:
    """Every entry of the drop into `intake`, and what the manifest names and the drop does not have."""
    left: Counter[str] = Counter()
    files = unnamed = guessed = 0
    total = drop.count() if drop.count is not None else None
    for entry in track(drop.entries(), f"acquire {name}", total, unit="files"):
        if entry.name in manifest.names:
            continue
        said = statements.take(entry.name)
        system = junk_reason(entry.name) if said is None and entry.refusal != "unsafe-path" else None
        if system is not None:
            left[system] += 1
            continue
        files, unnamed, guessed = files + 1, unnamed + (said is None), guessed + entry.guessed
        said = _labelled(entry.name, said, source)
        showing = _showing(drop.before + entry.name, said, source)
        intake.take(showing, _promised(_answer(entry, showing.url, source, intake), said.sha256))
    for missing, stated in statements.rest():
        intake.take(_showing(drop.before + missing, stated, source), Answer("failed", "missing"))
    _tell(f"acquire {name}:", manifest, files, unnamed)
    if left:
        named = ", ".join(f"{what} {count}" for what, count in left.most_common(5))
        say(f"acquire {name}: {left.total()} files of file managers and the like are left out ({named})")
    if guessed:
        rule = f"{guessed} names are in an encoding that the zip does not say, and are read as CP437"
        say(f"acquire {name}: {rule}; if they look wrong, set sources.{name}.names (gbk, shift_jis, …)")


def _tell(who: str, manifest: Manifest, files: int, unnamed: int) -> None:
    if manifest.names and unnamed:
        say(f"{who} {manifest} does not name {unnamed} of {files} files")
    if manifest.unused:
        say(f"{who} {manifest} has columns that are not used: {', '.join(manifest.unused)}")
    if manifest.cut:
        say(f"{who} {manifest.cut} captions were cut at 10,000 characters")


def _labelled(name: str, said: FileStatement | None, source: ArchiveSource | FolderSource) -> FileStatement:
    """What is said of a file; in a folder of one's own its folder says its label, where no metadata do."""
    if isinstance(source, ArchiveSource) or source.labels == "none" or (said and said.label):
        return said or _NOTHING
    folder = PurePosixPath(name).parent
    is_split = said is not None and len(folder.parts) == 1 and folder.name in _SPLITS
    return replace(said or _NOTHING, label=None if is_split else folder.name or None)


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


def _showing(url: str, stated: FileStatement, source: ArchiveSource | FolderSource) -> Showing:
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
