"""Console output: plain lines, and progress where there is a terminal to draw it on."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """One line for a person, on standard error."""
    err.print(line, markup=False)


def bar() -> Progress:
    """A progress display; silent where standard error is not a terminal."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=err, disable=not err.is_terminal,
    )  # fmt: skip


def track(items: Iterable[T], what: str, total: int | None = None) -> Iterator[T]:
    """The items, one by one, with a progress bar named `what`."""
    with bar() as progress:
        yield from progress.track(items, total=total, description=what)
