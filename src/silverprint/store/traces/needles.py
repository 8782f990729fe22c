"""Needles of a picture: short excerpts of its stored bytes and of what the pipeline makes of them, and digests.

They are made before a purge and kept on this machine, so that a proof can look for what is no longer there. No excerpt
shows anything: each is 48 bytes long.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from silverprint.errors import DataError
from silverprint.store import files

STORED: Final = "stored bytes"
# Look-alikes that stay may have the very same one, or a row of it: in tables the image_id of the row decides.
THUMBNAIL: Final = "thumbnail"

EXCERPT: Final = 48  # bytes
_OF_A_FORM: Final = 2  # excerpts that are kept of each form
_TRIES: Final = 64
# Distinct values that an excerpt has at least, and its first bytes: else any other picture's sky would be found.
_VARIED: Final = 24
_VARIED_HEAD: Final = 4


@dataclass(frozen=True)
class Needles:
    """
    Attributes:
        excerpts: form -> byte strings of `EXCERPT` bytes, of what is a picture's own: no header, no profile.
        digests: SHA-256 of whole forms; the image_id is one of them.
    """

    image_id: str
    excerpts: Mapping[str, tuple[bytes, ...]]
    digests: frozenset[str]

    def joined(self, other: "Needles") -> "Needles":
        """What either knows."""
        forms = {
            form: tuple(sorted({*self.excerpts.get(form, ()), *other.excerpts.get(form, ())}))
            for form in sorted({*self.excerpts, *other.excerpts})
        }
        return Needles(self.image_id, forms, self.digests | other.digests)


class Form(NamedTuple):
    """A form in which a picture is kept or shown.

    Attributes:
        in_text: whether it stands in a page as base64.
    """

    name: str
    data: bytes
    in_text: bool = False


def of(image_id: str, forms: Iterable[Form]) -> Needles:
    """The needles of a picture's forms."""
    excerpts: dict[str, tuple[bytes, ...]] = {}
    digests = {image_id}
    for form in forms:
        start = _content_start(form.data)
        data = base64.b64encode(form.data) if form.in_text else form.data
        found = _excerpts(data, start * 4 // 3 + 4 if form.in_text else start)
        if found:
            excerpts[form.name] = (*excerpts.get(form.name, ()), *found)
        if form.name == STORED or (found and form.name != THUMBNAIL):  # plain ones are those of many pictures
            digests.add(hashlib.sha256(form.data).hexdigest())
    return Needles(image_id, excerpts, frozenset(digests))


def _content_start(data: bytes) -> int:
    """Where a picture's own content begins: before it are tables and colour profiles that many files share."""
    if data.startswith(b"\xff\xd8"):
        return max(0, data.rfind(b"\xff\xda"))  # the last scan
    for magic, mark in ((b"\x89PNG", b"IDAT"), (b"RIFF", b"VP8"), (b"GIF8", b"\x2c")):
        if data.startswith(magic):
            return max(0, data.find(mark, 12))
    return max(0, data.find(b"mdat")) if data[4:8] == b"ftyp" else 0


def _excerpts(data: bytes, start: int) -> list[bytes]:
    """A few places of the content, far from its ends."""
    found: dict[bytes, None] = {}
    room = len(data) - start - EXCERPT
    for number in range(_TRIES if room > 0 else 0):
        share = (number * 0.6180339887 + 0.5) % 1  # golden ratio: the first few are spread, and so are more
        at = start + int((0.1 + 0.8 * share) * room)
        excerpt = data[at : at + EXCERPT]
        if len(set(excerpt)) >= _VARIED and len(set(excerpt[:8])) >= _VARIED_HEAD:
            found[excerpt] = None
        if len(found) == _OF_A_FORM:
            break
    return list(found)


def save(folder: Path, needles: Needles) -> None:
    """Adds them to what `folder` has of the picture.

    Raises:
        DiskError: no space.
        DataError: what is there is damaged.
    """
    joined = needles.joined(load(folder, needles.image_id))
    document = {
        "image_id": joined.image_id,
        "digests": sorted(joined.digests),
        "excerpts": {form: [excerpt.hex() for excerpt in found] for form, found in joined.excerpts.items()},
    }
    files.write_text(_path(folder, joined.image_id), json.dumps(document, indent=2) + "\n", mode=0o600)


def load(folder: Path, image_id: str) -> Needles:
    """What `folder` has of the picture; where it has nothing, its name alone.

    Raises:
        DataError: it is damaged.
    """
    path = _path(folder, image_id)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        forms = {str(form): tuple(map(bytes.fromhex, found)) for form, found in document["excerpts"].items()}
        return Needles(image_id, forms, frozenset({image_id, *map(str, document["digests"])}))
    except FileNotFoundError:
        return Needles(image_id, {}, frozenset({image_id}))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        rule = f"not as a purge writes it ({error})"
        raise DataError(str(path), rule, "remove it: the picture is then looked for by its name and digests") from None


def _path(folder: Path, image_id: str) -> Path:
    return folder / f"{image_id}.json"
