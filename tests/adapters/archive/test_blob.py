"""An archive that is one object on S3: what is its own, beside what it shares with every other drop."""

import gzip
import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import ZIP_STORED

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.archive import read, s3_file
from silverprint.adapters.archive.open_drop import open_drop
from silverprint.errors import ConfigError, NotAllowedError, UnavailableError
from tests.adapters.archive.test_tar_entries import entry, tarred
from tests.helpers.drops import FILES, reasons, rows, zipped
from tests.helpers.s3 import Server
from tests.helpers.web_pictures import encoded

Taken: TypeAlias = Callable[[Any], None]
PLACE = Path("drop")
STORED = ("stored", None)
MANY = {f"{number:02d}.jpg": encoded(number) + random.Random(number).randbytes(20_000) for number in range(60)}


@given(
    data=st.binary(max_size=300),
    seeks=st.lists(st.tuples(st.integers(0, 320), st.integers(0, 120)), max_size=20),
    smallest=st.integers(1, 40),
    growth=st.integers(0, 4),
)
def test_ranges_are_a_file(data: bytes, seeks: list[tuple[int, int]], smallest: int, growth: int) -> None:
    asked: list[tuple[int, int]] = []

    def fetch(start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(data)
        asked.append((start, end))
        return data[start:end]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s3_file, "_SMALLEST", smallest)
        patch.setattr(s3_file, "_LARGEST", smallest << growth)
        there, here = io.BufferedReader(s3_file.RangeReader(fetch, len(data)), 16), io.BytesIO(data)
        for start, count in seeks:
            assert there.seek(start) == here.seek(start)
            assert there.read(count) == here.read(count)
            assert there.tell() == here.tell()
    assert all(end - start <= smallest << growth for start, end in asked)


def test_from_front_to_back_few_ranges_are_asked_for() -> None:
    data, asked = bytes(50_000_000), list[int]()

    def fetch(start: int, end: int) -> bytes:
        asked.append(end - start)
        return data[start:end]

    there = io.BufferedReader(s3_file.RangeReader(fetch, len(data)))
    while there.read(60_000):
        pass
    assert sum(asked) == len(data)
    assert len(asked) < 15
    there.seek(0)
    there.read(10)
    assert asked[-1] == 65_536


@pytest.fixture
def many(server: Server, tmp_path: Path) -> str:
    return server.copy(zipped(tmp_path / PLACE, MANY, ZIP_STORED))


PACKED: dict[str, Callable[[], bytes]] = {
    "zip": lambda: zipped(Path("made"), FILES).read_bytes(),
    "tar": lambda: tarred(*(entry(name, data) for name, data in FILES.items())),
    "tgz": lambda: gzip.compress(tarred(*(entry(name, data) for name, data in FILES.items()))),
}


@pytest.mark.slow
@pytest.mark.parametrize("packing", PACKED)
def test_what_is_unchanged_is_not_read_again(acquired: Taken, server: Server, packing: str, capsys) -> None:
    server.put(drop=PACKED[packing]())
    acquired("s3://bucket/drop")
    first = rows(PLACE)
    assert {row["etag"] is None for row in first.values()} == {True, False}  # one that is missing has none
    before = len(server.got())
    acquired("s3://bucket/drop")
    assert server.got()[before:] == []
    assert "unchanged" in capsys.readouterr().err

    server.put(drop=PACKED[packing]() + bytes(2_000))
    acquired("s3://bucket/drop")
    assert server.got()[before:] != []
    assert rows(PLACE) == first
    before = len(server.got())
    acquired("s3://bucket/drop")
    assert server.got()[before:] == []

    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("max_bytes: 30000", "max_bytes: 40000"))
    acquired("s3://bucket/drop")
    assert rows(PLACE)["large.jpg"]["outcome"] == "stored"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of each range that was asked for."""
    sizes, fetching = list[int](), s3_file._fetching

    def noted(*arguments: Any) -> s3_file.Fetch:
        fetch = fetching(*arguments)

        def one(start: int, end: int) -> bytes:
            sizes.append(end - start)
            return fetch(start, end)

        return one

    monkeypatch.setattr(s3_file, "_fetching", noted)
    return sizes


@pytest.mark.slow
def test_of_a_zip_only_what_is_wanted_is_fetched(many: str, fetched: list[int]) -> None:
    entries = {entry.name: entry for entry in open_drop("partner", many).entries()}
    assert entries["40.jpg"].answer(30_000).data == MANY["40.jpg"]
    assert sum(fetched) < 300_000 < sum(map(len, MANY.values())) / 4


@pytest.mark.slow
def test_one_that_is_replaced_while_it_is_read_is_told_and_read_anew(
    acquired: Taken, many: str, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = zipped(tmp_path / "other", {**MANY, "30.jpg": encoded(99)}, ZIP_STORED).read_bytes()
    answer = read._answer

    def replaced(one: Any, *rest: Any) -> Any:
        if one.name == "20.jpg":
            server.put(drop=other)
        return answer(one, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(read, "_answer", replaced)
        patch.setattr(s3_file, "_LARGEST", 65_536)
        with pytest.raises(UnavailableError, match=r"bucket/drop: .*replaced.*run it again"):
            acquired(many)
    assert len(rows(PLACE)) in range(20, 30)
    acquired(many)
    assert reasons(PLACE) == dict.fromkeys(MANY, STORED)
    assert rows(PLACE)["30.jpg"]["size"] == len(encoded(99))


@pytest.mark.slow
def test_an_interrupted_run_goes_on_where_it_was(
    acquired: Taken, many: str, fetched: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = read._answer

    def interrupted(one: Any, *rest: Any) -> Any:
        if one.name == "50.jpg":
            raise KeyboardInterrupt
        return answer(one, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(read, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            acquired(many)
    assert len(rows(PLACE)) == 50
    fetched.clear()
    acquired(many)
    assert reasons(PLACE) == dict.fromkeys(MANY, STORED)
    assert sum(fetched) < sum(map(len, MANY.values())) / 2


@pytest.mark.slow
def test_what_is_not_there_or_closed_or_nothing_of_the_kind_is_told(
    acquired: Taken, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(**{"drop": PACKED["zip"](), "text": b"Dear colleague", "empty": b"", "a.jpg": encoded(1)})
    params = Path("params.yaml").read_text()

    def told(address: str) -> str:
        Path("params.yaml").write_text(params)
        with pytest.raises((UnavailableError, ConfigError, NotAllowedError)) as caught:
            acquired(address)
        return f"{caught.value.exit_code} {caught.value}"

    for name in ("text", "empty", "a.jpg"):
        expected = rf"78 sources.partner.path = 's3://bucket/{name}': must be a folder, a zip, a tar or an S3"
        assert told(f"s3://bucket/{name}").startswith(expected)
    assert told("s3://bucket/june.zip").startswith("69 s3://bucket/june.zip: no such bucket or object; fix")
    assert told("s3://nobody/june.zip").startswith("69 s3://nobody/june.zip: no such bucket or object; fix")
    assert told("s3://bucket/drop/").startswith("69 s3://bucket/drop: no object is there")
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        assert told("s3://bucket/drop").startswith("69 s3://bucket/drop: S3 does not answer")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert told("s3://bucket/drop").startswith("77 s3://bucket/drop: access is denied")
