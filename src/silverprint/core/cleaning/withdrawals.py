"""Withdrawals: takedowns by image_id, address, domain or source, resolved to images and their copies."""

import re
from typing import Any

import polars as pl

from silverprint.records import NEIGHBOURS, WITHDRAWN, conform

_DOMAIN = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/:?#]*)"  # urlsplit's hostname, in its own case


def is_domain(text: str) -> bool:
    """Whether `text`, in lower case, is a host name of two labels or more: `example.org`."""
    return _DOMAIN.fullmatch(text) is not None


def resolve(takedowns: pl.DataFrame, shown: pl.DataFrame, pixels: pl.DataFrame) -> pl.DataFrame:
    """Every picture that is withdrawn, with what withdrew it.

    Args:
        takedowns: TAKEDOWNS.
        shown: where pictures were shown: image_id, url, page_url, source; rows without an image_id are ignored.
        pixels: image_id, pixel_sha256 (null where a picture could not be decoded).

    Returns:
        WITHDRAWN, sorted by image_id, one row each: what names a picture itself goes before a rule, that before a copy.
    """
    shown = shown.filter(pl.col("image_id").is_not_null())
    by_name = takedowns.filter(pl.col("image_id").is_not_null()).select("image_id", "target", how=pl.lit("named"))
    rules = takedowns.filter(pl.col("image_id").is_null()).select("kind", "target")
    found = pl.concat([by_name, *(_by_rule(shown, kind, target) for kind, target in rules.sort("target").iter_rows())])
    found = found.unique("image_id", keep="first", maintain_order=True)
    copies = _copies(found, pixels)
    return conform(pl.concat([found, copies]), WITHDRAWN).sort("image_id")


def _by_rule(shown: pl.DataFrame, kind: str, target: str) -> pl.DataFrame:
    matches: dict[str, Any] = {
        "url": (pl.col("url") == target) | (pl.col("page_url") == target),
        "domain": _on(pl.col("url"), target) | _on(pl.col("page_url"), target),
        "source": pl.col("source") == target,
    }
    rows = shown.filter(matches[kind]).select("image_id").unique().sort("image_id")
    return rows.with_columns(target=pl.lit(target), how=pl.lit(kind))


def _on(address: pl.Expr, domain: str) -> pl.Expr:
    host = address.str.extract(_HOST).str.to_lowercase()
    return ((host == domain) | host.str.ends_with(f".{domain}")).fill_null(False)


def _copies(found: pl.DataFrame, pixels: pl.DataFrame) -> pl.DataFrame:
    """Pictures of the same pixels in other bytes."""
    decoded = pixels.filter(pl.col("pixel_sha256").is_not_null()).unique("image_id")
    gone = decoded.join(found, on="image_id").group_by("pixel_sha256").agg(target=pl.col("target").min())
    copies = decoded.join(gone, on="pixel_sha256").join(found, on="image_id", how="anti")
    return copies.select("image_id", "target", how=pl.lit("same-pixels"))


def neighbours(manifest: pl.DataFrame) -> pl.DataFrame:
    """Kept pictures in the near-duplicate group of a withdrawn one (NEIGHBOURS): a takedown leaves them to people.

    Args:
        manifest: MANIFEST; `evidence` of a withdrawn picture is the takedown's target.
    """
    gone = manifest.filter(pl.col("reason") == "withdrawn").sort("image_id").unique("group", keep="first")
    gone = gone.select("group", withdrawn="image_id", target="evidence")
    return conform(manifest.filter("kept").join(gone, on="group"), NEIGHBOURS).sort("target", "withdrawn", "image_id")
