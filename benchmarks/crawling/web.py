"""Our crawl, as `silverprint acquire` runs it."""

from pathlib import Path

from benchmarks.crawling.common import timed
from silverprint.adapters.crawl.run import crawl
from silverprint.config import WebSource
from silverprint.records import RAW, empty
from silverprint.store import ShardWriter
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource


def work(address: str, pictures: int, folder: Path) -> None:
    host = address.removeprefix("http://")
    start = f"{address}/of/{pictures}/"
    source = WebSource(
        kind="web", start=(start,), next="a.next", page="a.page", picture="img.photo", allow_private=(host,)
    )
    with ShardWriter(folder / "raw", max_pictures=2_000) as writer:
        crawl("benchmark", source, Intake(writer, "benchmark", empty(RAW)), CompletedSource(folder, [], 0))


if __name__ == "__main__":
    timed(work)
