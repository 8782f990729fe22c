"""Names of a source's files, and the content of its folder: finished parts, and what a kill left behind."""

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from silverprint.store.storage.pointer import SUFFIX, pointer_path

_INDEX = re.compile(r"^index-(\d{5,})\.parquet$")
_SHARD = re.compile(rf"^shard-(\d{{5,}})\.tar(?:{re.escape(SUFFIX)})?$")  # the file, or the pointer that stands for it


class Place(NamedTuple):
    """Where a picture's stored bytes lie in its source's folder."""

    shard: str
    offset: int
    size: int
    stored_sha256: str
    format: str


@lru_cache(1)  # a part's many places share the text
def shard_name(number: int) -> str:
    return f"shard-{number:05d}.tar"


def index_name(number: int) -> str:
    return f"index-{number:05d}.parquet"


def part_number(shard: str) -> int:
    """The number in a shard's name."""
    return int(shard[6:-4])


def is_index(path: str) -> bool:
    return _INDEX.match(path.rpartition("/")[2]) is not None


def is_part(name: str) -> bool:
    """Whether it is an index or a shard; what else lies in a source's folder can be done without."""
    return (_INDEX.match(name) or _SHARD.match(name)) is not None


def part_of(path: Path) -> tuple[Path, Path]:
    """The index and the shard that belong together, given either."""
    found = _INDEX.match(path.name) or _SHARD.match(path.name)
    if found is None:
        raise ValueError(f"{path} is neither an index nor a shard")
    number = int(found[1])
    return path.with_name(index_name(number)), path.with_name(shard_name(number))


def index_numbers(root: Path) -> list[int]:
    """The numbers of the finished parts in `root`, ascending."""
    return sorted(int(found[1]) for path in root.glob("index-*") if (found := _INDEX.match(path.name)))


def unfinished_index(index: Path) -> Path:
    """Where an index waits, whole, until its shard has its own name."""
    return index.with_name(f".{index.name}.next")


def leftovers(root: Path) -> list[Path]:
    """What a killed writer left: files under hidden names."""
    return sorted(path for path in root.glob(".*") if path.name.endswith((".part", ".next")))


def settle(root: Path) -> None:
    """Ends what a killed writer left: a part that was whole gets its index, all else under hidden names is removed."""
    for path in leftovers(root):
        index = path.with_name(path.name.removeprefix(".").removesuffix(".next"))
        if _INDEX.match(index.name) and not index.exists() and _is_there(part_of(index)[1]):
            path.rename(index)
        else:
            path.unlink()


def _is_there(shard: Path) -> bool:
    return shard.exists() or pointer_path(shard).exists()


def shards_without_index(root: Path) -> list[Path]:
    """Shards of which no index tells what they hold. No writer leaves one: the index was lost."""
    finished = set(index_numbers(root))
    found = [(path, match) for path in sorted(root.glob("shard-*")) if (match := _SHARD.match(path.name))]
    return [path for path, match in found if int(match[1]) not in finished]
