"""Ten thousand answers of a server gone mad: each is a row, in both channels, and in both the same one."""

import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest

from silverprint.store import ShardReader
from tests.helpers.crawl_projects import configured
from tests.helpers.memory import run_watched
from tests.helpers.odd_answers import answer
from tests.helpers.tinysite import Reply, html, serving

MAX_BYTES = 200_000
MOST_MEGABYTES = 1_000  # of one process
# Reasons that hang on when the server's end is heard, whichever the channel: a drip takes 1.5 of the 2 s that it has.
LOST = frozenset({"connection", "cut-off", "timeout", "broken-response"})


def reply(path: str) -> Reply:
    pieces, pause_s = answer(int(path.rpartition("/")[2]))

    def write(wire: BinaryIO) -> None:
        for piece in pieces:
            wire.write(piece)
            wire.flush()
            time.sleep(pause_s)

    return Reply(raw=write)


def fuzzed(project: Path, channel: str, numbers: range) -> tuple[pl.DataFrame, float, float]:
    """The rows that the answers of those numbers make, by number, the seconds it took, and megabytes at most."""
    pages = [numbers[start : start + 100] for start in range(0, len(numbers), 100)]
    replies = {
        f"/p/{at}": html("".join(f'<img class="photo" src="/odd/{n}">' for n in page)) for at, page in enumerate(pages)
    }
    replies["/"] = html("".join(f'<a class="product" href="{page}">x</a>' for page in replies))
    with serving({**replies, "/odd/": reply}) as site:
        (project / "list.csv").write_text("\n".join(["url", *(f"{site.address}/odd/{number}" for number in numbers)]))
        configured(project, channel, site, timeout_s=2, max_bytes=MAX_BYTES, per_host=16)
        text = (project / "params.yaml").read_text()
        if channel == "web":
            (project / "params.yaml").write_text(text.replace("\n    per_host: 16", ""))
        begun = time.monotonic()
        command = [sys.executable, "-m", "silverprint", "acquire", channel]
        done, most = run_watched(command, timeout=2_400, cwd=project, env=os.environ)
        took = time.monotonic() - begun
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    rows = ShardReader(project / "data/raw").index().filter(pl.col("url").str.contains("/odd/[0-9]+$"))
    rows = rows.with_columns(number=pl.col("url").str.extract("/odd/([0-9]+)$").cast(pl.Int64)).sort("number")
    assert rows["number"].to_list() == list(numbers)
    assert rows["status"].drop_nulls().is_between(100, 999).all()
    return rows, took, most


def compared(tmp_path: Path, numbers: range) -> dict[str, tuple[float, float]]:
    """Checks that both channels make the same of the answers, in bounded memory; (seconds, megabytes) by channel."""
    found = {}
    for channel in ("web", "urls"):
        (tmp_path / channel).mkdir()
        found[channel] = fuzzed(tmp_path / channel, channel, numbers)
    columns = ["number", "outcome", "reason", "image_id", "status", "content_type", "etag", "last_modified"]
    web, urls = (found[channel][0].select(columns) for channel in ("web", "urls"))
    web, urls = (  # which of two showings is the copy hangs on the order of their coming
        rows.with_columns(outcome=pl.col("outcome").replace("duplicate", "stored")) for rows in (web, urls)
    )
    apart = web.join(urls, on=columns, how="anti", nulls_equal=True)
    both = apart.join(urls, on="number", suffix="_urls")
    unlike = [row for row in both.iter_rows(named=True) if not {row["reason"], row["reason_urls"]} & LOST]
    assert unlike == [], [{name: row[name] for name in row if row[name] is not None} for row in unlike[:5]]
    assert len(apart) <= 0.01 * len(numbers)
    used = {channel: (took, most) for channel, (_, took, most) in found.items()}
    assert all(0 < most < MOST_MEGABYTES for _, most in used.values()), used
    return used


@pytest.mark.slow
def test_each_odd_answer_is_a_row_and_the_same_in_both_channels(tmp_path: Path) -> None:
    compared(tmp_path, range(200))


@pytest.mark.soak
def test_ten_thousand_odd_answers(tmp_path: Path) -> None:
    used = compared(tmp_path, range(1_000, 11_000))
    for channel, (took, most) in used.items():
        print(f"10,000 answers by {channel}: {took:.0f} s, at most {most:.0f} MB a process")  # noqa: T201
    assert max(took for took, _ in used.values()) < 1_800  # some are drips and silences, each tried twice
