"""silverprint release push OWNER/NAME: the release to the Hugging Face Hub, private unless somebody says otherwise."""

from collections.abc import Iterator

import polars as pl

from silverprint import layout, taken_back
from silverprint.adapters.huggingface import hub
from silverprint.adapters.release_documents.sentences import pictures
from silverprint.campaign import confirm, ledgers, release_files, release_versions, released
from silverprint.config import Params
from silverprint.console import file_size, say
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError, UnavailableError, UsageError
from silverprint.records import MANIFEST, VERSION
from silverprint.store import tables

_UNKNOWN = "unknown"


def run(params: Params, repository: str, public: bool = False, dry_run: bool = False, yes: bool = False) -> None:
    """Uploads data/release as one commit and tag; says first what goes where.

    Raises:
        UnavailableError: there is no release, or the Hub is not reached.
        DataError: the release holds withdrawn pictures, or is not what was released.
        UsageError: the repository's name is none, pictures without a known licence would become public, or nobody
            confirmed.
        NotAllowedError: the token may not write there.
    """
    hub.require_name(repository)
    missing_outputs.require_pulled(layout.RELEASE, layout.RELEASE_TABLES)
    known = release_versions.ledger()
    if known.is_empty() or not layout.RELEASE.is_dir():
        remedy = "silverprint repro, after a round is closed"
        raise UnavailableError(str(layout.RELEASE), "nothing is released yet", remedy)
    version = known["version"].to_list()[-1]
    rows = release_versions.held(version)
    _require_none_withdrawn(params, rows, version)
    remedy = f"run: {released.remake_command(params)}"
    release_files.require_whole(layout.RELEASE, version, known["digest"].to_list()[-1], remedy)
    licenses = _licenses(rows)
    is_private = None if dry_run else hub.is_private(repository)  # a dry run asks nobody
    becomes_public = public if is_private is None else not is_private
    for line in _plan(rows, version, licenses):
        say(line)
    say(f"to {repository} ({'public' if becomes_public else 'private'}), as its whole content, with the tag v{version}")
    if becomes_public and (unknown := licenses.get(_UNKNOWN, 0)):
        rule = f"{pictures(unknown)} without a known licence would be there for everybody to fetch"
        raise UsageError(
            repository, rule, "leave --public out and push to a private repository, or see silverprint docs formats"
        )
    if dry_run:
        say("nothing was uploaded")
        return
    confirm.require(f"push to {repository}", yes)
    address = hub.push(layout.RELEASE, repository, version=version, private=not public)
    say(f"v{version} is at {address}")
    if gone := _withdrawn_earlier(version):
        say(f"withdrawn of earlier versions: {pictures(gone)}; what was pushed stays in the repository's history")


def _require_none_withdrawn(params: Params, rows: pl.DataFrame, version: int) -> None:
    value = f"{layout.RELEASE} v{version}"
    if unheeded := rows.filter(pl.col("image_id").is_in(taken_back.unheeded(params))).height:
        raise DataError(value, f"{unheeded} of its pictures were taken back", f"run: {taken_back.COMMAND}")
    withdrawn = rows.filter(pl.col("image_id").is_in(sorted(ledgers.withdrawn_images()))).height
    if withdrawn:
        raise DataError(
            value, f"it holds {pictures(withdrawn)} withdrawn since", f"run: {released.remake_command(params)}"
        )


def _licenses(rows: pl.DataFrame) -> dict[str, int]:
    """Licence -> pictures of the release, the commonest first."""
    manifest = tables.read(layout.MANIFEST, {name: MANIFEST[name] for name in ("image_id", "license")})
    held = manifest.join(rows.select("image_id"), on="image_id", how="semi")
    return dict(held["license"].fill_null(_UNKNOWN).value_counts(sort=True).iter_rows())


def _plan(rows: pl.DataFrame, version: int, licenses: dict[str, int]) -> Iterator[str]:
    files = [path for path in layout.RELEASE.rglob("*") if path.is_file()]
    size = file_size(sum(path.stat().st_size for path in files))
    formats = ", ".join(sorted(path.name for path in layout.RELEASE.iterdir() if path.is_dir()))
    yield f"{layout.RELEASE} v{version}: {pictures(rows.height)}, {len(files):,} files, {size} ({formats})"
    yield f"licences: {', '.join(f'{name} {count:,}' for name, count in licenses.items())}"


def _withdrawn_earlier(version: int) -> int:
    """Withdrawn pictures that an earlier version held, of those versions that are on this disk."""
    withdrawn = ledgers.withdrawn_images()
    paths = [path for earlier in range(1, version) if (path := layout.version(earlier)).exists()]
    held = {image_id for path in paths for image_id in tables.read(path, VERSION)["image_id"]}
    return len(held & withdrawn)
