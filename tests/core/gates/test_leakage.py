import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.gates import leakage

NAMES = "abcdefgh"


@given(
    groups=st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), st.integers(0, 3))),
    judging=st.sets(st.sampled_from(NAMES)),
    taught=st.permutations(NAMES),
)
def test_a_row_is_beside_what_judges_where_it_is_that_or_shares_its_group(groups, judging, taught):
    frame = pl.DataFrame(list(groups.items()), schema={"image_id": pl.String, "group": pl.Int64}, orient="row")
    rows = pl.DataFrame({"image_id": taught})
    found = leakage.with_judging(rows, pl.Series(sorted(judging), dtype=pl.String), frame)
    assert found["image_id"].to_list() == list(taught)
    for name, beside in found.rows():
        group = groups.get(name)
        like = {other for other in judging if group is not None and groups.get(other) == group}
        expected = min(like) if like else (name if name in judging else None)
        assert beside == expected
