"""Labels that a source came with: what it says of a picture, what is new of that, what of it counts."""

from unicodedata import normalize

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core import agreement
from silverprint.core.votes import imported_labels
from silverprint.records import IMPORTS, RAW, VOTES, conform, empty

CLASSES = ("coat", "dress", "bag")
WORDS = ("coat", "dress", "bag", "Mantel", "?")
MAP = {"Mantel": "coat"}

Row = tuple[str, str, str | None]
ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("uvwx"), st.sampled_from([*WORDS, None])))


def raw(rows: list[Row]) -> pl.DataFrame:
    columns = {"image_id": 0, "url": 1, "source_label": 2}
    data = {name: [row[at] for row in rows] for name, at in columns.items()}
    data["fetched_at"] = [f"2026-01-{at + 1:02d}" for at in range(len(rows))]
    return conform(pl.DataFrame(data, schema=dict.fromkeys(data, pl.String)), RAW) if rows else empty(RAW)


def said(rows: list[Row], words: dict[str, str] = MAP) -> pl.DataFrame:
    return imported_labels.statements(raw(rows), "own", CLASSES, words)


def votes(*rows: tuple[str, str, str]) -> pl.DataFrame:
    data = [dict(zip(("image_id", "annotator", "choice"), row, strict=True)) for row in rows]
    return conform(pl.DataFrame(data), VOTES) if rows else empty(VOTES)


def asked(**roles: str) -> pl.DataFrame:
    columns = {"image_id": list(roles), "role": list(roles.values())}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_a_word_is_a_class_or_means_one_or_abstains() -> None:
    found = said([("a", "u", "coat"), ("b", "v", "Mantel"), ("c", "w", "?")])
    assert found.select("image_id", "annotator", "said", "choice", "status").rows() == [
        ("a", "import:own", "coat", "coat", "valid"),
        ("b", "import:own", "Mantel", "coat", "valid"),
        ("c", "import:own", "?", "", "unknown-class"),
    ]


def test_a_picture_in_two_folders_contradicts_itself_unless_they_mean_the_same() -> None:
    found = said([("a", "u", "coat"), ("a", "v", "bag"), ("b", "w", "coat"), ("b", "x", "Mantel")])
    assert found.select("said", "choice", "status").rows() == [
        ("bag / coat", "", "contradictory"),
        ("Mantel / coat", "coat", "valid"),
    ]


@given(st.sampled_from(["NFC", "NFD"]), st.sampled_from(["NFC", "NFD"]), st.sampled_from(["NFC", "NFD"]))
def test_a_word_is_one_word_in_every_unicode_form(of_class: str, of_word: str, of_map: str) -> None:
    classes = (normalize(of_class, "café"), "bag")
    words = {normalize(of_map, "sacoché"): "bag"}
    rows = [("a", "u", normalize(of_word, "café")), ("b", "v", normalize(of_word, "sacoché"))]
    found = imported_labels.statements(raw([*rows, ("a", "w", "café")]), "own", classes, words)
    assert found.select("said", "choice", "status").rows() == [
        ("café", classes[0], "valid"),
        ("sacoché", "bag", "valid"),
    ]


def test_the_last_word_of_an_address_counts() -> None:
    assert said([("a", "u", "coat"), ("a", "u", "bag")])["choice"].to_list() == ["bag"]
    assert said([("a", "u", "coat"), ("b", "u", "bag")])["image_id"].to_list() == ["b"]
    assert said([("a", "u", "coat"), ("a", "u", None)]).is_empty()


@pytest.mark.slow
@given(st.lists(ROWS, max_size=4))
def test_the_ledger_only_grows_and_ends_with_what_was_said_last(runs: list[list[Row]]) -> None:
    kept = empty(IMPORTS)
    for rows in runs:
        statements = said(rows)
        grown = pl.concat([kept, imported_labels.new_statements(kept, statements)])
        assert grown.head(kept.height).equals(kept)
        assert grown.select("image_id", "annotator", "batch").is_unique().all()
        standing = imported_labels.latest_statements(grown).join(statements, on="image_id", how="semi")
        assert standing.drop("batch", "said_at").equals(statements.drop("batch", "said_at"))
        assert imported_labels.new_statements(grown, statements).is_empty()
        kept = grown


def test_another_source_is_another_annotator_with_batches_of_its_own() -> None:
    own, web = (imported_labels.statements(raw([("a", "u", "coat")]), name, CLASSES, {}) for name in ("own", "web"))
    kept = imported_labels.new_statements(empty(IMPORTS), own)
    both = pl.concat([kept, imported_labels.new_statements(kept, web)])
    assert imported_labels.latest_statements(both).select("annotator", "batch").rows() == [
        ("import:own", 1),
        ("import:web", 1),
    ]


def test_it_counts_beside_a_person_and_never_for_evaluation() -> None:
    kept = imported_labels.new_statements(empty(IMPORTS), said([(name, name, "coat") for name in ("a", "b", "c")]))
    queue = asked(a="train", b="evaluation", c="train")
    imported = imported_labels.to_votes(kept, queue)
    people = votes(("a", "s-1", "bag"), ("b", "s-1", "bag"), ("c", "s-1", "unsure"))
    counting = imported_labels.counting_votes(imported, queue, agreement.counted_votes(people, CLASSES))
    assert counting.select("image_id", "annotator", "choice").rows() == [("a", "import:own", "coat")]


def test_nobody_was_asked_so_nothing_counts() -> None:
    kept = imported_labels.new_statements(empty(IMPORTS), said([("a", "u", "coat")]))
    assert imported_labels.to_votes(kept, asked()).is_empty()


def test_agreement_is_with_people_alone() -> None:
    words = [("a", "u", "coat"), ("b", "v", "coat"), ("c", "w", "?")]
    kept = imported_labels.new_statements(empty(IMPORTS), said(words))
    other = imported_labels.statements(raw([("a", "u", "dress"), ("b", "v", "dress")]), "web", CLASSES, {})
    kept = pl.concat([kept, imported_labels.new_statements(kept, other)])
    imported = imported_labels.to_votes(kept, asked(a="train", b="evaluation", c="train"))
    people = votes(("a", "s-1", "coat"), ("a", "s-2", "coat"), ("b", "s-1", "bag"), ("c", "s-1", "bag"))
    rows = (
        imported_labels.annotators(people, imported, CLASSES)
        .select("annotator", "votes", "abstained", "agreement")
        .rows()
    )
    assert rows == [("import:own", 2, 1, 0.5), ("import:web", 2, 0, 0.0)]
