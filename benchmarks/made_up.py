"""Tables of a campaign of any size, made up: what acquire, measure and embed write, but for the pictures.

Features are a long-tailed mixture in which the class can be learnt. Every hundredth picture is a copy of another one,
re-compressed: other bytes, nearly the same hash, thumbnail and features. Hashes are random otherwise; thumbnails are
smooth.
"""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import config, layout
from silverprint.campaign import ledgers, round_plan
from silverprint.campaign.round_state import State
from silverprint.config import START, Params
from silverprint.core.duplicates import colour_agreement
from silverprint.core.half_precision import to_half
from silverprint.core.measures.thumbnail_alignment import SIDE
from silverprint.model.backbones import backbone
from silverprint.records import ASKS, MANIFEST, MEASURED, MINIATURES, RAW, SCORES, THUMBNAILS, VOTES, conform
from silverprint.stages.embed import PART as EMBEDDED
from silverprint.store import features, files, tables
from silverprint.store.shards.names import index_name, shard_name
from silverprint.store.shards.writer import part_limit

LEAST = 2_000  # pictures of a part, as `acquire` has it
PEOPLE, WRONG = ("s-1", "s-2"), 0.1  # the share of their answers
COPIES = 100  # one of so many is a copy of the first of its hundred
_MODES, _INNER = 5, 32
_MEMBERS, _FILE = 5, 8_700  # of a model; pictures of 57 KB in a file of the release


def image_ids(count: int) -> list[str]:
    """Names in the order of their numbers."""
    words = np.random.default_rng(1).integers(0, 2**64, (count, 4), dtype=np.uint64)
    return [row.tobytes().hex() for row in words]


def classes_of(params: Params, count: int) -> NDArray[np.int64]:
    """(count,) class numbers, a long tail; a copy has its original's."""
    share = 1 / np.arange(1, len(params.dataset.classes) + 1)
    of = np.random.default_rng(2).choice(len(share), size=count, p=share / share.sum())
    return of[originals(count)]


def originals(count: int) -> NDArray[np.int64]:
    """(count,) the number itself, or that of the picture which it is a copy of."""
    number = np.arange(count)
    return np.where(number % COPIES == COPIES - 1, number - COPIES + 1, number)


def write(count: int, after: int = 0, each: int = 57_000) -> None:
    """data/raw, data/measured and data/embed of pictures `after` to `count`, all of the first source; others are empty.

    Shards are one hole but for their first bytes, as large as pictures of `each` bytes need.
    """
    params = config.load()
    first, *others = params.sources
    for source in others:
        layout.raw(source).mkdir(parents=True, exist_ok=True)
        layout.measured(source).mkdir(parents=True, exist_ok=True)
    names, of = image_ids(count), classes_of(params, count)
    blocks = backbone(params.embed.backbone).blocks
    features.write_description(layout.EMBED, {"backbone": "b", "size": 128, "weights_sha256": "w", "blocks": blocks})
    chance = np.random.default_rng(3)
    width = sum(blocks.values())
    modes = chance.standard_normal((len(params.dataset.classes), _MODES, width), dtype=np.float32)
    spread = chance.standard_normal((_INNER, width), dtype=np.float32) / _INNER**0.5
    embedded: list[str] = []
    batches: list[NDArray[np.float16]] = []
    start, number = after, len(list(layout.raw(first).glob("*.tar")))
    while start < count:
        full = part_limit(start, LEAST) // COPIES * COPIES  # copies lie in the part of their originals
        part = slice(start, min(start + full, count))
        ids, same = names[part], originals(count)[part] - start
        chance = np.random.default_rng([3, start])
        index = _raw(first, ids, number, each)
        tables.write(index, layout.raw(first) / index_name(number), RAW)
        _hole(layout.raw(first) / shard_name(number), int(index["offset"][-1] + index["size"][-1]), ids[0])
        measured = layout.measured(first) / f"part-{number:05d}.parquet"
        tables.write(_measured(ids, same, chance).sort("image_id"), measured, MEASURED | THUMBNAILS)
        rows = modes[of[part], chance.integers(0, _MODES, len(ids))]
        rows += chance.standard_normal((len(ids), _INNER), dtype=np.float32) @ spread * 2
        rows = rows[same] + 0.02 * chance.standard_normal(rows.shape, dtype=np.float32)
        embedded += ids
        batches.append(rows.astype(np.float16))
        if len(embedded) >= EMBEDDED or part.stop == count:
            features.append(layout.EMBED, embedded, batches)
            embedded, batches = [], []
        start, number = part.stop, number + 1
    _miniatures(count)


def _miniatures(count: int) -> None:
    """What `clean` keeps of the colours of copies and of their originals: there are no pictures to decode."""
    names, of = image_ids(count), originals(count)
    copies = np.flatnonzero(of != np.arange(count))
    same = np.full((colour_agreement.SIDE, colour_agreement.SIDE, 3), 128, dtype=np.uint8).tobytes()
    known = [{"image_id": names[number], "miniature": same} for number in np.union1d(copies, of[copies])]
    tables.write_cached(pl.DataFrame(known, schema=MINIATURES), layout.MINIATURES, colour_agreement.RULE, MINIATURES)


def _hole(path: Path, size: int, text: str) -> None:
    with path.open("wb") as file:
        file.write(text.encode())
        file.truncate(size)


def _raw(source: str, ids: list[str], number: int, each: int) -> pl.DataFrame:
    sizes = each + np.arange(len(ids)) % 100
    return pl.DataFrame({"image_id": ids, "stored_sha256": ids, "size": sizes}).with_columns(
        outcome=pl.lit("stored"), source=pl.lit(source), format=pl.lit("jpeg"), status=pl.lit(200),
        url="https://img.example.org/" + pl.col("image_id") + ".jpg",
        page_url="https://www.example.org/" + pl.col("image_id").str.slice(0, 12),
        fetched_at=pl.lit("2026-01-05T10:00:00+00:00"), content_type=pl.lit("image/jpeg"), robots=pl.lit("allowed"),
        license=pl.lit("CC-BY-4.0"), license_evidence=pl.lit("json-ld"), shard=pl.lit(shard_name(number)),
        offset=pl.col("size").cum_sum() - pl.col("size"),
    )  # fmt: skip


def _measured(ids: list[str], same: NDArray[np.int64], chance: np.random.Generator) -> pl.DataFrame:
    copy = same != np.arange(len(ids))
    words = chance.integers(0, 2**64, (len(ids), 5), dtype=np.uint64)[same]
    words[copy, 0] ^= np.uint64(1)
    words[copy, 1] ^= np.uint64(3)
    coarse = chance.integers(0, 256, (len(ids), 7, 7)).astype(np.float32)[same]
    smooth = coarse.repeat(8, axis=1).repeat(8, axis=2)[:, :SIDE, :SIDE]
    smooth += copy[:, None, None] * chance.normal(0, 2, (len(ids), SIDE, SIDE)).astype(np.float32)
    thumbnails = np.clip(smooth, 0, 255).astype(np.uint8)
    figures = chance.uniform(20, 100, (3, len(ids)))
    return pl.DataFrame(
        {
            "image_id": ids,
            **dict(zip(("brightness", "contrast", "sharpness"), figures, strict=True)),
            **dict(zip(("phash64", *(f"phash256_{word}" for word in range(4))), words.T, strict=True)),
            "thumbnail": [thumbnail.tobytes() for thumbnail in thumbnails],
        }
    ).with_columns(decodable=pl.lit(True), width=pl.lit(640), height=pl.lit(480), frames=pl.lit(1), mode=pl.lit("RGB"))


def answer(name: str, count: int) -> None:
    """Votes of PEOPLE on the round's queue, and the round closed."""
    params = config.load()
    chance = np.random.default_rng(4)
    of = dict(zip(image_ids(count), classes_of(params, count).tolist(), strict=True))
    rows = [
        {"image_id": picture, "round": name, "annotator": person, "status": "valid", "lead_time_s": 2.0}
        | {"choice": params.dataset.classes[of[picture] if chance.random() > WRONG else 0]}
        | {"created_at": "2026-01-05T10:00:00Z", "annotation_id": 2 * number + PEOPLE.index(person)}
        for number, picture in enumerate(ledgers.queue(name)["image_id"])
        for person in PEOPLE
    ]
    tables.write_ledger(pl.DataFrame(rows), layout.votes(name), VOTES, ["image_id", "annotator"])
    queue, voted = (hashlib.sha256(path(name).read_bytes()).hexdigest() for path in (layout.queue, layout.votes))
    state = State(name, params.rounds[name].prev, "closed", params.dataset.campaign, "s", queue, params.dataset.classes)
    state.moved(votes_sha256=voted).save()


def outputs(count: int, only: Sequence[str] = ()) -> None:
    """What the other stages write of `count` pictures, all of it or of some: as many and as large files, no more."""
    params = config.load()
    five = partial(_holes, count=5)
    made: dict[Path, Callable[[Path], None]] = {
        layout.CLEAN: lambda folder: _manifest(folder, params, count),
        layout.RELEASE: lambda folder: _holes(folder / "parquet", -(-count // _FILE)),
        layout.REPORT: lambda folder: _holes(folder, 20),
    }
    files_of = {layout.WITHDRAWN: 100, layout.CLEAN_METRICS: 5_000, layout.QUALITIES: 3_000}
    for name in params.chain:
        made[layout.score(name)] = lambda folder: _scores(folder, count, len(params.dataset.classes))
        made |= {layout.labels(name): five, layout.model(name): five}
        files_of |= {layout.queue(name): 60_000, layout.queue_page(name): 1_250_000, layout.votes(name): 70_000}
        files_of |= {layout.gate(name): 2_000, layout.metrics(name): 4_000}
    made |= {layout.labels(START): five, layout.model(START): five}
    for path, make in made.items():
        if not only or str(path) in only:
            path.mkdir(parents=True, exist_ok=True)
            make(path)
    for path, size in files_of.items():
        if not only or str(path) in only:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"what": str(path), "more": size * "-"}))


def _manifest(folder: Path, params: Params, count: int) -> None:
    """As large as a real one: names and addresses do not compress."""
    raw = tables.read_parts(layout.raw(next(iter(params.sources))), RAW).head(count)
    rows = raw.with_columns(kept=pl.lit(True), group=pl.int_range(pl.len()), width=pl.lit(640), height=pl.lit(480))
    tables.write(conform(rows, MANIFEST).sort("image_id"), folder / "manifest.parquet", MANIFEST)


def _scores(folder: Path, count: int, classes: int) -> None:
    chance = np.random.default_rng(count)
    rows = {
        "image_id": sorted(image_ids(count)),
        "model_id": "m",
        "predicted": "coat",
        "confidence": chance.random(count),
    }
    tables.write(pl.DataFrame(rows), folder / "scores.parquet", SCORES)
    np.save(folder / "probabilities.npy", to_half(chance.random((_MEMBERS, count, classes), dtype=np.float32)))


def _holes(folder: Path, count: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        _hole(folder / f"{number:05d}", 1_000_000, f"{folder} {number}")


def project() -> None:
    """Copies the files of this repository that stages read, and opens every planned round."""
    here = Path(__file__).parents[1]
    for name in ("dvc.yaml", "versions.yaml"):
        shutil.copy(here / name, name)
    text = (here / layout.PARAMS).read_text(encoding="utf-8")
    for name in config.parse(text).planned:
        text = round_plan.open_planned(text, name, {})
        tables.write_ledger(pl.DataFrame(schema=ASKS), layout.asks(name), ASKS, ["image_id"])
    files.write_text(layout.PARAMS, text)
    shutil.copytree(here / "expectations", "expectations")
    for ledger in here.glob("data/*.csv"):
        target = ledger.relative_to(here)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ledger, target)
