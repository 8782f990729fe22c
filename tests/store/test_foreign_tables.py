"""Tables as other people's programs write them; and none that a stranger writes fills the memory."""

import csv
import json
import tracemalloc
from contextlib import suppress
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet as pq

from silverprint.errors import DataError
from silverprint.store.foreign_tables import READERS, Fault, Shape, csv_rows, json_lines
from silverprint.store.foreign_tables import parquet as tables

COLUMNS = ("url", "license", "caption", "label")
ALIASES = {"text": "caption"}
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
ROWS = st.lists(st.tuples(TEXTS, TEXTS, TEXTS).filter(any), max_size=8)


def read(kind: str, data: bytes, shape: Shape | None = None) -> list[Any]:
    shape = shape or Shape("list", COLUMNS, "url", ALIASES, frozenset({"width"}))
    return [row for _, row in READERS[kind]("list", BytesIO(data), shape)]


def urls(kind: str, data: bytes) -> list[str]:
    return [row.why if isinstance(row, Fault) else row["url"] for row in read(kind, data)]


ONE = [{"url": "u,1", "label": "Tasche"}]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ("\ufeffurl;label\r\nu,1;Tasche\r\n", ONE),  # Excel where a comma is the decimal point
        ("url\tlabel\nu,1\tTasche\n", ONE),
        ("url|label\nu,1|Tasche\n", ONE),
        ("sep=;\r\nurl;label\r\nu,1;Tasche\r\n", ONE),
        ("\n\nurl;label\nu,1;Tasche\n\n", ONE),
        ('url,label\r"u,1",Tasche\r', ONE),  # lines as the old Macintosh ended them
        ('URL , Label\n"u,1",Tasche', ONE),
        ('url,label,\n"u,1",Tasche,\n', ONE),
        ('url,label\n"u,1",Tasche,,\n', ONE),
        ('url,label,\n"u,1",Tasche\n', ONE),
        (',url,label\n0,"u,1",Tasche\n', ONE),  # pandas' to_csv
        ('Unnamed: 0,url,label\n0,"u,1",Tasche\n', ONE),
        ('Unnamed: 0.1,url,label\n', DataError),
        ("URL,TEXT,WIDTH\nu,a bag,7\n", [{"url": "u", "caption": "a bag"}]),  # LAION
        ("url,TEXT,caption\nu,alt,a bag\n", [{"url": "u", "caption": "a bag"}]),
        ('url,caption\nu,"two\r\nlines, ""quoted"""\nv,5" wide\n',
         [{"url": "u", "caption": 'two\r\nlines, "quoted"'}, {"url": "v", "caption": '5" wide'}]),
        ("url,caption\nu,a\u2028b\u0085c\n", [{"url": "u", "caption": "a\u2028b\u0085c"}]),
        ("url,URL\nu,v\n", DataError),
        ("urls\nu\n", DataError),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_csv_of_many_programs(data: str, rows: Any, encoding: str) -> None:
    encoded = data.removeprefix("\ufeff").encode(encoding)
    if rows is DataError:
        with pytest.raises(DataError):
            read(".csv", encoded)
    else:
        assert read(".csv", encoded) == rows


@pytest.mark.slow
@given(ROWS, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["utf-8-sig", "utf-16"]))
def test_whatever_a_csv_holds_it_is_read_as_python_reads_it(
    rows: list[tuple[str, ...]], delimiter: str, end: str, encoding: str
) -> None:
    text = StringIO(newline="")
    # Python's writer quotes a line's end only where it is the one that it writes itself.
    quoting = csv.QUOTE_ALL if {"\r", "\n"} & set("".join(map("".join, rows))) else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("url", "label", "caption"), *rows])
    found = read(".csv", text.getvalue().encode(encoding))
    assert [tuple(row.values()) for row in found] == rows


@given(ROWS, st.sampled_from(",;"), st.integers(8, 30))
def test_a_row_that_is_too_long_costs_no_other(rows: list[tuple[str, ...]], delimiter: str, longest: int) -> None:
    def written(row: tuple[str, ...]) -> str:
        text = StringIO(newline="")
        csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(row)
        return text.getvalue()

    header = delimiter.join(("url", "label", "caption"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_rows, "LONGEST", longest)
        patch.setattr(
            csv_rows,
            "_header",
            lambda lines, shape: (1, next(csv.reader([lines.readline()], delimiter=delimiter)), delimiter),
        )
        found = read(".csv", f"{header}\n{''.join(map(written, rows))}".encode())
    assert [row if isinstance(row, Fault) else tuple(row.values()) for row in found] == [
        csv_rows.TOO_LONG if len(written(row)) > longest else row for row in rows
    ]


def test_a_long_field_is_a_row_and_the_next_ones_are_read() -> None:
    long, too_long = "x" * 140_000, '"' + "x,\n" * 400_000 + '"'
    data = f"url,caption\na,{long}\nb,{too_long}\nc,{'y' * 3_000_000}\nd,bag\n".encode()
    found = read(".csv", data)
    assert found[0] == {"url": "a", "caption": long}
    assert [row.why for row in found[1:3]] == ["the row has more than 1,000,000 characters"] * 2
    assert found[3] == {"url": "d", "caption": "bag"}


def test_a_bad_row_is_told_by_its_line() -> None:
    shape = Shape("list", COLUMNS, "url")
    data = b'url,label\na\nb,"c"d\ne,"x\ny"\nf,g,h\n'
    found = dict(READERS[".csv"]("list", BytesIO(data), shape))
    assert found[4] == {"url": "e", "label": "x\ny"}
    assert {number: row.why[:10] for number, row in found.items() if isinstance(row, Fault)} == {
        2: "1 fields u",
        3: "no row of ",
        6: "3 fields u",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_line_of_json_ends_at_a_line_feed_alone(encoding: str) -> None:
    rows = [{"url": "a", "caption": "x\u2028y\u0085z\x0b\x0c\x1c"}, {"url": "b", "label": 7}]
    text = "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    assert read(".jsonl", text.encode(encoding)) == rows


def test_a_line_that_is_no_json_is_a_row() -> None:
    deep = b'{"url": ' + b"[" * 100_000
    bad = b'{"url": "a"}\n\n\xff\n[1]\n' + deep + b'\n{"url": ' + b"9" * 5_000 + b'}\n{"url": "\xe9"}\n{"url": "b"}'
    faults = ["the line is no JSON object"] * 5
    assert urls(".jsonl", bad) == ["a", *faults, "b"]


@pytest.mark.parametrize("kind", READERS)
def test_a_text_that_is_cut_through_is_told(kind: str) -> None:
    data = 'url\n{"url": "a"}\n'.encode("utf-16") if kind == ".csv" else '{"url": "a"}\n'.encode("utf-16")
    with pytest.raises(DataError, match="list"):
        read(kind, data[:-1])


def parquet(frame: Any, **options: Any) -> bytes:
    buffer = BytesIO()
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame)
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


def test_parquet_as_pandas_writes_it() -> None:
    frame = pd.DataFrame(
        {"URL": ["a", "b"], "TEXT": ["x", None], "label": pd.Categorical(["bag", "coat"])}, index=[4, 9]
    )
    assert read(".parquet", parquet(frame)) == [
        {"url": "a", "caption": "x", "label": "bag"},
        {"url": "b", "caption": None, "label": "coat"},
    ]


def peak(work: Any) -> int:
    tracemalloc.start()
    before = pa.total_allocated_bytes()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] + pa.total_allocated_bytes() - before
    finally:
        tracemalloc.stop()


def test_parquet_that_states_more_than_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    captions = pa.DictionaryArray.from_arrays(pa.array([0] * 5_000, pa.int32()), pa.array(["x" * 2_000_000]))
    again = parquet(pa.table({"url": ["a"] * 5_000, "caption": captions}))
    assert len(again) < 2_500_000
    found: list[Any] = []
    assert peak(lambda: found.extend(read(".parquet", again))) < 60_000_000
    assert [isinstance(row, Fault) for row in found] == [True] * 5_000
    nothing = parquet(pa.table({"url": pa.array([None] * 300_000, pa.string())}))
    with pytest.raises(DataError, match=r"states 300,000 rows in [0-9,]+ bytes"):
        read(".parquet", nothing)
    monkeypatch.setattr(tables, "_GROUP", 1_000_000)
    zeros = parquet(pa.table({"url": ["a" * 3_000_000]}), compression="zstd", use_dictionary=False)
    with pytest.raises(DataError, match="a group of rows unpacks to"):
        read(".parquet", zeros)
    with pytest.raises(DataError, match=r"column 'url': its values are list<.*no texts"):
        read(".parquet", parquet(pa.table({"url": [["a"]]})))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "start", "more"),
    [
        (".csv", "url,label\n", "http://a.example/1,bag\n"),
        (".csv", "url,label\n", "x"),
        (".csv", "url,label\n", '"'),
        (".csv", "url,label\n", ","),
        (".csv", 'url,label\n"', "http://a.example/1,bag\n"),
        (".csv", "url,", ","),
        (".csv", "", "x"),
        (".jsonl", "", '{"url": "http://a.example/1"}\n'),
        (".jsonl", '{"url": "a"}\n{"url": "', "x"),
        (".jsonl", '{"url": "a"}\n', "["),
    ],
)
def test_no_more_than_a_row_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, start: str, more: str
) -> None:
    """300 KB where a row may have 2,000 characters: many rows, a row that never ends, a line that never ends."""
    for module in (csv_rows, json_lines):
        monkeypatch.setattr(module, "LONGEST", 2_000)
    monkeypatch.setattr(csv_rows, "_HEADER", 2_000)
    (tmp_path / "list").write_text(start + more * (300_000 // len(more)))

    def look() -> None:
        with (tmp_path / "list").open("rb") as handle, suppress(DataError):
            for _ in READERS[kind]("list", handle, Shape("list", COLUMNS, "url")):
                pass

    assert peak(look) < 150_000


@pytest.mark.parametrize("line", [b'{"url": "a", "url": "b"}', b'{"url": "a", "label": {"x": 1, "x": 2}}'])
def test_a_key_that_stands_twice_is_a_row_and_decides_nothing(line: bytes) -> None:
    first, second = read(".jsonl", b'{"url": "c"}\n' + line + b"\n")
    assert first == {"url": "c"}
    assert isinstance(second, Fault)
    assert "stands there twice" in second.why
