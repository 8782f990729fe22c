"""What a partner's manifest may say, and how it is told that it says something else."""

import hashlib
import json
import os
import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TypeAlias
from zipfile import ZIP_STORED

import polars as pl
import pytest

from silverprint.errors import DataError
from silverprint.store import ShardReader
from tests.helpers.drops import folder, reasons, rows, zipped
from tests.helpers.web_pictures import encoded

Taken: TypeAlias = Callable[[Path], None]


def drop(path: Path, manifest: bytes) -> Path:
    return zipped(path / "drop.zip", {"manifest.csv": manifest, "a.jpg": encoded(1), "b.jpg": encoded(2)})


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"", "empty.*known: path, sha256, license"),
        (b"\n\n", "no column 'path'"),
        (b"license\nMIT\n", "no column 'path'"),
        (b"path,licence\na.jpg,MIT\n", r"column 'licence': no such column, did you mean 'license'\?; .*known: path"),
        (b"path,license,License \na.jpg,MIT,MIT\n", "column 'license': the column is there twice"),
        (b"path,author\na.jpg,ada\n", "column 'author': no such column; rename it or remove it; known: path"),
        (b"path:license\na.jpg:MIT\n", "column 'path:license': no such column"),
        (b"path,license,license\na.jpg,MIT,MIT\n", "column 'license': the column is there twice"),
        (b"path,license\na.jpg\n", "line 2: 1 fields under 2 columns"),
        (b"path,label\na.jpg,bag\nb.jpg,bag, large\n", "line 3: 3 fields under 2 columns"),
        (b"path,label\n,bag\n", "line 2: a row names the path of its picture"),
        (b"path,label\na.jpg,bag\nb.jpg,coat\na.jpg,coat\n", r"line 4: 'a\.jpg': line 2 states it already"),
        (b'path,label\na.jpg,"bag\nb.jpg,coat\n', "line 2: no readable UTF-8 CSV: a quote is opened there"),
        (b'path,label\na.jpg,"bag"s\n', "line 2: no row of CSV"),
        (
            b"path,label\na.jpg," + random.Random(1).randbytes(70_000).hex().encode() + b"\n",
            "line 2: label has more than 2,000 characters",
        ),
        ("path,label\na.jpg,Mäntel\n".encode("latin-1"), "no readable UTF-8 CSV"),
        (encoded(1), "no readable UTF-8 CSV"),
        (b"path,sha256\na.jpg,d41d8cd9\n", r"line 2 sha256 'd41d8cd9': a SHA-256 is 64 hex digits"),
        (bytes(100_000), "the manifest cannot be read"),  # packed so well that it is refused like a bomb
    ],
)
def test_a_manifest_that_cannot_be_followed_is_told(
    acquired: Taken, tmp_path: Path, manifest: bytes, words: str
) -> None:
    with pytest.raises(DataError, match=rf"drop\.zip!manifest\.csv.*{words}") as caught:
        acquired(drop(tmp_path, manifest))
    assert len(str(caught.value)) < 500
    assert not list(Path("data/raw/partner").iterdir())


@pytest.mark.parametrize(
    "manifest",
    [
        b"path,label\na.jpg,bag\n",
        b"\xef\xbb\xbfpath,label\r\na.jpg,bag\r\n",
        b'label,path\n bag ,"a.jpg"\n\n,\n',
        b"path,label\n./a.jpg,bag\n",
        b"path;label\na.jpg;bag\n",
        b"path,label,\na.jpg,bag,\n",
        b"Path,LABEL\na.jpg,bag\n",
        "path\tlabel\ra.jpg\tbag\r".encode("utf-16"),
        b"Unnamed: 0,file_name,label\n0,a.jpg,bag\n",
    ],
)
def test_a_manifest_as_spreadsheets_write_it(acquired: Taken, tmp_path: Path, manifest: bytes, capsys) -> None:
    path = drop(tmp_path, manifest)
    acquired(path)
    assert {name: row["source_label"] for name, row in rows(path).items()} == {"a.jpg": "bag", "b.jpg": None}
    assert "acquire partner: manifest.csv does not name 1 of 2 files" in capsys.readouterr().err


def test_bytes_that_are_not_those_promised_are_a_row(taken: Taken, tmp_path: Path) -> None:
    right = hashlib.sha256(encoded(1)).hexdigest()
    path = drop(tmp_path, f"path,sha256\na.jpg,{right.upper()}\nb.jpg,{right}\ngone.jpg,{right}\n".encode())
    taken(path)
    assert reasons(path) == {
        "a.jpg": ("stored", None),
        "b.jpg": ("failed", "hash-mismatch"),
        "gone.jpg": ("failed", "missing"),
    }
    assert rows(path)["b.jpg"]["image_id"] is None
    assert len(dict(ShardReader(Path("data/raw/partner")).scan())) == 1


SAID = {
    "path": "a.jpg",
    "license": "MIT",
    "contract": "2026-04",
    "consent": "form 7",
    "label": "bag",
    "caption": "A bag, on a chair",
    "page_url": "https://example.org/a",
}


def _parquet() -> bytes:
    buffer = BytesIO()
    pl.DataFrame([SAID, {"path": "b.jpg"}], schema=dict.fromkeys(SAID, pl.String)).write_parquet(buffer)
    return buffer.getvalue()


FORMS: dict[str, Callable[[], bytes]] = {
    "manifest.csv": lambda: pl.DataFrame([SAID]).write_csv().encode(),
    "manifest.jsonl": lambda: f'{json.dumps(SAID)}\n\n{{"path": "b.jpg", "label": null}}\n'.encode(),
    "manifest.parquet": _parquet,
}


@pytest.mark.parametrize("name", FORMS)
def test_all_that_a_manifest_can_say_is_kept(taken: Taken, tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "drop.zip", {name: FORMS[name](), "a.jpg": encoded(1), "b.jpg": encoded(2)})
    taken(path)
    found = rows(path)
    assert set(found) == {"a.jpg", "b.jpg"}
    said = {"source_label" if key == "label" else key: value for key, value in SAID.items() if key != "path"}
    assert {key: found["a.jpg"][key] for key in said} == said
    assert found["b.jpg"]["license"] == "CC-BY-4.0"


@pytest.mark.parametrize(
    ("name", "manifest", "words"),
    [
        ("manifest.jsonl", b'{"path": "a.jpg"}\n{"path": "b.jpg", "licence": "MIT"}\n', "column 'licence'"),
        ("manifest.jsonl", b'{"label": "bag"}\n', "line 1: the manifest has no column 'path'"),
        ("manifest.jsonl", b'{"path": "a.jpg"}\n{"label": "bag"}\n', "line 2: a row names the path"),
        ("manifest.jsonl", b'{"path": ["a.jpg"]}\n', "line 1: a value is list, no text"),
        ("manifest.jsonl", b'["a.jpg"]\n', "line 1: the line is no JSON object"),
        ("manifest.jsonl", b'{"path": "a.jpg", "path": "b.jpg"}\n', "line 1: the key 'path' stands there twice"),
        ("manifest.jsonl", b'{"path": "a.jpg"}\n["b.jpg"]\n', "line 2: the line is no JSON object"),
        ("manifest.jsonl", b"[" * 100_000, "line 1: "),
        ("manifest.parquet", b"PAR1", "no readable Parquet"),
        ("manifest.parquet", random.Random(1).randbytes(9_000), "no readable Parquet"),
    ],
)
def test_another_form_that_cannot_be_followed_is_told(
    acquired, tmp_path: Path, name: str, manifest, words: str
) -> None:
    with pytest.raises(DataError, match=words):
        acquired(zipped(tmp_path / "drop.zip", {name: manifest, "a.jpg": encoded(1)}, ZIP_STORED))


def test_a_manifest_that_changes_its_word_is_a_new_row(taken: Taken, tmp_path: Path) -> None:
    taken(drop(tmp_path, b"path,contract\na.jpg,2025\n"))
    path = drop(tmp_path, b"path,contract\na.jpg,2026\n")
    taken(path)
    index = ShardReader(Path("data/raw/partner")).index().filter(pl.col("url").str.ends_with("drop.zip!a.jpg"))
    assert index.select("outcome", "contract").rows() == [("stored", "2025"), ("duplicate", "2026")]


def test_without_a_manifest_none_is_missed(taken: Taken, tmp_path: Path, capsys) -> None:
    taken(folder(tmp_path / "drop", {"a.jpg": encoded(1)}))
    assert "manifest" not in capsys.readouterr().err


def test_a_manifest_that_is_a_pipe_is_not_waited_for(acquired: Taken, tmp_path: Path) -> None:
    path = folder(tmp_path / "drop", {"a.jpg": encoded(1)})
    os.mkfifo(path / "manifest.csv")
    with pytest.raises(DataError, match="the manifest cannot be read"):
        acquired(path)
