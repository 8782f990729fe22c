"""Our list of addresses, as `silverprint acquire` runs it."""

from pathlib import Path

from benchmarks.crawling.common import AT_ONCE, addresses, timed
from silverprint.adapters.urls.run import fetch
from silverprint.config import UrlSource
from silverprint.records import RAW, empty
from silverprint.store import ShardWriter
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource


def work(address: str, pictures: int, folder: Path) -> None:
    listed = folder / "list.csv"
    listed.write_text("\n".join(["url", *addresses(address, pictures)]))
    host = address.removeprefix("http://")
    source = UrlSource(kind="urls", path=str(listed), allow_private=(host,), per_host=AT_ONCE)
    with ShardWriter(folder / "raw", max_pictures=2_000) as writer:
        fetch("benchmark", source, Intake(writer, "benchmark", empty(RAW)), CompletedSource(folder, [], 0))


if __name__ == "__main__":
    timed(work)
