"""A run that was interrupted knows what it has done; one that ended, or asks for another revision, begins anew."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from silverprint.fetch_result import Answer, Showing
from silverprint.records import RAW
from silverprint.store import ShardWriter, tables
from silverprint.store.intake import Intake
from silverprint.store.intake.resume import Progress
from tests.helpers.web_pictures import encoded

SAME, CHANGED, NEW, GONE = (f"https://example.org/{name}.jpg" for name in ("same", "changed", "new", "gone"))


def fetched(number: int) -> Answer:
    return Answer("present", data=encoded(number), status=200)


def run(root: Path, revision: int, found: dict[str, Answer], whole: bool) -> list[str]:
    """Takes what is found of addresses that are not finished; returns those."""
    with ShardWriter(root) as writer:
        index = tables.read_parts(root, RAW)
        progress = Progress(root, revision, len(index))
        intake = Intake(writer, "web", index, progress=progress)
        asked = [url for url in found if intake.finished(url) is None]
        for url, answer in found.items():
            intake.take(Showing(url), intake.finished(url) or answer)
        progress.save()
    if whole:
        progress.end()
    return asked


def test_what_is_done_is_done_within_a_revision(tmp_path: Path) -> None:
    run(tmp_path, 1, {SAME: fetched(1), CHANGED: fetched(2)}, whole=True)
    now = {SAME: fetched(1), CHANGED: fetched(3), NEW: fetched(4), GONE: Answer("failed", "timeout")}
    assert run(tmp_path, 2, now, whole=False) == list(now)
    with (tmp_path / ".unfinished").open("a") as handle:
        handle.write("0123")  # torn by a kill
    assert run(tmp_path, 2, now, whole=False) == [GONE]
    assert run(tmp_path, 2, now, whole=True) == [GONE]
    assert run(tmp_path, 2, now, whole=False) == list(now)
    assert run(tmp_path, 3, now, whole=False) == list(now)
    assert [path.name for path in sorted(tmp_path.glob("index*"))] == ["index-00000.parquet", "index-00001.parquet"]


def test_what_no_row_tells_for_certain_is_asked_again(tmp_path: Path) -> None:
    """A kill takes the open part: an address that is unchanged against a row in there is not finished."""
    run(tmp_path, 1, {SAME: fetched(1)}, whole=True)
    with ShardWriter(tmp_path) as writer:
        index = tables.read_parts(tmp_path, RAW)
        progress = Progress(tmp_path, 2, len(index))
        intake = Intake(writer, "web", index, progress=progress)
        for _ in range(2):
            intake.take(Showing(SAME), fetched(2))
        assert intake.counts == {"stored": 1, "unchanged": 1}
        progress.save()
        writer.discard()
    assert run(tmp_path, 2, {SAME: fetched(2)}, whole=False) == [SAME]


@given(st.binary(max_size=200))
def test_a_damaged_file_begins_anew(tmp_path_factory, noise: bytes) -> None:
    root = tmp_path_factory.mktemp("progress")
    (root / ".unfinished").write_bytes(noise)
    assert Progress(root, 1, 7).since == 7
