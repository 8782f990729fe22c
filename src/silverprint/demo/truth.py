"""Truth about the sample images. Written by `build`; read by the simulated people and the closing audit alone."""

import csv
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.errors import UnavailableError
from silverprint.store import files

VARIABLE: Final = "SILVERPRINT_DEMO_TRUTH"


def path() -> Path:
    """Where the truth lies: var/demo/truth.csv, or where the environment says."""
    return Path(os.environ.get(VARIABLE) or layout.DEMO / "truth.csv")


def write(labels: Mapping[str, str]) -> None:
    """Image ids and what they show, as a sorted CSV file."""
    buffer = StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(("image_id", "label"))
    rows.writerows(sorted(labels.items()))
    files.write_text(path(), buffer.getvalue())


def read() -> dict[str, str]:
    """image_id -> class, or 'not one of these'.

    Raises:
        UnavailableError: it was not built.
    """
    try:
        text = path().read_text(encoding="utf-8")
    except FileNotFoundError:
        rule = "the sample pictures' truth is not there"
        raise UnavailableError(str(path()), rule, "run: python -m silverprint.demo build") from None
    return {row["image_id"]: row["label"] for row in csv.DictReader(StringIO(text))}
