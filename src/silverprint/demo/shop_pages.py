"""Pages of the sample site as HTML: listings, products, and a page about the site itself."""

from collections.abc import Sequence
from typing import Final

from jinja2 import Environment, PackageLoader

from silverprint.demo import defects
from silverprint.demo.plan import Page

A_PAGE: Final = 50  # products on a listing
ADDRESSES: Final = {
    "MIT": "https://opensource.org/licenses/MIT",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
}
# Defects without a small picture on a listing: a browser would wait, fail or fill its memory.
UNSEEN: Final = frozenset({"html", "tracker", "truncated", "bomb", "slow", *defects.BODILESS})

_templates = Environment(loader=PackageLoader("silverprint.demo"), autoescape=True, trim_blocks=True)


def listings(pages: Sequence[Page]) -> int:
    """How many listing pages there are."""
    return -(-len(pages) // A_PAGE)


def listing(pages: Sequence[Page], number: int) -> str:
    """The listing page `number`, from 1."""
    last = listings(pages)
    return _templates.get_template("listing.html").render(
        title="All products" if number == 1 else f"All products, page {number}",
        pages=pages[(number - 1) * A_PAGE : number * A_PAGE],
        total=f"{len(pages):,}",
        unseen=UNSEEN,
        number=number,
        last=last,
        previous=_listing(number - 1) if number > 1 else None,
        following=_listing(number + 1) if number < last else None,
    )


def product(page: Page, root: str) -> str:
    """The page of one product; `root` is the site's address for absolute links in its data."""
    address = ADDRESSES[page.license] if page.license else None
    return _templates.get_template("product.html").render(
        title=page.name, page=page, address=address, data=_data(page, root, address)
    )


def about() -> str:
    return _templates.get_template("about.html").render(title="About")


def _listing(number: int) -> str:
    return "/" if number == 1 else f"/page/{number}"


def _data(page: Page, root: str, address: str | None) -> dict[str, object] | None:
    """schema.org's words for the page, where the page uses them."""
    image = {"@type": "ImageObject", "contentUrl": f"{root}/{page.picture}", "license": address}
    if page.markup == "json-ld":
        return {"@context": "https://schema.org", **image}
    if page.markup == "json-ld-product":
        return {"@context": "https://schema.org", "@type": "Product", "name": page.name, "image": image}
    return None
