"""Images in which detectors found something of a person: a face, a number plate."""

import polars as pl


def personal_findings(found: pl.DataFrame, least: float) -> pl.DataFrame:
    """What is known of each picture.

    Args:
        found: PERSONAL rows.
        least: confidence below which a finding does not count, 0..1.

    Returns:
        image_id, personal (as MANIFEST has it), sorted; pictures without a finding that counts are left out.
    """
    best = found.filter(pl.col("confidence") >= least).group_by("image_id", "kind").agg(pl.col("confidence").max())
    said = pl.format("{}:{}", "kind", pl.col("confidence").round(3))
    whole = best.sort("image_id", "kind").group_by("image_id", maintain_order=True).agg(said.alias("personal"))
    return whole.with_columns(pl.col("personal").list.join(" "))
