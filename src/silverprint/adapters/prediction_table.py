"""Predictions of another system, as a table: a .csv, .parquet or .jsonl file with a row for each picture.

A row names a picture, and a class with a confidence; or it has a column for each class.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from silverprint.config import TableClassifier, meanings
from silverprint.core.first_predictions import of_one_class, spread_evenly
from silverprint.core.unicode_names import to_nfc
from silverprint.errors import ConfigError, DataError, UnavailableError
from silverprint.store.foreign_tables import READERS, Fault, Row, Shape
from silverprint.store.foreign_tables.row import text

_PICTURE, _CLASS, _CONFIDENCE = "picture", "class", "confidence"
_OWN: Final = (_PICTURE, _CLASS, _CONFIDENCE)
_ALIASES: Final = {
    **dict.fromkeys(("image_id", "sha256", "hash", "url", "address", "path", "file"), _PICTURE),
    **dict.fromkeys(("label", "predicted", "prediction"), _CLASS),
    **dict.fromkeys(("score", "probability"), _CONFIDENCE),
}
_TOLERANCE: Final = 0.01  # by which shares that were rounded may sum to more than 1
_MOST_WORDS: Final = 10_000  # words of no class that are told apart


@dataclass
class Predictions:
    """What a table says.

    Attributes:
        pictures: image_ids or addresses, as they stand there.
        probabilities: (n, C), rows in the order of `pictures`.
        other: words that mean none of the classes -> rows.
        faults: rows that say nothing.
        first_fault: where the first of them stands, and why.
        unused: columns that are passed over.
    """

    pictures: list[str]
    probabilities: NDArray[np.float32]
    other: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    first_fault: str | None = None
    unused: tuple[str, ...] = ()


def require_file(name: str, classifier: TableClassifier) -> None:
    """Refuses a file that is not the one that params.yaml means.

    Raises:
        UnavailableError: there is none.
        ConfigError: it is another one, or no table that can be read.
    """
    path, where = Path(classifier.path), f"classifiers.{name}"
    if not path.is_file():
        raise UnavailableError(f"{where}.path = {classifier.path!r}", "no such file", "put it there or fix the path")
    if path.suffix.lower() not in READERS:
        rule = f"a table of predictions ends in {', '.join(READERS)}"
        raise ConfigError(f"{where}.path = {classifier.path!r}", rule, "convert or rename it")
    with path.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    if found != classifier.sha256:
        value = f"{where}.sha256 = {classifier.sha256[:12]}…"
        raise ConfigError(value, f"{path} has another one", f"if it is meant, write sha256: {found}")


def read(name: str, classifier: TableClassifier, classes: Sequence[str]) -> Predictions:
    """The predictions of the file, for `classes` in their order.

    Raises:
        UnavailableError: there is none.
        ConfigError: it is another one, or no table that can be read.
        DataError: it cannot be understood, or no row predicts anything.
    """
    require_file(name, classifier)
    path = Path(classifier.path)
    words = {to_nfc(word): number for word, number in meanings(classifier, classes).items()}
    shape = Shape("table of predictions", tuple(dict.fromkeys([*_OWN, *words])), _PICTURE, _ALIASES, None)
    found = Predictions([], np.empty((0, len(classes)), dtype=np.float32))
    kept = _Rows(words, len(classes))
    with path.open("rb") as handle:
        for number, row in READERS[path.suffix.lower()](str(path), handle, shape):
            said = row if isinstance(row, Fault) else kept.take(row, found)
            if isinstance(said, Fault):
                found.faults += 1
                found.first_fault = found.first_fault or f"line {number}: {said.why}"
    found.probabilities, found.unused = kept.probabilities(), tuple(shape.unused)
    if not found.pictures:
        raise _empty(str(path), found)
    return found


class _Rows:
    """Rows read so far, in the two ways that there are: one class with a confidence, or a share for each class."""

    def __init__(self, words: Mapping[str, int], classes: int) -> None:
        self._words, self._classes = words, classes
        self._named, self._confidences = array("q"), array("f")  # a class for each row, -1 where it has shares
        self._shares = array("f")

    def take(self, row: Row, found: Predictions) -> Fault | None:
        """Adds what `row` says."""
        said = {column: text(value) for column, value in row.items()}
        fault = next((value for value in said.values() if isinstance(value, Fault)), None)
        picture = said.pop(_PICTURE, None)
        if fault is not None or not isinstance(picture, str):
            return fault or Fault("it names no picture")
        values = {column: value for column, value in said.items() if isinstance(value, str)}
        columns = [column for column in said if column not in (_CLASS, _CONFIDENCE)]
        taken = self._take_shares(values, columns) if columns else self._take_class(values, found.other)
        if taken is True:
            found.pictures.append(picture)
        return taken if isinstance(taken, Fault) else None

    def probabilities(self) -> NDArray[np.float32]:
        """(n, C), rows in their order."""
        named, confidences = np.array(self._named, dtype=np.int64), np.array(self._confidences, dtype=np.float32)
        rows = np.empty((len(named), self._classes), dtype=np.float32)
        rows[named >= 0] = of_one_class(named[named >= 0], confidences[named >= 0], self._classes)
        rows[named < 0] = spread_evenly(np.array(self._shares, dtype=np.float32).reshape(-1, self._classes))
        return rows

    def _take_shares(self, values: Mapping[str, str], columns: Sequence[str]) -> bool | Fault:
        sums = [0.0] * self._classes
        for column in columns:
            share = _share(column, values.get(column, "0"))
            if isinstance(share, Fault):
                return share
            sums[self._words[column]] += share
        total = sum(sums)
        if not 0 < total <= 1 + _TOLERANCE:
            return Fault(f"its shares sum to {total:.4g}, and to more than 0 and at most 1 they must")
        self._shares.extend(share / max(1.0, total) for share in sums)
        self._add(-1, 0.0)
        return True

    def _take_class(self, values: Mapping[str, str], other: Counter[str]) -> bool | Fault:
        """False where the row names a class that is none of ours."""
        word = values.get(_CLASS)
        if word is None:
            return Fault("it names no class")
        confidence = _share(_CONFIDENCE, values.get(_CONFIDENCE, ""))
        if isinstance(confidence, Fault):
            return confidence
        number = self._words.get(to_nfc(word))
        if number is None:
            other[word if word in other or len(other) < _MOST_WORDS else "…"] += 1
            return False
        self._add(number, confidence)
        return True

    def _add(self, number: int, confidence: float) -> None:
        self._named.append(number)
        self._confidences.append(confidence)


def _share(column: str, value: str) -> float | Fault:
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    return share if 0 <= share <= 1 else Fault(f"{column} = {value[:40]!r} is no number of 0 to 1")


def _empty(where: str, found: Predictions) -> DataError:
    if found.faults:
        remedy = "a row has a picture, and a class with its confidence or a share of 0 to 1 for each class"
        return DataError(f"{where} {found.first_fault}", f"none of its {found.faults} rows can be used", remedy)
    if found.other:
        named = ", ".join(repr(word) for word, _ in found.other.most_common(3))
        rule = f"none of its {found.other.total()} rows names a class of dataset.classes"
        return DataError(f"{where} names {named}", rule, "say in `classes` of the classifier what its words mean")
    return DataError(where, "it has no rows", "write a row for each picture")
