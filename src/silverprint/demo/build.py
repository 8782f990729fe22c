"""Builder of the files below var/demo: the site, a list, a drop, an own folder, what people give, the truth.

Same seed, same bytes.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from io import BytesIO, StringIO
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from PIL import Image

from silverprint import layout
from silverprint.console import say, track
from silverprint.demo import defects, fashion, plan, truth
from silverprint.demo.fashion import LOOK_ALIKES
from silverprint.demo.image_rendering import jpeg, png, product
from silverprint.records import NONE_OF_THESE
from silverprint.store import files
from silverprint.store.files import replacing_folder

SITE: Final = layout.DEMO / "site.zip"
PARTNER: Final = layout.DEMO / "partner.zip"
OWN: Final = layout.DEMO / "own"
LISTED: Final = layout.DEMO / "list.csv"
GIVEN: Final = layout.DEMO / "given"  # a folder for each contributor
INDEX: Final = "site.json"
ADDRESS: Final = "http://127.0.0.1:8600/"
RECIPE: Final = 4  # raise it when other bytes come out: old sites are then built anew
HINT_RIGHT, HINT_WRONG = 0.92, 0.05  # shares of the labels that partner, own folder and list have; the rest say nothing


def build(pictures: int = fashion.IMAGES, seed: int = 7, address: str = ADDRESS) -> None:
    """The files of a demonstration with `pictures` pictures; leaves alone what the same recipe has built.

    Args:
        address: where the site will be served, with a slash at its end; the list names its pictures there.

    Raises:
        UsageError: `pictures` is out of range.
        DiskError: no space.
    """
    recipe = {"pictures": pictures, "seed": seed, "address": address, "recipe": RECIPE}
    if _built() == recipe and all(path.exists() for path in (PARTNER, LISTED, OWN, GIVEN, truth.path())):
        say(f"sample site: {SITE} is built")
        return
    drawn = plan.draw(pictures, seed)
    bodies: dict[str, bytes] = {}
    labels: dict[str, str] = {}
    for page, tile in track(drawn.pages, "sample site", unit="pages"):
        body = defects.body(page.kind, tile, page.number, seed)
        if body is None:
            continue
        bodies[page.picture] = body
        if page.kind != "html":
            labels[_image_id(body)] = NONE_OF_THESE if tile is None else fashion.labels()[tile]
    drop = {f"pictures/p{n:05d}.jpg": (tile, jpeg(product(tile, seed))) for n, tile in enumerate(drawn.partner, 1)}
    own = {_place(n, kind, tile, seed): (tile, _own(kind, tile, seed)) for n, (kind, tile) in enumerate(drawn.own, 1)}
    alone = [row for row in drawn.listed if row.kind == defects.PLAIN]
    unlinked = {row.picture: (row.tile, jpeg(product(row.tile, seed))) for row in alone}
    bodies |= {picture: body for picture, (_, body) in unlinked.items()}
    given = {f"{row.contributor}/g{n:05d}.jpg": (row, _given(row, n, seed)) for n, row in enumerate(drawn.given, 1)}
    shown = [(row.tile, body) for row, body in given.values() if row.kind != "given-html"]
    beside = (*drop.values(), *own.values(), *unlinked.values(), *shown)
    labels |= {_image_id(body): fashion.labels()[tile] for tile, body in beside}

    truth.write(labels)
    tiles = {name: tile for name, (tile, _) in drop.items()}
    _zip(PARTNER, [("manifest.csv", _manifest(tiles, seed)), *((name, body) for name, (_, body) in drop.items())])
    _folder(OWN, {name: body for name, (_, body) in own.items()})
    _folder(GIVEN, {name: body for name, (_, body) in given.items()})
    files.write_text(LISTED, _list(drawn.listed, address, seed))
    index = {**recipe, "pages": [asdict(page) for page, _ in drawn.pages]}
    _zip(SITE, [(INDEX, json.dumps(index, indent=1).encode()), *bodies.items()])
    more = f"{len(drop)} more from the partner, {len(own)} of one's own, {len(given)} to give"
    say(f"sample site: {len(drawn.pages)} pages, {len(bodies)} pictures; {len(drawn.listed)} addresses listed, {more}")


def _place(number: int, kind: str, tile: int, seed: int) -> str:
    """Where a picture lies in the own folder: below the name of the class that somebody took it for, or of none."""
    hint = _hint(fashion.labels()[tile], np.random.default_rng([seed, tile, 4]))
    return "/".join(part for part in (hint, f"o{number:05d}.{'png' if kind == 'own-pixels' else 'jpg'}") if part)


def _own(kind: str, tile: int, seed: int) -> bytes:
    body = jpeg(product(tile, seed))
    return png(Image.open(BytesIO(body))) if kind == "own-pixels" else body


def _given(row: plan.Given, number: int, seed: int) -> bytes:
    return defects.body(row.kind, row.tile, number, seed) or b""  # no kind of these is without a body


def _folder(path: Path, files_in_it: Mapping[str, bytes]) -> None:
    with replacing_folder(path) as folder:
        for name, body in files_in_it.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(body)


def _image_id(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _built() -> dict[str, object] | None:
    try:
        with ZipFile(SITE) as archive:
            index = json.loads(archive.read(INDEX))
    except (FileNotFoundError, BadZipFile, KeyError, ValueError):
        return None
    return {name: value for name, value in index.items() if name != "pages"}


def _manifest(tiles: Mapping[str, int], seed: int) -> bytes:
    """The partner's manifest.csv: a licence for most pictures, and labels of which some are wrong or missing."""
    buffer = StringIO()
    rows = csv.writer(buffer, lineterminator="\n")
    rows.writerow(("path", "license", "label"))
    for name, tile in tiles.items():
        chance = np.random.default_rng([seed, tile, 3])
        license_ = str(chance.choice(("CC-BY-4.0", "CC0-1.0", ""), p=(0.7, 0.2, 0.1)))
        rows.writerow((name, license_, _hint(fashion.labels()[tile], chance)))
    return buffer.getvalue().encode()


def _list(rows: Iterable[plan.Listed], address: str, seed: int) -> str:
    """The list of addresses: a licence for most pictures, and labels of which some are wrong or missing."""
    buffer = StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(("url", "license", "caption", "label"))
    for number, row in enumerate(rows, 1):
        chance = np.random.default_rng([seed, row.tile, 5])
        license_ = str(chance.choice(("CC-BY-4.0", "MIT", ""), p=(0.7, 0.2, 0.1)))
        hint = _hint(fashion.labels()[row.tile], chance)
        table.writerow((f"{address}{row.picture}", license_, f"No. {number} of the list", hint))
    return buffer.getvalue()


def _hint(label: str, chance: np.random.Generator) -> str:
    draw = chance.random()
    if draw < HINT_RIGHT:
        return label
    return next(iter(LOOK_ALIKES[label])) if draw < HINT_RIGHT + HINT_WRONG else ""


def _zip(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    with files.replacing(path) as temporary, ZipFile(temporary, "w") as archive:
        for name, body in members:
            entry = ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = ZIP_DEFLATED if name.endswith((".json", ".csv")) else ZIP_STORED
            archive.writestr(entry, body)
