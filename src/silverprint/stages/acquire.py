"""acquire@<source>: images and their provenance into shards, append-only."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from silverprint import layout
from silverprint.campaign import ledgers, source_changes
from silverprint.config import SOURCE_KINDS, Params, Source
from silverprint.console import say
from silverprint.core.cleaning.takedowns import Takedowns
from silverprint.dvcfiles.missing_outputs import require_pulled
from silverprint.errors import NothingFoundError, UnavailableError, UsageError
from silverprint.fetching.urls import with_resolved_addresses
from silverprint.records import RAW
from silverprint.store import ShardWriter, tables
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource
from silverprint.store.intake.resume import Progress
from silverprint.store.shards import update_source_terms
from silverprint.store.storage import storage

Reader: TypeAlias = Callable[[str, Any, Intake, CompletedSource], Callable[[], None] | None]

_PART = 2_000  # rows: what a kill may cost, while the source is small, is fetching so many again


def run(params: Params, source: str) -> None:
    """Fetches what is new or changed in `sources.<source>` and appends it to data/raw/<source>.

    Raises:
        UsageError: no such source.
        UnavailableError: the site, the files or the bucket are not there, or the output was not pulled.
        NothingFoundError: there is nothing, and there are no pictures yet.
        DiskError: no space; finished shards stay.
    """
    if source not in params.sources:
        raise UsageError(f"acquire {source}", "no such source", f"params.yaml has: {', '.join(params.sources)}")
    entry = params.sources[source]
    root = layout.raw(source)
    require_pulled(root)
    if _goes_on(source, entry):
        return
    with ShardWriter(root, max_pictures=_PART, storage=storage(params.storage)) as writer:
        takedowns = with_resolved_addresses(Takedowns.of(ledgers.takedowns()))
        if source in takedowns.sources:
            say(f"acquire {source}: the source was taken down as a whole, so nothing is fetched")
            return
        index = tables.read_parts(root, RAW)
        goes_out = SOURCE_KINDS[entry.kind].goes_out  # what lies on a disk is read again in no time
        progress = Progress(root, entry.revision, len(index)) if goes_out else None
        intake = Intake(writer, source, index, takedowns, progress, entry.respect)
        whole = CompletedSource(root, _rules(entry, takedowns), len(index))
        try:
            after = _read(source, entry, intake, whole)
            if index.is_empty() and not intake.counts.total() and not SOURCE_KINDS[entry.kind].may_be_empty:
                raise NothingFoundError(f"sources.{source}", "holds no file", "look at what it names in params.yaml")
        except (KeyboardInterrupt, UnavailableError, NothingFoundError):
            writer.finish()  # everything fetched until then is kept
            if progress is not None:
                progress.save()
            raise
    if progress is not None:
        progress.end()
    whole.save(intake.counts.total() - intake.counts["unchanged"])
    if after is not None:
        after()
    say(f"{_summary(source, intake)}; next: measure@{source}")
    if intake.counts["failed"] or intake.counts["refused"]:
        say(f"acquire {source}: what failed or was refused, by name: silverprint source list {source} --rejected")


def _goes_on(name: str, source: Source) -> bool:
    """Whether the settings changed in nothing that is fetched: then no site is asked, and no file is read.

    What the rows say by the settings alone (licence, contract, consent) is put right either way.
    """
    root, before = layout.raw(name), source_changes.last_settings(name)
    if before is None or not root.is_dir():
        return False
    changed = source_changes.changed_knobs(before, source)
    if "kind" not in changed:
        said = (
            {column: getattr(one, column, None) for column in update_source_terms.COLUMNS} for one in (before, source)
        )
        if rows := update_source_terms.restate(root, *said):
            stated = " and ".join(set(changed) & {*update_source_terms.COLUMNS})
            say(f"acquire {name}: {rows} rows say the source's {stated} now")
    if not changed or not source_changes.HARMLESS.issuperset(changed):
        return False
    how = f"to fetch what is new or failed before: raise sources.{name}.revision"
    say(f"acquire {name}: only {', '.join(changed)} changed, so nothing is fetched again; {how}")
    return True


def _read(name: str, source: Source, intake: Intake, whole: CompletedSource) -> Callable[[], None] | None:
    """What is found goes to the intake; returns what is to be done once all of it is on the disk."""
    module, _, function = SOURCE_KINDS[source.kind].reader.partition(":")
    reader: Reader = getattr(import_module(f"silverprint.{module}"), function)
    return reader(name, source, intake, whole)


def _rules(source: Source, takedowns: Takedowns) -> list[str]:
    """All that may make other rows of the same bytes; raising the revision asks for what changed, so it does not."""
    settings = [f"{name} {value!r}" for name, value in vars(source).items() if name != "revision"]
    return settings + [repr(sorted(names)) for names in (takedowns.images, takedowns.urls, takedowns.domains)]


def _summary(source: str, intake: Intake) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(intake.counts.items()))
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(intake.reasons.items()))
    return f"acquire {source}: {counts or 'nothing new'}" + (f" ({reasons})" if reasons else "")
