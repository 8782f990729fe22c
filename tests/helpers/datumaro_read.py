"""What Datumaro reads of a release's folder, as JSON; run in Datumaro's own environment, which has nothing of ours."""

import hashlib
import json
import sys
from pathlib import Path

from datumaro.components.dataset import Dataset  # type: ignore[import-not-found]


def main(folder: str, form: str) -> None:
    """Prints image_id -> [subset, name of the class, its number, SHA-256 of the file's bytes]."""
    read = Dataset.import_from(folder, form)
    (categories,) = read.categories().values()
    found = {}
    for item in read:
        (label,) = item.annotations
        name = categories.items[label.label].name
        found[Path(item.id).name] = [item.subset, name, label.label, hashlib.sha256(item.media.bytes).hexdigest()]
    print(json.dumps(found))  # noqa: T201


main(*sys.argv[1:])
