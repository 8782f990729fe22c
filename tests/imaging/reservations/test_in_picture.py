"""What pictures say of training in themselves: read from any bytes, within bounds, and gone once they are stripped."""

import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.config import SIGNALS
from silverprint.core.reservations import forbid, written
from silverprint.imaging.metadata import strip
from silverprint.imaging.reservations import in_picture
from silverprint.imaging.reservations.cbor import decoded
from tests.helpers import reservations
from tests.helpers.clock import within
from tests.helpers.reservations import CASES, NOT_ALLOWED, app11, assertion, attribute, box, cbor, jpeg_with, packed_xmp
from tests.helpers.web_pictures import encoded

INSIDE = [name for name, case in CASES.items() if case.said.endswith(("@xmp", "@jumbf"))]
LABEL = "cawg.training-mining"


@pytest.mark.parametrize("name", INSIDE)
def test_a_picture_says_it_where_its_signal_is_respected_and_nowhere_else(name: str) -> None:
    data = CASES[name].data(1)
    signal = CASES[name].said.partition(":")[0]
    assert written(in_picture(data, (signal,))) == CASES[name].said
    assert in_picture(data, tuple(one for one in SIGNALS if one != signal)) == ()
    assert in_picture(strip(data), SIGNALS) == ()


def test_a_plain_picture_says_nothing() -> None:
    for form in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"):
        assert in_picture(encoded(2, form), SIGNALS) == ()


def test_a_mention_in_a_claim_is_no_assertion() -> None:
    claim = box(b"cbor", cbor({"url": "self#jumbf=c2pa.assertions/c2pa.training-mining"}))
    whole = box(b"jumb", claim + assertion("c2pa.training-mining", NOT_ALLOWED))
    assert in_picture(jpeg_with(*app11(box(b"jumb", claim)))(1), SIGNALS) == ()
    assert forbid(in_picture(jpeg_with(*app11(whole))(1), SIGNALS))


def test_an_assertion_may_be_json_or_without_entries() -> None:
    described = box(b"jumd", bytes(16) + b"\x03" + LABEL.encode() + b"\0")
    uses = {"cawg.ai_generative_training": {"use": "notAllowed"}}
    for content in (box(b"json", json.dumps({"entries": uses}).encode()), box(b"cbor", cbor(uses))):
        found = in_picture(box(b"jumb", described + content), SIGNALS)
        assert written(found) == "c2pa:cawg.ai_generative_training=notAllowed@jumbf"


@pytest.mark.parametrize("use", ["maybe", "", "x" * 200])
def test_a_use_that_no_vocabulary_has_says_nothing(use: str) -> None:
    assert in_picture(assertion(LABEL, {"cawg.ai_training": use}), SIGNALS) == ()


SEEDS = st.sampled_from([CASES[name].data(1) for name in INSIDE])


@given(SEEDS, st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=20), st.integers(0, 5_000))
def test_no_damage_raises(data: bytes, changes: list[tuple[int, int]], length: int) -> None:
    damaged = bytearray(data)
    for at, byte in changes:
        damaged[at % len(damaged)] = byte
    for piece in (bytes(damaged), bytes(damaged[:length])):
        assert len(written(in_picture(piece, SIGNALS))) < 1_024


@given(st.binary(max_size=300))
def test_cbor_of_any_bytes_is_a_value_or_a_value_error(data: bytes) -> None:
    try:
        decoded(data)
    except ValueError:
        return


VALUES: list[tuple[str, Any]] = [  # of RFC 8949, appendix A
    ("00", 0), ("1903e8", 1000), ("29", -10), ("f93c00", 1.0), ("fb3ff199999999999a", 1.1), ("f4", False), ("f5", True),
    ("f6", None), ("6449455446", "IETF"), ("4401020304", b"\1\2\3\4"), ("83010203", [1, 2, 3]),
    ("a26161016162820203", {"a": 1, "b": [2, 3]}), ("5f42010243030405ff", b"\1\2\3\4\5"),
    ("7f657374726561646d696e67ff", "streaming"),
    ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}), ("c11a514b67b0", 1363896240),
]  # fmt: skip


@pytest.mark.parametrize(("data", "value"), VALUES)
def test_cbor_as_its_rfc_has_it(data: str, value: Any) -> None:
    assert decoded(bytes.fromhex(data)) == value


HOSTILE = {
    "mentions": b"\xff\xd8" + b"DataMining jumb c2pa.training-mining\0" * 500_000,
    "deep-cbor": box(
        b"jumb", box(b"jumd", bytes(16) + b"\3" + LABEL.encode() + b"\0") + box(b"cbor", b"\x81" * 60_000)
    ),
    "deep-json": box(b"jumb", box(b"jumd", bytes(16) + b"\3" + LABEL.encode() + b"\0") + box(b"json", b"[" * 60_000)),
    "unpacks": packed_xmp(zlib.compress(bytes(50_000_000))),
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaa">'
    + b"<!ENTITY b '&a;&a;'>" * 100_000
    + b"]>"
    + attribute("PROHIBITED"),
    "zeros": bytes(20_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_picture_holds_a_fetch(name: str) -> None:
    within(3, lambda: in_picture(HOSTILE[name], SIGNALS))


def test_the_table_has_thirty_cases_and_more() -> None:
    assert len(reservations.CASES) >= 30
    assert {case.said.partition(":")[0] for case in reservations.CASES.values()} - {"none"} == set(SIGNALS)
