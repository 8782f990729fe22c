"""Tables safe for spreadsheets: text that would be read as a formula is made plain text (OWASP)."""

from pathlib import Path
from typing import Final

import polars as pl

from silverprint.store import files

# Characters that begin a formula in Excel, LibreOffice or Google Sheets, their wide forms, and cell separators;
# spaces before it, which some programs drop. A number begins no formula.
_FORMULA: Final = r"^[\s\u200b\ufeff]*[=+\-@\t\r\n＝＋－＠]|^[\t\r\n]"
_NUMBER: Final = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def write(frame: pl.DataFrame, path: Path, *, raw: bool) -> None:
    """`frame` as the CSV file `path`; with `raw`, text stays as it is even where a spreadsheet would read a formula."""
    table = frame if raw else neutralise(frame)
    files.write_bytes(path, table.write_csv().encode("utf-8"))


def neutralise(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `'` before every text that would be a formula; numbers and all other text stay as they are."""
    return frame.with_columns(_neutral(name) for name, dtype in frame.schema.items() if dtype == pl.String)


def _neutral(name: str) -> pl.Expr:
    text = pl.col(name)
    is_formula = text.str.contains(_FORMULA) & ~text.str.contains(_NUMBER)
    return pl.when(is_formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name)
