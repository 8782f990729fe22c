"""An S3 prefix: what is its own, beside what it shares with every other drop."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from silverprint.adapters.archive import read
from silverprint.adapters.archive.s3_prefix import object_entries
from silverprint.errors import NotAllowedError, UnavailableError
from tests.helpers.drops import FILES, rows
from tests.helpers.s3 import Server, emptied, started
from tests.helpers.web_pictures import encoded

pytestmark = pytest.mark.slow

Taken: TypeAlias = Callable[[Any], None]


@pytest.fixture
def filled(server: Server) -> Server:
    """The drop lies below bucket/may."""
    fill(server)
    return server


def fill(server: Server) -> None:
    server.put(**{f"may/{name}": data for name, data in FILES.items()})


def found() -> dict[str, tuple[object, object]]:
    prefix = "s3://bucket/may/"
    return {url.removeprefix(prefix): (row["outcome"], row["reason"]) for url, row in rows(Path("-")).items()}


def test_a_prefix_becomes_rows_and_what_is_unchanged_is_not_fetched_again(acquired: Taken, filled: Server) -> None:
    filled.put(**{"may/../out.jpg": encoded(8), "may/folder/": b"", "mayday.jpg": encoded(9)})
    acquired("s3://bucket/may")
    expected = {
        "pictures/a.jpg": ("stored", None),
        "pictures/b.png": ("stored", None),
        "pictures/c.jpg": ("duplicate", None),
        "pictures/gone.jpg": ("failed", "missing"),
        "README.txt": ("failed", "not-an-image"),
        "empty.jpg": ("failed", "empty"),
        "large.jpg": ("refused", "too-large"),
    }
    climbing = {name: row for name, row in found().items() if name not in expected}
    assert set(climbing.values()) <= {("refused", "unsafe-path")}
    assert {name: row for name, row in found().items() if name in expected} == expected
    row = rows(Path("-"))["s3://bucket/may/pictures/a.jpg"]
    assert (row["license"], row["source_label"], row["page_url"]) == ("CC0-1.0", "bag", "https://example.org/a")
    assert row["etag"]
    assert row["last_modified"]

    before = len(filled.got())
    acquired("s3://bucket/may")
    assert [key for key in filled.got()[before:] if key.startswith("may/")] == ["may/manifest.csv"]
    filled.put(**{"may/pictures/b.png": encoded(5, "PNG")})
    before = len(filled.got())
    acquired("s3://bucket/may/")
    assert set(filled.got()[before:]) >= {"may/pictures/b.png"}
    assert "may/pictures/a.jpg" not in filled.got()[before:]


def test_what_is_not_there_or_closed_is_told(acquired: Taken, filled: Server, monkeypatch) -> None:
    for address, words in (
        ("s3://bucket/june", "no object is there"),
        ("s3://nobody/may", "no such bucket|no object is there"),
    ):
        with pytest.raises(UnavailableError, match=words):
            list(object_entries(address))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NotAllowedError, match=r"access is denied.*AWS_ACCESS_KEY_ID"):
        acquired("s3://bucket/may")


def test_a_server_that_goes_is_an_error_and_what_was_fetched_stays(
    acquired: Taken, tmp_path: Path, monkeypatch
) -> None:
    with started(tmp_path) as server:
        fill(emptied(server, tmp_path, monkeypatch))

        def until(entry, *rest):
            if entry.name == "pictures/b.png":
                server.process.kill()
                server.process.wait()
            return answer(entry, *rest)

        answer = read._answer
        monkeypatch.setattr(read, "_answer", until)
        with pytest.raises(UnavailableError, match="S3 does not answer"):
            acquired("s3://bucket/may")
    assert found()["pictures/a.jpg"] == ("stored", None)
