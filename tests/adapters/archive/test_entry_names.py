"""Names as other people's machines write them: each picture has the licence and the label that its manifest states."""

import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from unicodedata import normalize
from zipfile import ZIP_STORED, ZipFile, ZipInfo
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint import config
from silverprint.adapters.archive.entries import open_local
from silverprint.adapters.archive.entry_names import comparison_key, decode_name, junk_reason
from silverprint.adapters.archive.tar_entries import tar_entries
from silverprint.adapters.archive.zip_entries import zip_entries
from silverprint.stages import acquire
from tests.adapters.archive.test_tar_entries import block, entry, pax, tarred
from tests.helpers.drops import folder, reasons, rows, zipped
from tests.helpers.web_pictures import encoded

Taken: TypeAlias = Callable[[Path], None]

COMPOSED = ("café/müller.jpg", "café/ñandú.jpg")
MANIFEST = ("path,license,label\n" + "".join(f"{name},CC-BY-4.0,bag\n" for name in COMPOSED)).encode()


def decomposed(name: str) -> str:
    return normalize("NFD", name)


class Undeclared(ZipInfo):
    """An entry whose name is these bytes, without the flag that says how they are to be read."""

    def __init__(self, raw: bytes, extra: bytes = b"") -> None:
        super().__init__(str(crc32(raw)))
        self.raw, self.extra = raw, extra

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 (zipfile's own name)
        return self.raw, self.flag_bits & ~0x800


def unicode_path(name: str, raw: bytes, checksum: int | None = None) -> bytes:
    body = struct.pack("<BL", 1, crc32(raw) if checksum is None else checksum) + name.encode()
    return struct.pack("<HH", 0x7075, len(body)) + body


def written(path: Path, *entries: tuple[ZipInfo | str, bytes]) -> Path:
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for info, data in entries:
            archive.writestr(info, data)
    return path


def said(path: Path) -> dict[str, tuple[object, object, object]]:
    return {name: (row["outcome"], row["license"], row["source_label"]) for name, row in rows(path).items()}


def test_finders_zip(taken: Taken, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Decomposed names without the flag, a composed manifest, and what Finder leaves behind."""
    names = [decomposed(name) for name in COMPOSED]
    path = written(
        tmp_path / "finder.zip",
        *((Undeclared(name.encode()), encoded(number)) for number, name in enumerate(names)),
        (Undeclared(b"__MACOSX/._x.jpg"), b"\0\5\x16\7"),
        ("manifest.csv", MANIFEST),
    )
    taken(path)
    assert said(path) == dict.fromkeys(names, ("stored", "CC-BY-4.0", "bag"))
    assert "1 files of file managers and the like are left out (__MACOSX 1)" in capsys.readouterr().err


def test_infozips_unicode_path(taken: Taken, tmp_path: Path) -> None:
    other = unicode_path("elsewhere.jpg", b"another name")
    raw = {name: name.encode("ascii", "replace").replace(b"?", b"_") for name in ("图片/a.jpg", "Müller.jpg")}
    manifest = "path,license,label\n" + "".join(f"{name},CC-BY-4.0,bag\n" for name in raw)
    path = written(
        tmp_path / "infozip.zip",
        *((Undeclared(stand, unicode_path(name, stand)), encoded(at)) for at, (name, stand) in enumerate(raw.items())),
        (Undeclared(b"plain.jpg", other), encoded(7)),  # the field is for another name: it counts for nothing
        (Undeclared(b"odd.jpg", unicode_path("../x.jpg", b"odd.jpg")), encoded(8)),
        ("manifest.csv", manifest.encode()),
    )
    taken(path)
    assert said(path) == {
        **dict.fromkeys(raw, ("stored", "CC-BY-4.0", "bag")),
        "plain.jpg": ("stored", "CC-BY-4.0", None),
        "../x.jpg": ("refused", "CC-BY-4.0", None),
    }


@pytest.mark.parametrize(
    ("name", "encoding", "knob", "read"),
    [
        ("图片/红.jpg", "gbk", "gbk", "图片/红.jpg"),
        ("图片.jpg", "gbk", "gbk", "图片.jpg"),  # which happens to be UTF-8 as well
        ("写真.jpg", "shift_jis", "shift_jis", "写真.jpg"),
        ("naïve.jpg", "cp437", "auto", "naïve.jpg"),
        ("naïve.jpg", "utf-8", "auto", "naïve.jpg"),
        ("Мост.jpg", "cp866", "cp866", "Мост.jpg"),
        ("Мост.jpg", "cp866", "auto", "Мост.jpg".encode("cp866").decode("cp437")),
    ],
)
def test_names_that_a_zip_does_not_declare(tmp_path: Path, name: str, encoding: str, knob: str, read: str) -> None:
    path = written(tmp_path / "drop.zip", (Undeclared(name.encode(encoding)), encoded(1)))
    ((found),) = zip_entries(open_local(path), knob)
    assert (found.name, found.answer(30_000).data) == (read, encoded(1))
    assert found.guessed is (read != name or encoding == "cp437")


def test_the_knob_is_in_params(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest = "path,license,label\n写真.jpg,MIT,bag\n".encode()
    undeclared = Undeclared("写真.jpg".encode("shift_jis"))
    path = written(tmp_path / "drop.zip", (undeclared, encoded(1)), ("manifest.csv", manifest))
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("path: var/demo/partner.zip", f"path: {path}"))
    acquire.run(config.load(), "partner")
    assert "1 names are in an encoding that the zip does not say" in capsys.readouterr().err
    assert said(path)["写真.jpg"][0] == "failed"
    (project / "params.yaml").write_text(
        text.replace("path: var/demo/partner.zip", f"path: {path}\n    names: shift_jis")
    )
    acquire.run(config.load(), "partner")
    assert said(path)["写真.jpg"] == ("duplicate", "MIT", "bag")


def test_a_tar_and_a_folder_of_decomposed_names(taken: Taken, tmp_path: Path) -> None:
    files = {decomposed(name): encoded(at) for at, name in enumerate(COMPOSED)}
    path = folder(tmp_path / "drop", {**files, "manifest.csv": MANIFEST})
    taken(path)
    assert said(path) == dict.fromkeys(files, ("stored", "CC-BY-4.0", "bag"))


def test_a_tar_of_decomposed_names_behind_a_dot(acquired: Taken, tmp_path: Path) -> None:
    """As `tar c .` writes them; and the manifest is found behind the dot as well."""
    files = {f"./{decomposed(name)}": encoded(at) for at, name in enumerate(COMPOSED)}
    path = tmp_path / "drop.tar"
    path.write_bytes(tarred(*(entry(*one) for one in files.items()), entry("./manifest.csv", MANIFEST)))
    acquired(path)
    assert said(path) == dict.fromkeys(files, ("stored", "CC-BY-4.0", "bag"))


def test_a_tars_names_in_the_knobs_encoding(tmp_path: Path) -> None:
    path = tmp_path / "drop.tar"
    data = block("图.jpg".encode("gbk").decode("utf-8", "surrogateescape"), encoded(1))
    path.write_bytes(data + pax("path=图2.jpg".encode()) + block("x", encoded(2)) + bytes(1024))
    assert [one.name for one in tar_entries(open_local(path), "gbk")] == ["图.jpg", "图2.jpg"]


@pytest.mark.parametrize("kind", ["zip", "tar", "folder"])
def test_of_twins_in_two_unicode_forms_the_first_has_the_name(acquired: Taken, tmp_path: Path, kind: str) -> None:
    one, other = "café.jpg", decomposed("café.jpg")
    path = tmp_path / f"drop.{kind}"
    if kind == "zip":
        zipped(path, {one: encoded(1), other: encoded(2)})
    elif kind == "tar":
        path.write_bytes(tarred(entry(one, encoded(1)), entry(other, encoded(2)), form=tarfile.PAX_FORMAT))
    else:
        folder(path, {one: encoded(1), other: encoded(2)})
    acquired(path)
    assert sorted(reasons(path).values()) == [("refused", "name-taken"), ("stored", None)]


def test_what_file_managers_leave_is_no_picture_unless_the_manifest_names_it(
    acquired: Taken, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = [
        "@eaDir/a.jpg",
        "coat/.thumbs/a.jpg",
        ".git/HEAD",
        "coat/._a.jpg",
        ".DS_Store",
        "coat/Thumbs.db",
        ".x/y/a.jpg",
    ]
    path = zipped(
        tmp_path / "drop.zip",
        {
            **dict.fromkeys(left, encoded(2)),
            "a.jpg": encoded(1),
            ".kept/b.jpg": encoded(3),
            "manifest.csv": b"path\n.kept/b.jpg\n",
        },
    )
    acquired(path)
    assert reasons(path) == {"a.jpg": ("stored", None), ".kept/b.jpg": ("stored", None)}
    assert "7 files of file managers and the like are left out" in capsys.readouterr().err
    assert junk_reason("(after ._a.jpg)") is None
    assert junk_reason("../a.jpg") is None
    assert junk_reason("./a/b.jpg") is None


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(TEXTS)
def test_a_name_is_one_name_in_every_unicode_form(name: str) -> None:
    forms = (
        {comparison_key(normalize(form, name)) for form in ("NFC", "NFD")}
        | {comparison_key(f"./{name}")}
        | {comparison_key(name)}
    )
    assert len(forms) == 1


@given(st.binary(max_size=20), st.sampled_from(["auto", "gbk", "shift_jis", "cp866"]))
def test_any_bytes_are_a_name_or_none(raw: bytes, encoding: str) -> None:
    text = decode_name(raw, encoding)
    assert text is None or isinstance(text, str)
