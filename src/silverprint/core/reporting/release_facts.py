"""Facts of a release that its documents state: counts of the campaign's tables, nothing else.

What a model is trained on is called training here: the splits `train`, `imported` and `silver`, not `test`.
"""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from silverprint.config import Params
from silverprint.config.sources import Source
from silverprint.core.cleaning import identifiable_people
from silverprint.core.reporting import summary
from silverprint.core.splits import HELD_OUT
from silverprint.core.votes.vote_ledger import ANSWERS
from silverprint.records import BLUR

TRAINING: Final = ("train", "imported", "silver")
FETCHED: Final = ("web", "urls")  # kinds of sources that ask other machines


@dataclass(frozen=True)
class SourceFacts:
    """One source, and what of it was released.

    Attributes:
        first, last: when its first and last address or file was looked at, UTC; None where nothing was.
        outcomes: addresses, stored, duplicate, refused, failed, purged -> addresses.
        refusals: reason -> addresses that a rule kept out.
        reservations: said, addresses, refused: summary.reservations.
        released: pictures of it in the release; training: those in a split of TRAINING.
        robots: what robots.txt said -> released pictures.
        contracts: contract -> pictures in a split of TRAINING; those without one are in none.
    """

    name: str
    settings: Source
    first: str | None
    last: str | None
    outcomes: dict[str, int]
    refusals: dict[str, int]
    reservations: list[dict[str, Any]]
    released: int
    training: int
    robots: dict[str, int]
    contracts: dict[str, int]

    @property
    def fetched(self) -> bool:
        return self.settings.kind in FETCHED


@dataclass(frozen=True)
class ReleaseFacts:
    """
    Attributes:
        classes: every one at the place of its number.
        rows: released pictures with the manifest's columns.
        manifest: MANIFEST, every picture that was acquired.
        domains: hosts of training pictures that were fetched: domain, pictures, bytes; the most bytes first.
        rounds: summary.rounds with first and last, the times of its answers, without gold pictures; so are the next.
        annotators: annotator, answers (that stand), pictures, rounds: people alone, sorted.
        evaluation: summary.accuracy; automatic: core.automatic_labels.figures.
        version: row of records.RELEASES.
        withdrawn: pictures that were taken down.
        tool: name and version of this program.
    """

    params: Params
    classes: tuple[str, ...]
    rows: pl.DataFrame
    manifest: pl.DataFrame
    sources: list[SourceFacts]
    domains: pl.DataFrame
    rounds: list[dict[str, Any]]
    annotators: list[dict[str, Any]]
    evaluation: dict[str, float] | None
    automatic: dict[str, Any]
    model_id: str
    version: dict[str, Any]
    withdrawn: int
    tool: str

    @property
    def splits(self) -> dict[str, int]:
        return dict(self.rows.group_by("split", maintain_order=True).len().iter_rows())

    @property
    def copies(self) -> int:
        """Augmented copies of pictures of `train`, which `rows` has none of."""
        return self.params.release.augment * self.splits.get("train", 0)

    @property
    def blurred(self) -> int:
        """Released pictures of persons, in which the faces that were found are blurred."""
        policy = identifiable_people.policy_of(self.params.persons.policy, self.params.persons.policies)
        return self.rows.filter((policy == BLUR) & pl.col("shown_to").is_null()).height

    @property
    def training(self) -> pl.DataFrame:
        return self.rows.filter(pl.col("split").is_in(TRAINING))

    @property
    def drawn_later(self) -> int:
        """Pictures of `test` that were drawn after the first round, from what earlier models may have learnt from."""
        first = self.params.chain[:1]
        later = pl.col("role").is_in(HELD_OUT) & ~pl.col("round").is_in(list(first))
        return self.rows.filter(later, split="test").height

    @property
    def period(self) -> tuple[str, str] | None:
        """When the first and the last picture of the release was fetched, UTC."""
        return _period(self.rows["fetched_at"])

    def counts(self, column: str) -> dict[str, int]:
        """Released pictures of each value of a column, the commonest first; without those that have none."""
        return value_counts(self.rows[column])


def sources(params: Params, raw: pl.DataFrame, rows: pl.DataFrame) -> list[SourceFacts]:
    """Facts of each source of `params`, in its order: of RAW, and of the released rows."""
    outcomes = {row.pop("source"): row for row in summary.outcomes(raw).to_dicts()}
    refused = summary.not_stored_reasons(raw).filter(outcome="refused")
    said = summary.reservations(raw)
    found = []
    for name, settings in params.sources.items():
        own = rows.filter(source=name)
        trained = own.filter(pl.col("split").is_in(TRAINING))
        period = _period(raw.filter(source=name)["fetched_at"])
        found.append(
            SourceFacts(
                name=name,
                settings=settings,
                first=period and period[0],
                last=period and period[1],
                outcomes=outcomes.get(name, {}),
                refusals=dict(refused.filter(source=name).select("reason", "addresses").iter_rows()),
                reservations=said.filter(source=name).drop("source").to_dicts(),
                released=own.height,
                training=trained.height,
                robots=value_counts(own["robots"]),
                contracts=value_counts(trained["contract"]),
            )
        )
    return found


def domains(params: Params, raw: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Hosts from which training pictures were fetched: domain, pictures, bytes; the most bytes first.

    Bytes are those stored: what was stripped of a picture is not counted.
    """
    fetched = [name for name, source in params.sources.items() if source.kind in FETCHED]
    sizes = raw.filter(outcome="stored").unique("image_id", keep="first", maintain_order=True)
    used = rows.filter(pl.col("split").is_in(TRAINING) & pl.col("source").is_in(fetched))
    host = pl.col("url").str.extract(r"^https?://(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]+)").str.to_lowercase()
    return (
        used.select("image_id", host.alias("domain"))
        .join(sizes.select("image_id", "size"), on="image_id", how="left")
        .group_by("domain")
        .agg(pl.len().cast(pl.Int64).alias("pictures"), pl.col("size").sum().alias("bytes"))
        .sort("bytes", "domain", descending=[True, False])
    )


def rounds(votes: pl.DataFrame, params: Params) -> list[dict[str, Any]]:
    """summary.rounds of VOTES, each with `first` and `last`, the times of its answers; null where there are none."""
    answers = votes.filter(pl.col("status").is_in(ANSWERS))
    found = summary.rounds(votes, params.chain, params.dataset.classes)
    for row in found:
        row["first"], row["last"] = _period(answers.filter(round=row["round"])["created_at"]) or (None, None)
    return found


def annotators(votes: pl.DataFrame) -> list[dict[str, Any]]:
    """Who gave answers that stand, of VOTES: annotator, answers, pictures, rounds; sorted by annotator."""
    return (
        votes.filter(pl.col("status").is_in(ANSWERS))
        .group_by("annotator")
        .agg(
            pl.len().alias("answers"),
            pl.col("image_id").n_unique().alias("pictures"),
            pl.col("round").unique().sort().alias("rounds"),
        )
        .sort("annotator")
        .to_dicts()
    )


def value_counts(values: pl.Series) -> dict[str, int]:
    """How often each value is there, the commonest first; nulls are left out."""
    counted = values.drop_nulls().value_counts().sort("count", values.name, descending=[True, False])
    return dict(counted.iter_rows())


def _period(times: pl.Series) -> tuple[str, str] | None:
    known = times.drop_nulls()
    return None if known.is_empty() else (str(known.min()), str(known.max()))
