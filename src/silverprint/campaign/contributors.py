"""Contributors as a campaign's tables know them: their figures, and the ledger of what leads decided about them."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import label_words, ledgers
from silverprint.config import CrowdSource, Params
from silverprint.core.reporting import contributor_figures
from silverprint.core.reporting.contributor_figures import share
from silverprint.core.votes import imported_labels
from silverprint.errors import UsageError
from silverprint.records import CONTRIBUTOR, CONTRIBUTORS, LABELS, MANIFEST, NONE_OF_THESE, RAW, TEXT, empty
from silverprint.store import tables

PREFIX: Final = "contributor:"  # before a pseudonym in `page_url`
_SHARES: Final = ("rejected", "duplicated", "copied", "agreement")
COLUMNS: Final = (*contributor_figures.FIGURES, "source", *_SHARES, "proposal", "because", "decision", "why")
_ORDER: Final = ["at", "contributor"]


def figures(params: Params) -> pl.DataFrame:
    """FIGURES of everybody whose pictures a stage has taken, with `source`.

    Raises:
        UnavailableError: a source's index, or the manifest, is not on this disk.
    """
    raw = {name: tables.read_parts(layout.raw(name), RAW) for name in params.sources}
    crowds = {name: rows for name, rows in raw.items() if isinstance(params.sources[name], CrowdSource)}
    given = pl.concat([pl.DataFrame(schema=_GIVEN), *(_given(name, rows) for name, rows in crowds.items())])
    others = pl.concat(
        [pl.DataFrame(schema={"image_id": TEXT})]
        + [rows.select("image_id").drop_nulls() for name, rows in raw.items() if name not in crowds]
    )
    answers = pl.concat(
        [pl.DataFrame(schema={"image_id": TEXT, "agrees": pl.Boolean()})]
        + [_answers(params, name, rows) for name, rows in crowds.items()]
    ).unique("image_id")
    manifest = tables.read(layout.MANIFEST, MANIFEST)
    found = contributor_figures.figures(given.drop("source"), others, manifest, answers)
    return found.join(given.select("contributor", "source").unique(), on="contributor", how="left")


def judged(params: Params) -> list[dict[str, Any]]:
    """`figures` as rows of COLUMNS: with shares (`Share` as a dictionary, or None), the proposal, and what was decided.

    Raises:
        UnavailableError: a source's index, or the manifest, is not on this disk.
    """
    decided, why = decisions(), reasons()
    rows = []
    for row in figures(params).iter_rows(named=True):
        source = params.sources[row["source"]]
        assert isinstance(source, CrowdSource)  # noqa: S101 (no other has contributors)
        proposal = contributor_figures.propose(row, source.review)
        shares = {
            "rejected": share({**row, "rejected": row["judged"] - row["kept"]}, "rejected", "judged"),
            "duplicated": share(row, "duplicates", "judged"),
            "copied": share(row, "copies", "judged"),
            "agreement": share(row, "agreeing", "labelled"),
        }
        rows.append(
            row
            | {name: None if found is None else found._asdict() for name, found in shares.items()}
            | {"proposal": proposal.verdict, "because": proposal.why}
            | {"decision": decided.get(row["contributor"]), "why": why.get(row["contributor"])}
        )
    return rows


def decisions() -> dict[str, str]:
    """contributor -> what was decided last, of those about whom anything was."""
    return dict(lines().sort("at", maintain_order=True).select("contributor", "decision").iter_rows())


def reasons() -> dict[str, str]:
    """contributor -> why it was decided so."""
    return dict(lines().sort("at", maintain_order=True).select("contributor", "why").iter_rows())


def lines() -> pl.DataFrame:
    """Every line of the ledger; none before the first decision."""
    return ledgers.read(layout.CONTRIBUTORS) if layout.CONTRIBUTORS.exists() else empty(CONTRIBUTORS)


def checked(known: Collection[str], accept: list[str], reject: list[str], why: str, see: str) -> dict[str, list[str]]:
    """What is to be decided, by decision.

    Args:
        known: contributors about whom something can be decided.
        see: the command that shows them.

    Raises:
        UsageError: no such contributor; both accepted and rejected; a rejection without a reason.
    """
    for name in (*accept, *reject):
        if name not in known:
            raise UsageError(f"contributor {name[:80]!r}", "there is no such contributor", f"see: {see}")
    if both := sorted(set(accept) & set(reject)):
        raise UsageError(f"contributor {both[0]}", "is both accepted and rejected", "give one of the two")
    if reject and not why:
        raise UsageError(f"--reject {reject[0]}", "a rejection says why", 'give a reason: --why "..."')
    return {"accepted": list(dict.fromkeys(accept)), "rejected": list(dict.fromkeys(reject))}


def decide(names: list[str], decision: str, why: str, by: str) -> None:
    """Writes one more line for each of `names`: nothing that was decided before is removed."""
    at = datetime.now(UTC).isoformat(timespec="microseconds")  # two decisions in one second keep their order
    rows = [{"contributor": name, "decision": decision, "why": why, "by": by, "at": at} for name in names]
    frame = pl.concat([lines(), pl.DataFrame(rows, schema=CONTRIBUTORS)])
    tables.write_ledger(frame, layout.CONTRIBUTORS, CONTRIBUTORS, _ORDER)


_GIVEN: Final = {**contributor_figures.GIVEN, "source": TEXT}


def _given(source: str, raw: pl.DataFrame) -> pl.DataFrame:
    """GIVEN and `source`, of a crowd's rows; its `url` is `<source>!<theme>/<pseudonym>/<image_id>`."""
    ours = raw.filter(pl.col("image_id").is_not_null() & pl.col("page_url").str.contains(f"^{CONTRIBUTOR}$"))
    return (
        ours.select(
            contributor=pl.col("page_url").str.strip_prefix(PREFIX),
            theme=pl.col("url").str.strip_prefix(f"{source}!").str.split("/").list.first(),
            image_id="image_id",
            at="last_modified",
            source=pl.lit(source),
        )
        .sort("at", nulls_last=True)
        .unique(["contributor", "image_id"], keep="first")
    )


def _answers(params: Params, source: str, raw: pl.DataFrame) -> pl.DataFrame:
    """image_id, agrees, of a crowd's pictures whose theme names a class and that people labelled."""
    paths = (layout.labels(name) / "labels.parquet" for name in reversed(params.chain))
    newest = next((path for path in paths if path.exists()), None)
    if newest is None:
        return pl.DataFrame(schema={"image_id": TEXT, "agrees": pl.Boolean()})
    classes = [*params.dataset.classes, NONE_OF_THESE]
    said = imported_labels.statements(raw, source, classes, label_words.read(source)).filter(status="valid")
    labels = tables.read(newest, LABELS).filter(pl.col("source").is_in(["human", "gold"])).drop_nulls("label")
    return said.join(labels.select("image_id", "label"), on="image_id").select(
        "image_id", agrees=pl.col("choice") == pl.col("label")
    )
