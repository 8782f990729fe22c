"""Plan of the demo, from one seed: which image is on the site, at the partner's, in the own folder, listed or given."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from silverprint.demo import CARELESS, CONTRIBUTORS, COPIES, WITHOUT_A_SCRIPT, defects, fashion
from silverprint.errors import UsageError

SMALLEST: Final = 100
PARTNER_SHARE: Final = 0.12  # share of the pictures
OWN_SHARE: Final = 0.04
LISTED_SHARE: Final = 0.04
GIVEN_SHARE: Final = 0.02
FEWEST_GIVEN: Final = 2  # pictures that each contributor has at least
LICENSES: Final = ("MIT", "CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0")
REFUSED: Final = "CC-BY-NC-4.0"
MARKUPS: Final = ("rel-license", "json-ld", "json-ld-product")


@dataclass(frozen=True)
class Page:
    """One page of the site and the picture on it."""

    number: int
    kind: str  # `plain` or a kind of dirt
    picture: str  # the picture's address below the site's root
    license: str | None
    markup: str | None  # how the page says the licence
    price: str

    @property
    def name(self) -> str:
        return f"Product {self.number:05d}"


@dataclass(frozen=True)
class Plan:
    pages: tuple[tuple[Page, int | None], ...]  # pages, each with the tile that it shows
    partner: tuple[int, ...]  # tiles
    own: tuple[tuple[str, int], ...]  # kinds (`plain`, `own-copy`, `own-pixels`) and tiles
    listed: tuple["Listed", ...]
    given: tuple["Given", ...]  # in the order in which they are given


@dataclass(frozen=True)
class Listed:
    """A row of the list of addresses: a picture that no page shows, that a page shows too, or that is gone."""

    picture: str  # the picture's address below the site's root
    kind: str  # `plain`, `list-copy`, `list-gone`
    tile: int


@dataclass(frozen=True)
class Given:
    """A file that a contributor sends by the page."""

    contributor: str
    kind: str  # `plain`, or one of defects.GIVEN
    tile: int


def draw(pictures: int, seed: int) -> Plan:
    """The plan of a demonstration with `pictures` different pictures, of all sources together.

    Raises:
        UsageError: `pictures` is out of range.
    """
    if not SMALLEST <= pictures <= fashion.IMAGES:
        rule = f"the sample site has {SMALLEST} to {fashion.IMAGES} pictures"
        raise UsageError(f"--pictures {pictures}", rule, "choose a number between them")
    chance = np.random.default_rng(seed)
    counts = defects.counts(pictures)
    tiles = chance.permutation(fashion.IMAGES)[:pictures].tolist()
    alone = round(pictures * PARTNER_SHARE) - counts["partner-copy"]
    own_alone = round(pictures * OWN_SHARE) - counts["own-copy"] - counts["own-pixels"]
    listed_alone = round(pictures * LISTED_SHARE) - counts["list-copy"]
    partner, own, listed, web = _split(tiles, alone, own_alone, listed_alone)
    given_alone = max(FEWEST_GIVEN * len(CONTRIBUTORS), round(pictures * GIVEN_SHARE))
    web, given = web[:-given_alone], web[-given_alone:]

    kinds = list(_repeat(defects.TAKEN, counts))
    plain = web[len(kinds) :]
    shown: list[tuple[str, int | None]] = [*zip(kinds, web, strict=False), *((defects.PLAIN, tile) for tile in plain)]
    shown += [(kind, int(chance.choice(plain))) for kind in _repeat(defects.COPIES, counts)]
    shown += [(kind, None) for kind in _repeat(defects.FOREIGN, counts)]

    order = chance.permutation(len(shown))
    pages = [(_page(number, shown[at][0], chance), shown[at][1]) for number, at in enumerate(order.tolist(), 1)]
    partner += chance.choice(plain, counts["partner-copy"], replace=False).tolist()
    kinds = [defects.PLAIN] * own_alone + list(_repeat(defects.OWN, counts))
    own += chance.choice(plain, len(kinds) - own_alone, replace=False).tolist()
    plain_pages = [(page, tile) for page, tile in pages if page.kind == defects.PLAIN and tile is not None]
    return Plan(
        tuple(pages),
        tuple(chance.permutation(partner).tolist()),
        tuple(zip(kinds, own, strict=True)),
        tuple(_listed(listed, plain_pages, counts, chance)),
        tuple(_given(given, plain, counts, chance)),
    )


def _split(tiles: list[int], *sizes: int) -> Iterator[list[int]]:
    """Pieces of `sizes`, and the rest."""
    for size in sizes:
        yield tiles[:size]
        tiles = tiles[size:]
    yield tiles


def _listed(
    alone: list[int], plain: list[tuple[Page, int]], counts: dict[str, int], chance: np.random.Generator
) -> list[Listed]:
    rows = [Listed(f"photos/l{number:05d}.jpg", defects.PLAIN, tile) for number, tile in enumerate(alone, 1)]
    shown = [plain[at] for at in chance.choice(len(plain), counts["list-copy"], replace=False)]
    rows += [Listed(page.picture, "list-copy", tile) for page, tile in shown]
    gone = range(len(alone) + 1, len(alone) + 1 + counts["list-gone"])
    rows += [Listed(f"photos/l{number:05d}.jpg", "list-gone", alone[0]) for number in gone]
    return [rows[at] for at in chance.permutation(len(rows))]


def _given(alone: list[int], on_site: list[int], counts: dict[str, int], chance: np.random.Generator) -> list[Given]:
    """Everybody's own pictures, one contributor after the other; then what should not be given."""
    rows = [
        Given(name, defects.PLAIN, tile)
        for at, name in enumerate(CONTRIBUTORS)
        for tile in alone[at :: len(CONTRIBUTORS)]
    ]
    own, of_another = ([row.tile for row in rows if row.contributor == name] for name in (CARELESS, WITHOUT_A_SCRIPT))
    sources = {"given-twice": own, "given-by-another": of_another}
    for kind in _repeat(defects.GIVEN, counts):
        rows.append(
            Given(COPIES if kind == "given-copy" else CARELESS, kind, int(chance.choice(sources.get(kind, on_site))))
        )
    return rows


def _repeat(kinds: Iterable[str], counts: dict[str, int]) -> Iterator[str]:
    for kind in kinds:
        yield from [kind] * counts[kind]


def _page(number: int, kind: str, chance: np.random.Generator) -> Page:
    license_ = str(chance.choice(LICENSES, p=(0.4, 0.3, 0.2, 0.1)))
    markup: str | None = str(chance.choice(MARKUPS, p=(0.7, 0.2, 0.1)))
    price = f"{int(chance.integers(9, 140))}.{int(chance.choice((0, 50, 90))):02d}"
    if kind == "no-license":
        license_, markup = "", None
    if kind == "refused-license":
        license_ = REFUSED
    folder = "private" if kind == "robots-disallowed" else "photos"
    ending = {"tracker": "png", "bomb": "png", "animated-gif": "gif"}.get(kind, "jpg")
    return Page(number, kind, f"{folder}/{number:05d}.{ending}", license_ or None, markup, price)
