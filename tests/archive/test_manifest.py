"""What a partner's manifest may say, and how it is told that it says something else."""

import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from silverprint.errors import DataError
from tests.archive.drops import folder, rows, zipped
from tests.crawl.pictures import encoded

Taken: TypeAlias = Callable[[Path], None]


def drop(path: Path, manifest: bytes) -> Path:
    return zipped(path / "drop.zip", {"manifest.csv": manifest, "a.jpg": encoded(1), "b.jpg": encoded(2)})


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (b"", "empty.*known: path, license, label, page_url"),
        (b"\n\n", "no column 'path'"),
        (b"license\nMIT\n", "no column 'path'"),
        (b"path,licence\na.jpg,MIT\n", r"column 'licence': no such column, did you mean 'license'\?; .*known: path"),
        (b"path,License \na.jpg,MIT\n", r"column 'License ': no such column, did you mean 'license'\?"),
        (b"path,author\na.jpg,ada\n", "column 'author': no such column; rename it or take it out; known: path"),
        (b"path;license\na.jpg;MIT\n", "column 'path;license': no such column"),
        (b"path,license,\na.jpg,MIT,\n", "column '': no such column"),
        (b"path,license,license\na.jpg,MIT,MIT\n", "column 'license': the column is there twice"),
        (b"path,license\na.jpg\n", "line 2: 1 fields under 2 columns"),
        (b"path,label\na.jpg,bag\nb.jpg,bag, large\n", "line 3: 3 fields under 2 columns"),
        (b"path,label\n,bag\n", "line 2: a row names the path of its picture"),
        (b"path,label\na.jpg,bag\nb.jpg,coat\na.jpg,coat\n", r"line 4: 'a\.jpg': line 2 states it already"),
        (b'path,label\na.jpg,"bag\nb.jpg,coat\n', "no UTF-8 CSV with a column 'path'"),
        (
            b"path,label\na.jpg," + random.Random(1).randbytes(70_000).hex().encode() + b"\n",
            "field larger than field limit",
        ),
        ("path,label\na.jpg,Mäntel\n".encode("latin-1"), "no UTF-8 CSV"),
        ("path,label\na.jpg,bag\n".encode("utf-16"), "no UTF-8 CSV"),
        (encoded(1), "no UTF-8 CSV"),
        (bytes(100_000), "the manifest cannot be read"),  # packed so well that it is refused like a bomb
    ],
)
def test_a_manifest_that_cannot_be_followed_is_told(taken: Taken, tmp_path: Path, manifest: bytes, words: str) -> None:
    with pytest.raises(DataError, match=rf"drop\.zip!manifest\.csv.*{words}") as caught:
        taken(drop(tmp_path, manifest))
    assert len(str(caught.value)) < 500
    assert not list(Path("data/raw/partner").iterdir())


@pytest.mark.parametrize(
    "manifest",
    [
        b"path,label\na.jpg,bag\n",
        b"\xef\xbb\xbfpath,label\r\na.jpg,bag\r\n",
        b'label,path\n bag ,"a.jpg"\n\n,\n',
    ],
)
def test_a_manifest_as_spreadsheets_write_it(taken: Taken, tmp_path: Path, manifest: bytes, capsys) -> None:
    path = drop(tmp_path, manifest)
    taken(path)
    assert {name: row["source_label"] for name, row in rows(path).items()} == {"a.jpg": "bag", "b.jpg": None}
    assert "acquire partner: manifest.csv does not name 1 of 2 files" in capsys.readouterr().err


def test_without_a_manifest_none_is_missed(taken: Taken, tmp_path: Path, capsys) -> None:
    taken(folder(tmp_path / "drop", {"a.jpg": encoded(1)}))
    assert "manifest" not in capsys.readouterr().err


def test_a_manifest_that_is_a_pipe_is_not_waited_for(taken: Taken, tmp_path: Path) -> None:
    path = folder(tmp_path / "drop", {"a.jpg": encoded(1)})
    os.mkfifo(path / "manifest.csv")
    with pytest.raises(DataError, match="the manifest cannot be read"):
        taken(path)
