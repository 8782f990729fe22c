"""Labels that a source came with, as votes by one more annotator. Pure functions of tables."""

from collections.abc import Collection, Mapping

import polars as pl

from silverprint.core import agreement
from silverprint.core.splits import TRAINABLE
from silverprint.core.unicode_names import NFC, to_nfc
from silverprint.records import ANNOTATORS, IMPORTS, VOTES, conform, empty

BETWEEN = " / "  # separator of several words for one picture
PREFIX = "import:"  # prefix of the annotator; no person's pseudonym has a colon

_KEY = ["image_id", "annotator"]
_WORD = ["said", "choice", "status"]


def annotator(source: str) -> str:
    return f"{PREFIX}{source}"


def statements(raw: pl.DataFrame, source: str, classes: Collection[str], words: Mapping[str, str]) -> pl.DataFrame:
    """What `source` says of its pictures, one row each, as IMPORTS without a batch.

    Of one address its last word counts. Addresses of one picture that say different classes contradict each other.

    Args:
        raw: the source's RAW rows, older parts first.
        classes: what may be chosen. Names are compared composed: core/unicode_names.py.
        words: the source's word -> one of `classes`; a word that is not there must be a class itself.
    """
    last = raw.unique(["url", "page_url"], keep="last", maintain_order=True)
    labelled = last.filter(pl.col("image_id").is_not_null() & pl.col("source_label").is_not_null())
    said = pl.col("source_label").str.normalize(NFC)
    choice = pl.col("said").replace(_composed(words, classes))
    rows = labelled.select("image_id", said=said, said_at="fetched_at").with_columns(
        choice=pl.when(choice.is_in(list(classes))).then(choice).otherwise(pl.lit(""))
    )
    one = rows.group_by("image_id").agg(
        pl.col("said").unique().sort().str.join(BETWEEN),
        pl.col("choice").unique().sort().alias("choices"),
        pl.col("said_at").max(),
    )
    agreed = pl.col("choices").list.len() == 1
    status = pl.when(~agreed).then(pl.lit("contradictory")).when(pl.col("choices").list.first() == "")
    return conform(
        one.with_columns(
            annotator=pl.lit(annotator(source)),
            choice=pl.when(agreed).then(pl.col("choices").list.first()).otherwise(pl.lit("")),
            status=status.then(pl.lit("unknown-class")).otherwise(pl.lit("valid")),
        ),
        IMPORTS,
    ).sort("image_id")


def _composed(words: Mapping[str, str], classes: Collection[str]) -> dict[str, str]:
    """What each word means, by its composed form: a class means itself, as params.yaml writes it, unless mapped."""
    return {to_nfc(name): name for name in classes} | {to_nfc(word): choice for word, choice in words.items()}


def new_statements(kept: pl.DataFrame, statements: pl.DataFrame) -> pl.DataFrame:
    """The statements that the ledger `kept` does not end with, as its next batch of their annotator."""
    new = statements.join(latest_statements(kept), on=[*_KEY, *_WORD], how="anti", nulls_equal=True)
    mine = kept.filter(pl.col("annotator").is_in(statements["annotator"].unique().implode()))
    batch = int(mine["batch"].max() or 0) + 1  # type: ignore[arg-type]
    return conform(new.with_columns(batch=pl.lit(batch)), IMPORTS)


def latest_statements(imports: pl.DataFrame) -> pl.DataFrame:
    """The last word of each annotator about each picture (IMPORTS)."""
    return imports.sort("batch").unique(_KEY, keep="last", maintain_order=True).sort(_KEY)


def agreed_statements(imports: pl.DataFrame) -> pl.DataFrame:
    """image_id, annotator, choice: what sources say of pictures, one row each, a class of the dataset.

    Where sources contradict each other there is none; where they agree, the first by name has said it.
    """
    said = latest_statements(imports).filter(pl.col("status") == "valid")
    one = said.filter(pl.col("choice").n_unique().over("image_id") == 1).unique("image_id", keep="first")
    return one.select("image_id", "annotator", "choice").sort("image_id")


def to_votes(imports: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The standing imports about pictures that people were asked about, as VOTES; what is not valid abstains."""
    rows = latest_statements(imports).join(asked.select("image_id"), on="image_id", how="semi")
    return conform(rows.rename({"said_at": "created_at"}), VOTES)


def counting_votes(imported: pl.DataFrame, asked: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """The imported votes that count in a consensus: a label needs a person, and what is measured on needs people alone.

    Args:
        imported: from `to_votes`.
        asked: image_id, role.
        counted: the votes of people that do not abstain.
    """
    free = asked.filter(pl.col("role").is_in(TRAINABLE)).join(counted, on="image_id", how="semi")
    return imported.join(free, on="image_id", how="semi")


def annotators(answers: pl.DataFrame, imported: pl.DataFrame, classes: Collection[str]) -> pl.DataFrame:
    """ANNOTATORS of the imports: `agreement` is with people alone, over all roles; no import is judged by another."""
    rows = [empty(ANNOTATORS)]
    for (name,), votes in imported.group_by("annotator", maintain_order=True):
        both = agreement.annotators(pl.concat([answers, votes]), list(classes))
        rows.append(both.filter(pl.col("annotator") == name))
    return pl.concat(rows).sort("annotator")
