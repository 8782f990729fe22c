"""Quality of each source's and licence's pictures."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.reporting.subset_quality import SUBSETS, subset_quality
from silverprint.records import LABELS, MANIFEST, NONE_OF_THESE, conform, empty

PICTURE = st.tuples(
    st.sampled_from(["web", "own"]),  # source
    st.sampled_from(["MIT", None]),  # license
    st.booleans(),  # kept
    st.sampled_from([None, "text-like:12"]),  # flags
    st.sampled_from(["no", "cat", NONE_OF_THESE, None]),  # no: nobody was asked; None: nobody took a stand
    st.sampled_from([None, 0.0, 0.5, 1.0]),  # agreement
)


@given(st.lists(PICTURE, max_size=20))
def test_each_figure_is_of_the_pictures_that_it_names(
    pictures: list[tuple[str, str | None, bool, str | None, str | None, float | None]],
) -> None:
    columns = ("source", "license", "kept", "flags", "label", "agreement")
    rows = [dict(zip(columns, one, strict=True), image_id=f"{number:02d}") for number, one in enumerate(pictures)]
    frame = pl.DataFrame(rows, schema={name: (MANIFEST | LABELS)[name] for name in ("image_id", *columns)})
    asked = frame.filter(pl.col("label").ne_missing(pl.lit("no"))).with_columns(source=pl.lit("human"))
    found = subset_quality(conform(frame, MANIFEST), conform(asked, LABELS))
    assert dict(found.schema) == SUBSETS
    assert {(row["kind"], row["name"]) for row in found.to_dicts()} == (
        {("source", row["source"]) for row in rows} | {("license", row["license"] or "unknown") for row in rows}
    )
    for kind in ("source", "license"):
        part = found.filter(kind=kind)
        assert (part["acquired"].sum(), part["asked"].sum()) == (len(rows), asked.height)
        assert part["acquired"].is_sorted(descending=True)
    for row in found.to_dicts():
        mine = [one for one in rows if (one[row["kind"]] or "unknown") == row["name"]]
        kept, said = [one for one in mine if one["kept"]], [one for one in mine if one["label"] != "no"]
        pairs = [one["agreement"] for one in said if one["agreement"] is not None]
        expected = {
            "kept": len(kept) / len(mine),
            "flagged": sum(one["flags"] is not None for one in kept) / len(kept) if kept else None,
            "agreement": sum(pairs) / len(pairs) if pairs else None,
            "none": sum(one["label"] == NONE_OF_THESE for one in said) / len(said) if said else None,
            "undecided": sum(one["label"] is None for one in said) / len(said) if said else None,
        }
        assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_gold_is_nobody_s_answer() -> None:
    manifest = conform(pl.DataFrame({"image_id": ["a"], "source": ["web"], "kept": [True]}), MANIFEST)
    labels = conform(pl.DataFrame({"image_id": ["a"], "label": ["cat"], "source": ["gold"]}), LABELS)
    assert subset_quality(manifest, labels)["asked"].to_list() == [0, 0]
    assert subset_quality(manifest.clear(), empty(LABELS)).is_empty()
