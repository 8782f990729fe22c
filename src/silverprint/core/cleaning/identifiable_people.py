"""Images in which detectors found something of a person: a face, a number plate."""

from collections.abc import Mapping

import polars as pl

from silverprint.records import BLUR, BLURRED, NOBODY, PERSONAL, conform


def as_findings(faces: pl.DataFrame, detector: str) -> pl.DataFrame:
    """PERSONAL rows of the images in which a detector of faces found one.

    Args:
        faces: FACES rows.
    """
    found = faces.filter(pl.col("faces") > 0)
    return conform(found.with_columns(kind=pl.lit("face"), detector=pl.lit(detector)), PERSONAL)


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


def with_treatment(pictures: pl.DataFrame, policy: str, policies: Mapping[str, str]) -> pl.DataFrame:
    """`pictures` with `shown_to`, as MANIFEST has it, and `person_policy`: what becomes of those that show a person.

    Args:
        pictures: source, personal, boxes: where all that was found in it is, as records.FACES has it; null where nobody
            knows, so that it is hidden where it was to be blurred.
        policy: hide, blur, reject, flag, or the name of a tier.
        policies: the same of single sources.
    """
    named = pl.col("person_policy")
    unseen = named.is_in(["hide", "reject"]) | ((named == BLUR) & pl.col("boxes").is_null())
    shown_to = pl.when(unseen).then(pl.lit(NOBODY)).when(~named.is_in(["flag", BLUR])).then(named)
    treated = pictures.with_columns(person_policy=policy_of(policy, policies))
    return treated.with_columns(shown_to=shown_to)


def policy_of(policy: str, policies: Mapping[str, str]) -> pl.Expr:
    """What becomes of a picture, by its `source` and `personal`; null where no person was found in it."""
    own = pl.col("source").replace_strict(dict(policies), default=policy, return_dtype=pl.String)
    return pl.when(pl.col("personal").is_not_null()).then(own)


def blurred(pictures: pl.DataFrame) -> pl.DataFrame:
    """BLURRED rows of pictures as `with_treatment` gives them."""
    return conform(pictures.filter(pl.col("person_policy") == BLUR).drop_nulls("boxes"), BLURRED)
