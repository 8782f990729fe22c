"""silverprint compare: rounds side by side, as a table and as a page, from files alone."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from silverprint.campaign import round_comparison
from silverprint.campaign.round_comparison import RoundComparison
from silverprint.commands.compare import label_effect, page
from silverprint.commands.compare.rows import difference_heading, table_rows
from silverprint.commands.compare.sentences import sentences
from silverprint.config import Params
from silverprint.console import say

_WIDTH = 240  # characters, where no terminal says how many there are


def run(params: Params, rounds: list[str], flips: bool = False, page_file: Path | None = None) -> None:
    """Prints the comparison of `rounds`, or of the first and the last trained one, and writes its page.

    Args:
        flips: train twice, to see what the labels that flipped did to the accuracy.
        page_file: the page to write; it needs no other file.

    Raises:
        UsageError: there are no two such rounds.
        UnavailableError: an output of a round is not on this disk.
        DataError: one is not readable.
        DiskError: the page cannot be written.
    """
    found = round_comparison.compare(params, round_comparison.choose(params, rounds))
    effect = label_effect.measure(params, found) if flips else None
    said = list(sentences(found, effect, asked=flips))
    wide = None if sys.stdout.isatty() else _WIDTH
    console = Console(highlight=False, markup=False, width=wide)
    console.print(_table(found, params))
    for sentence in said:
        console.print(sentence, soft_wrap=True)
    if page_file is not None:
        page.write(params, found, said, page_file)
        say(f"{page_file}: the comparison as a page")


def _table(found: RoundComparison, params: Params) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for entry in found.rounds:
        table.add_column(entry.name, justify="right")
    table.add_column(difference_heading(found), justify="right")
    for row in table_rows(found, params.dataset.classes):
        table.add_row(row.title, *row.cells, row.difference, style="bold" if row.heading else None)
    return table
