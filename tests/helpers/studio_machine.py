"""A machine with a checkout of a small campaign, of which one round is asked on a Label Studio that runs elsewhere."""

import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from PIL import Image

from silverprint import layout
from silverprint.annotation_backend import AnnotationBackend
from silverprint.campaign import ledgers
from silverprint.cli import main
from silverprint.records import ASKS, QUEUE, VOTES, conform
from silverprint.store import ShardWriter, tables
from tests.conftest import copy_project

ROUND = "r01"


def picture(number: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 48), (number % 256, 7 * number % 256, 90 + number // 256)).save(buffer, "PNG")
    return buffer.getvalue()


def picture_id(number: int) -> str:
    return sha256(picture(number)).hexdigest()


@dataclass
class Machine:
    """One checkout; its Label Studio is `url`, whose pictures lie in `serving`."""

    folder: Path
    url: str
    token: str
    pictures: int

    def environment(self) -> dict[str, str]:
        return {**os.environ, "LABEL_STUDIO_URL": self.url, "LABEL_STUDIO_API_KEY": self.token}

    def start(self) -> "subprocess.Popen[str]":
        """The same as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "silverprint", "annotate", ROUND],
            cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def annotate(self) -> tuple[int, str]:
        """Its exit code, and what it said."""
        said = StringIO()
        with pytest.MonkeyPatch.context() as patched, redirect_stderr(said):
            for name, value in self.environment().items():
                patched.setenv(name, value)
            patched.chdir(self.folder)
            code = main(["annotate", ROUND])
        return code, said.getvalue()

    def expect(self, code: int) -> str:
        """What annotate says as it ends with `code`."""
        found, said = self.annotate()
        assert found == code, said
        return said

    def votes(self) -> pl.DataFrame:
        return tables.read_ledger(self.folder / layout.votes(ROUND), VOTES)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / layout.state(ROUND)).read_text())
        return found

    def ask_more(self, extra: int) -> None:
        """What `round reopen --all` writes."""
        rows = pl.DataFrame({"image_id": [picture_id(number) for number in range(self.pictures)]}).with_columns(
            extra=pl.lit(extra), reason=pl.lit("again"), asked_at=pl.lit("2026-01-01T00:00:00+00:00")
        )
        tables.write_ledger(conform(rows, ASKS), self.folder / layout.asks(ROUND), ASKS, ["asked_at", "image_id"])

    def share_page(self, shared: int, predicted: str) -> None:
        """Has the first pictures of the queue share a page, their answer pre-set; the others have one of their own."""
        path = self.folder / layout.queue(ROUND)
        queue = tables.read_ledger(path, QUEUE, frozenset({"page"})).sort("rank")
        on_page = pl.int_range(pl.len()) < shared
        told = {"show_prediction": on_page, "predicted": pl.lit(predicted), "confidence": pl.lit(0.5)}
        path.write_bytes(ledgers.queue_bytes(queue.with_columns(page=pl.when(on_page).then(1), **told)))

    def prelabel(self, predicted: str) -> None:
        """Has every picture of the queue shown with its answer pre-set."""
        path = self.folder / layout.queue(ROUND)
        told = {"show_prediction": pl.lit(True), "predicted": pl.lit(predicted), "confidence": pl.lit(0.5)}
        path.write_bytes(ledgers.queue_bytes(tables.read_ledger(path, QUEUE).with_columns(**told)))

    def ask_until_sure(self, pictures: int, most: int, until: float) -> None:
        """Has the first pictures of the queue asked about until they are sure; those behind them are for evaluation."""
        path = self.folder / layout.queue(ROUND)
        queue = tables.read_ledger(path, QUEUE).sort("rank")
        goes_on = pl.col("rank") <= pictures
        role = pl.when(goes_on).then(pl.lit("train")).otherwise(pl.lit("evaluation"))
        knobs = {"max_overlap": pl.when(goes_on).then(most), "until": pl.when(goes_on).then(until)}
        path.write_bytes(ledgers.queue_bytes(conform(queue.with_columns(role=role, **knobs), QUEUE)))

    def take_down(self, *image_ids: str) -> None:
        path = self.folder / layout.TAKEDOWNS
        path.write_text(path.read_text() + "".join(f"{one},image,{one},asked,2026-01-01\n" for one in image_ids))

    def rename(self, campaign: str) -> None:
        path = self.folder / layout.PARAMS
        lines = [
            f"  campaign: {campaign}" if line.startswith("  campaign:") else line
            for line in path.read_text().splitlines()
        ]
        path.write_text("\n".join(lines) + "\n")


def make(
    folder: Path, house: AnnotationBackend, serving: Path, token: str, campaign: str, overlaps: list[int]
) -> Machine:
    """A checkout in `folder`: as many pictures as `overlaps`, all in the queue of r01, nobody asked so far."""
    copy_project(folder)
    found = Machine(folder, house.url, token, len(overlaps))
    found.rename(campaign)
    (folder / "var").mkdir()
    (folder / layout.SERVING).symlink_to(serving, target_is_directory=True)
    for source in ("web", "partner", "own", "list", "crowd"):
        with ShardWriter(folder / layout.raw(source)) as writer:
            for number in range(len(overlaps) if source == "own" else 0):
                row = {"image_id": picture_id(number), "outcome": "stored", "source": "own", "format": "png"}
                writer.add(row, picture(number))
            writer.finish()
    rows = [
        {"image_id": picture_id(number), "rank": number + 1, "role": "train", "strategy": "random", "overlap": overlap}
        for number, overlap in enumerate(overlaps)
    ]
    queue = pl.DataFrame(rows).with_columns(tier=pl.lit("crowd"), show_prediction=pl.lit(False), seed=pl.lit(7))
    tables.write_ledger(conform(queue, QUEUE), folder / layout.queue(ROUND), QUEUE, ["rank"])
    tables.write_ledger(pl.DataFrame(schema=ASKS), folder / layout.asks(ROUND), ASKS, ["image_id"])
    return found


def tasks_of(house: AnnotationBackend, campaign: str) -> Counter[str | None]:
    """How many tasks each picture has, over all projects of the campaign."""
    return Counter(task.image_id for project in house.find_all(campaign, ROUND) for task in house.tasks(project))


@contextmanager
def slow(target: str, held: threading.Event, freed: threading.Event) -> Iterator[str]:
    """A proxy that passes everything on, and holds what makes tasks: it sets `held`, and goes on once it is `freed`."""

    class Handler(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.command == "POST" and re.match(r"/api/(tasks|projects/\d+/import)", self.path):
                held.set()
                freed.wait(60)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            answer = httpx.request(
                self.command, target + self.path, content=body, headers=headers, timeout=60, trust_env=False
            )
            try:
                self.send_response(answer.status_code)
                self.send_header("Content-Type", answer.headers.get("content-type", ""))
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)
            except OSError:  # whoever asked was killed
                return

        do_GET = do_POST = do_PATCH = do_DELETE = _pass  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        freed.set()
        server.shutdown()
        server.server_close()
