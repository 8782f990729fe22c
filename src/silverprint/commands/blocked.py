"""silverprint blocked add: hashes of pictures that nobody is to see go to data/blocked.csv, in Git."""

import hashlib
from pathlib import Path
from typing import Any, Final

import polars as pl

from silverprint import layout
from silverprint.campaign import ledgers
from silverprint.config import Params
from silverprint.console import say
from silverprint.core.cleaning import known_bad
from silverprint.errors import UsageError
from silverprint.imaging import measurement
from silverprint.records import BLOCKED
from silverprint.store import tables

_MAX_BYTES: Final = 100_000_000  # of a picture that is hashed


def add(params: Params, files: list[Path], why: str) -> None:
    """Adds the hashes of these files: of their bytes, and of what is to be seen where they decode. No picture is kept.

    Raises:
        UsageError: a file is not there, or too large; or nothing says why.
        ConfigError: a line that is there means nothing.
    """
    if not why.strip():
        raise UsageError(f"--why {why!r}", "a picture is blocked for a reason", 'give it: --why "on the list of ..."')
    known = ledgers.blocked_hashes()
    rows = [row | {"why": why} for path in files for row in _hashes(path, params)]
    new = pl.DataFrame(rows, schema=BLOCKED).unique(["kind", "hash"]).join(known, on=["kind", "hash"], how="anti")
    tables.write_ledger(pl.concat([known, new]), layout.BLOCKED, BLOCKED, ["kind", "hash"])
    say(f"{layout.BLOCKED}: {new.height} hashes more; go on: silverprint repro clean")


def _hashes(path: Path, params: Params) -> list[dict[str, Any]]:
    if not path.is_file():
        raise UsageError(str(path), "there is no such file", "name files of pictures")
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise UsageError(
            f"{path}, {size:,} bytes", f"a picture has at most {_MAX_BYTES:,}", "name a smaller copy of it"
        )
    data = path.read_bytes()
    found = [{"kind": known_bad.SHA256, "hash": hashlib.sha256(data).hexdigest()}]
    seen = measurement.measure("", data, int(params.measure.max_megapixels * 1_000_000))
    if not seen["decodable"]:
        say(f"{path} does not decode: only the same file is blocked")
        return found
    if seen["contrast"] < params.clean.min_contrast:
        say(f"{path} shows almost nothing: only the same file is blocked")
        return found
    words = [seen[f"phash256_{word}"] for word in range(4)]
    return [*found, {"kind": known_bad.PHASH256, "hash": known_bad.text_of(words)}]
