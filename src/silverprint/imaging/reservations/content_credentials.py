"""Training and data mining assertion of Content Credentials (C2PA 1.4; CAWG 1.0), read from a picture's JUMBF boxes.

Labels `c2pa.training-mining` and `cawg.training-mining`. Its entries say allowed, notAllowed or constrained of a use;
constrained counts as notAllowed, as CAWG says where nothing more is known. No signature is checked: whoever put a
reservation in is heard, and that of an ingredient, too. Boxes lie in APP11 segments of a JPEG (ISO 19566-5, D.2), and
elsewhere (PNG, WebP, TIFF, HEIF) in one piece.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from silverprint.core.reservations import Statement
from silverprint.imaging import byte_search
from silverprint.imaging.byte_spans import TooManyParts
from silverprint.imaging.jpeg_markers import segments
from silverprint.imaging.reservations.cbor import decoded

_LABEL: Final = re.compile(rb"(?:c2pa|cawg)\.training-mining(?:__[0-9]{1,4})?\0")
_NAME: Final = b".training-mining"
_BEFORE_LABEL: Final = 25  # bytes of a description box before its label: length, kind, UUID, toggles
_MOST: Final = 64  # mentions that are looked at; each assertion has two or three
_MOST_BYTES: Final = 65_536  # of an assertion
_APP11: Final = 0xEB
_ENTRY: Final = re.compile(r"(?:c2pa|cawg)\.(?:ai_training|ai_generative_training|data_mining)")
_USES: Final = {"allowed": False, "notAllowed": True, "constrained": True}  # whether it forbids


def content_credentials(data: bytes) -> Iterator[Statement]:
    """What the assertions say of training and data mining: `cawg.ai_training=notAllowed`."""
    if byte_search.find(data, b"jumb") < 0:
        return
    for box in _boxes(data):
        for assertion in _assertions(box):
            yield from _statements(assertion)


def _statements(assertion: Any) -> Iterator[Statement]:
    entries = (
        assertion.get("entries", assertion) if isinstance(assertion, dict) else None
    )  # early writers had no such key
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        use = entry.get("use") if isinstance(entry, dict) else None
        if isinstance(name, str) and isinstance(use, str) and _ENTRY.fullmatch(name) and use in _USES:
            yield Statement("c2pa", f"{name}={use}", "jumbf", _USES[use])


def _assertions(boxes: bytes) -> Iterator[Any]:
    """The contents of the boxes whose label is that of such an assertion, as far as they can be read."""
    at = -1
    for _ in range(_MOST):
        at = byte_search.find(boxes, _NAME, at + 1)
        if at < 0:
            return
        label = at - len("c2pa")
        start = label - _BEFORE_LABEL
        if start < 0 or boxes[start + 4 : start + 8] != b"jumd" or not _LABEL.match(boxes, label):
            continue  # a mention, in a claim
        content = start + int.from_bytes(boxes[start : start + 4])
        size, kind = int.from_bytes(boxes[content : content + 4]), boxes[content + 4 : content + 8]
        payload = boxes[content + 8 : content + min(size, _MOST_BYTES)]
        try:
            yield decoded(payload) if kind == b"cbor" else json.loads(payload)
        except (ValueError, RecursionError):
            continue


def _boxes(data: bytes) -> list[bytes]:
    """Where boxes may lie: the file, or of a JPEG each superbox, put together from its segments in their order."""
    if not data.startswith(b"\xff\xd8"):
        return [data]
    pieces: defaultdict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
    try:
        for marker, start, end in segments(data):
            if marker == _APP11 and data[start + 4 : start + 6] == b"JP":
                # marker, length, JP, number of the box, number of the piece; the box's own head is in every piece
                number, piece = data[start + 6 : start + 8], int.from_bytes(data[start + 8 : start + 12])
                head = 16 if data[start + 12 : start + 16] == b"\0\0\0\1" else 8
                pieces[number].append((piece, data[start + 12 + head : end]))
    except TooManyParts:
        return []  # such a picture is not stored
    return [b"".join(content for _, content in sorted(found)) for found in pieces.values()]
