"""Whether what was stored is what was served: `python -m benchmarks.crawling.check FOLDER PICTURES`."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from benchmarks.crawling.server import Pictures
from silverprint.imaging.decode import decode
from silverprint.store import ShardReader

_DECODED = 200  # of the stripped pictures; decoding all of them takes minutes


def check(root: Path, pictures: int) -> dict[str, int]:
    """Counts of pictures stored as they came, and stripped.

    Raises:
        AssertionError: a picture is missing, misnamed, or is not what was served.
    """
    site, reader = Pictures(), ShardReader(root)
    rows = {row["url"].rpartition("/")[2]: row for row in reader.index().iter_rows(named=True)}
    stored = dict(reader.scan())
    assert len(rows) == len(stored) == pictures
    counts = {"as_fetched": 0, "stripped": 0}
    for number in range(pictures):
        served, row = site[number], rows[f"{number}.jpg"]
        data = stored[row["image_id"]]
        assert row["image_id"] == hashlib.sha256(served).hexdigest()
        assert row["stored_sha256"] == hashlib.sha256(data).hexdigest()
        if data != served and counts["stripped"] < _DECODED:
            assert np.array_equal(decode(data).pixels, decode(served).pixels)
        counts["as_fetched" if data == served else "stripped"] += 1
    return counts


if __name__ == "__main__":
    print(json.dumps(check(Path(sys.argv[1]), int(sys.argv[2]))))
