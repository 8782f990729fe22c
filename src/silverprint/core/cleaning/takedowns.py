"""Takedowns as a rule for what may be fetched and kept from now on."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:  # whoever only fetches does without tables
    import polars as pl

KINDS = ("image", "url", "domain", "source")


@dataclass(frozen=True)
class Takedowns:
    """
    Attributes:
        images: image_ids.
        urls: addresses of pictures or of pages that show them.
        domains: host names in lower case; those below them are meant too.
        sources: keys in params.yaml.
    """

    images: frozenset[str] = frozenset()
    urls: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()

    @classmethod
    def of(cls, takedowns: "pl.DataFrame") -> Self:
        """The rules of a table with the columns TAKEDOWNS."""
        found: dict[str, set[str]] = {kind: set() for kind in KINDS}
        for image_id, kind, target in takedowns.select("image_id", "kind", "target").iter_rows():
            if image_id is not None:
                found["image"].add(image_id)
            else:
                found[kind].add(target)
        return cls(*(frozenset(found[kind]) for kind in KINDS))

    def forbid(self, *addresses: str | None) -> bool:
        """Whether any of these addresses, of a picture, its page or a redirect, is on the list."""
        return any(address is not None and self._names(address) for address in addresses)

    def _names(self, address: str) -> bool:
        if address in self.urls:
            return True
        if not self.domains:
            return False
        try:
            host = urlsplit(address).hostname or ""
        except ValueError:
            return False
        return any(".".join(labels) in self.domains for labels in _tails(host.split(".")))


NOTHING: Final = Takedowns()


def _tails(labels: list[str]) -> Iterable[list[str]]:
    return (labels[start:] for start in range(len(labels)))
