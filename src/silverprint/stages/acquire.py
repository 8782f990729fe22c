"""acquire@<source>: pictures and their provenance into shards, append-only."""

from silverprint import layout
from silverprint.campaign import ledgers, settled
from silverprint.campaign.guard import require_pulled
from silverprint.config import FolderSource, Params, UrlSource, WebSource
from silverprint.config.knobs import Source
from silverprint.console import say
from silverprint.core.takedowns import Takedowns
from silverprint.errors import NothingFoundError, UnavailableError, UsageError
from silverprint.fetching.urls import as_asked
from silverprint.records import RAW
from silverprint.store import ShardWriter, restating, tables
from silverprint.store.intake import Intake
from silverprint.store.progress import Progress
from silverprint.store.whole import Whole

_PART = 2_000  # rows: what a kill may cost, while the source is small, is fetching so many again


def run(params: Params, source: str) -> None:
    """Fetches what is new or changed in `sources.<source>` and appends it to data/raw/<source>.

    Raises:
        UsageError: no such source.
        UnavailableError: the site or the files are not there, or the output was not pulled.
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
    with ShardWriter(root, max_pictures=_PART) as writer:
        takedowns = as_asked(Takedowns.of(ledgers.takedowns()))
        if source in takedowns.sources:
            say(f"acquire {source}: the source was taken down as a whole, so nothing is fetched")
            return
        index = tables.read_parts(root, RAW)
        goes_out = isinstance(entry, WebSource | UrlSource)  # what lies on a disk is read again in no time
        progress = Progress(root, entry.revision, len(index)) if goes_out else None
        intake = Intake(writer, source, index, takedowns, progress)
        whole = Whole(root, _rules(entry, takedowns), len(index))
        try:
            _read(source, entry, intake, whole)
            if index.is_empty() and not intake.counts.total():
                raise NothingFoundError(f"sources.{source}", "holds no file", "look at what it names in params.yaml")
        except (KeyboardInterrupt, UnavailableError, NothingFoundError):
            writer.finish()  # what was fetched until then is whole
            if progress is not None:
                progress.save()
            raise
    if progress is not None:
        progress.end()
    whole.save(intake.counts.total() - intake.counts["unchanged"])
    say(_summary(source, intake))


def _goes_on(name: str, source: Source) -> bool:
    """Whether the settings changed in nothing that is fetched: then no site is asked, and no file is read.

    What the rows say by the settings alone (licence, contract, consent) is put right either way.
    """
    root, before = layout.raw(name), settled.before(name)
    if before is None or not root.is_dir():
        return False
    changed = settled.changed(before, source)
    if "kind" not in changed:
        said = ({column: getattr(one, column, None) for column in restating.COLUMNS} for one in (before, source))
        if rows := restating.restate(root, *said):
            say(f"acquire {name}: {rows} rows say the source's {' and '.join(set(changed) & {*restating.COLUMNS})} now")
    if not changed or not settled.HARMLESS.issuperset(changed):
        return False
    how = f"to fetch what is new or failed before: raise sources.{name}.revision"
    say(f"acquire {name}: only {', '.join(changed)} changed, so nothing is fetched again; {how}")
    return True


def _read(name: str, source: Source, intake: Intake, whole: Whole) -> None:
    if isinstance(source, WebSource):
        from silverprint.adapters.crawl.process import crawl

        crawl(name, source, intake)
    elif isinstance(source, UrlSource):
        from silverprint.adapters.urls.run import fetch

        fetch(name, source, intake)
    elif isinstance(source, FolderSource):
        from silverprint.adapters.archive import read_folder

        read_folder(name, source, intake)
    else:
        from silverprint.adapters.archive import unpack

        unpack(name, source, intake, whole)


def _rules(source: Source, takedowns: Takedowns) -> list[str]:
    """All that may make other rows of the same bytes; raising the revision asks for what changed, so it does not."""
    settings = [f"{name} {value!r}" for name, value in vars(source).items() if name != "revision"]
    return settings + [repr(sorted(names)) for names in (takedowns.images, takedowns.urls, takedowns.domains)]


def _summary(source: str, intake: Intake) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(intake.counts.items()))
    reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(intake.reasons.items()))
    return f"acquire {source}: {counts or 'nothing new'}" + (f" ({reasons})" if reasons else "")
