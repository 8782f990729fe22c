"""Decisions: one form of heading, a status line, and an index that agrees with both."""

import re
from pathlib import Path

from tests.contracts.digests import ROOT

FOLDER = ROOT / "docs/decisions"
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
LINK = r"\[(\d{4})\]\((\d{4})-[a-z0-9-]+\.md\)"
STATUS = rf"Status: (accepted|replaced (?:in part )?by {LINK}[^;:]*)(?:[;:] .+)?"


def beginning(page: Path) -> tuple[str, str, str]:
    """Number, title and status, as the first three lines have them."""
    heading, blank, status = page.read_text(encoding="utf-8").splitlines()[:3]
    named = re.fullmatch(r"# (\d{4}): (\S.+)", heading)
    stated = re.fullmatch(STATUS, status)
    assert named, f"{page.name}: the first line is '# NUMBER: Title'"
    assert blank == "", f"{page.name}: the second line is empty"
    assert stated, f"{page.name}: the third line is 'Status: accepted' or 'Status: replaced by [NUMBER](FILE)'"
    return named[1], named[2], stated[1]


def test_a_decision_begins_with_its_number_and_its_status() -> None:
    for page in PAGES:
        number, _, status = beginning(page)
        assert page.name.startswith(f"{number}-")
        for shown, named in re.findall(LINK, status):
            assert shown == named, page.name
            assert list(FOLDER.glob(f"{named}-*.md")), f"{page.name} is replaced by {named}, which is not there"


def test_numbers_are_given_once() -> None:
    numbers = [page.name[:4] for page in PAGES]
    assert len(numbers) == len(set(numbers))


def test_the_index_is_the_pages() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[\d{4}\].+ \|$", index, re.M)
    expected = ["| [{0}]({3}) | {1} | {2} |".format(*beginning(page), page.name) for page in PAGES]
    assert rows == expected, "docs/decisions/README.md has a row for each page, in order"
