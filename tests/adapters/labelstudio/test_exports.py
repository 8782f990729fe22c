"""Lists of answers that Label Studio packs: none is left, by a module that stands in for Label Studio's own."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from silverprint.adapters.labelstudio.inside_server import exports


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type:
    """Label Studio's `DataExport`, as `exports` leaves it: it saves a list, then packs what it saved."""

    class DataExport:
        @staticmethod
        def save_export_files(project, now, asked, data, md5, name):
            raise AssertionError("this would stay")

        @staticmethod
        def generate_export_file(project, data, is_packed=True):
            path = DataExport.save_export_files(project, None, {}, data, "0" * 32, "project-7-at-now")
            DataExport.seen = sorted(one.name for one in tmp_path.iterdir())
            if not is_packed:
                raise ValueError("no such format")
            return Path(path).read_text(encoding="utf-8")

    settings = SimpleNamespace(EXPORT_DIR=tmp_path)
    monkeypatch.setitem(sys.modules, "data_export.models", SimpleNamespace(DataExport=DataExport, settings=settings))
    exports.install()
    return DataExport


def test_a_list_is_packed_and_gone(packs: type, tmp_path: Path) -> None:
    assert packs.generate_export_file(7, '["ä"]') == '["ä"]'
    assert [name.startswith("project-7-at-now-") for name in packs.seen] == [True]
    assert not list(tmp_path.iterdir())


def test_one_that_cannot_be_packed_is_gone_too(packs: type, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such format"):
        packs.generate_export_file(7, "[]", is_packed=False)
    assert not list(tmp_path.iterdir())
