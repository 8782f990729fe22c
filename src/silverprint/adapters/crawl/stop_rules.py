"""Stop rules for sites without an end, which are many (calendars, session numbers)."""

from typing import Final

BARREN_LISTINGS: Final = 20  # listing pages in a row with nothing new, after which the chain is not followed further
BARREN_PAGES: Final = 500  # pages in a row with only known pictures, after which nothing more is requested


class StopRules:
    """
    Args:
        source: key in params.yaml.
        max_pages: that are asked for, listing pages among them.

    Attributes:
        reasons: a line for each reason why the crawl did not go on, with what may help.
    """

    def __init__(self, source: str, max_pages: int) -> None:
        self._source, self._max, self._asked, self._barren = source, max_pages, 0, 0
        self.reasons: dict[str, str] = {}

    def may_ask(self) -> bool:
        """Whether one more page is asked for; the answer counts."""
        if "pages" not in self.reasons and self._asked >= self._max:
            remedy = f"raise sources.{self._source}.max_pages to go on"
            self.reasons["pages"] = f"stopped after {self._asked} pages (max_pages), {remedy}"
        if self.is_over:
            return False
        self._asked += 1
        return True

    @property
    def is_over(self) -> bool:
        """Whether nothing more is looked for."""
        return "pages" in self.reasons or "pictures" in self.reasons

    def follows(self, listing: str, barren: int) -> bool:
        """Whether the listing pages that `listing` links to are asked for.

        Args:
            barren: listing pages in a row, `listing` the last, that had nothing new.
        """
        if barren < BARREN_LISTINGS:
            return True
        rule = f"{barren} listing pages in a row brought nothing new, the last is {listing}"
        self.reasons.setdefault("listings", f"{rule}; from there no more are followed (sources.{self._source}.next)")
        return False

    def shown(self, page: str, is_new: bool) -> None:
        """Notes whether a page with pictures showed one that was not met before."""
        self._barren = 0 if is_new else self._barren + 1
        if self._barren >= BARREN_PAGES:
            rule = f"{self._barren} pages in a row showed only pictures that were met before, the last is {page}"
            remedy = f"are there session numbers in its addresses? Narrow sources.{self._source}.page and next"
            self.reasons.setdefault("pictures", f"stopped, for {rule}; {remedy}")
