"""A picture that reserves itself is a row without bytes, unless its source does not respect that."""

from pathlib import Path

from silverprint.config import Signal
from silverprint.fetch_result import Answer, Showing
from silverprint.records import RAW, empty
from silverprint.store import ShardWriter, tables
from silverprint.store.intake import Intake
from tests.helpers.reservations import CASES


def taken(root: Path, respect: tuple[Signal, ...]) -> set[tuple[str | None, ...]]:
    with ShardWriter(root) as writer:
        intake = Intake(writer, "own", empty(RAW), respect=respect)
        for name in ("xmp", "c2pa", "nothing"):
            intake.take(Showing(f"{name}.jpg"), Answer("present", data=CASES[name].data(len(name))))
    return set(tables.read_parts(root, RAW).select("url", "outcome", "reason", "reservation").rows())


def test_it_is_refused_where_its_signal_is_respected(tmp_path: Path) -> None:
    assert taken(tmp_path / "all", ("data-mining", "c2pa")) == {
        ("xmp.jpg", "refused", "reserved", CASES["xmp"].said),
        ("c2pa.jpg", "refused", "reserved", CASES["c2pa"].said),
        ("nothing.jpg", "stored", None, "none"),
    }
    assert taken(tmp_path / "one", ("c2pa",)) == {
        ("xmp.jpg", "stored", None, "none"),
        ("c2pa.jpg", "refused", "reserved", CASES["c2pa"].said),
        ("nothing.jpg", "stored", None, "none"),
    }
