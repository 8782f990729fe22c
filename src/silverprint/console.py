"""Console output: plain lines, and progress: on a terminal one line that is rewritten, else a line now and then."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

T = TypeVar("T")
err = Console(stderr=True, highlight=False, soft_wrap=True)

_FIRST_S: Final = 30.0  # what is over sooner leaves no line in a log
_MOST_S: Final = 600.0  # between lines: each time twice as long as before, up to this


def say(line: str) -> None:
    """One line for a person, on standard error."""
    err.print(line, markup=False)


def file_size(count: float) -> str:
    """Of `count` bytes, with three digits: 512 B, 1.05 kB, 23.4 MB."""
    for name in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5:  # from there on three digits are 1000
            return f"{count:.3g} {name}"
        count /= 1000
    return f"{count:.3g} PB" if count < 999.5 else f"{count:,.0f} PB"


def bar() -> Progress:
    """A progress display for standard error, to be used as a context.

    Its tasks count pictures, or what `add_task(..., unit=...)` names; rate and time left are shown as far as known.
    """
    if err.is_terminal and not err.is_dumb_terminal:
        return Progress(TextColumn("{task.description}"), BarColumn(bar_width=20), _Figures(), console=err)
    return LoggedProgress(err)


@contextmanager
def waiting(what: str, clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[], None]]:
    """Shows what is waited for: on a terminal while the block lasts, else in a line at once and one each half minute.

    Args:
        what: is waited for, in a line.
        clock: seconds, of any origin.

    Yields:
        what is to be called now and then while it lasts.
    """
    if err.is_terminal and not err.is_dumb_terminal:
        with err.status(what):
            yield lambda: None
        return
    say(what)
    began = said = clock()

    def still() -> None:
        nonlocal said
        if (now := clock()) - said >= _FIRST_S:
            said = now
            say(f"{what}: {_duration(now - began)} so far")

    yield still


def track(items: Iterable[T], what: str, total: int | None = None, unit: str = "pictures") -> Iterator[T]:
    """The items, one by one, with a progress bar named `what` that counts them."""
    with bar() as progress:
        task = progress.add_task(what, total=total, unit=unit)
        yield from progress.track(items, total=total, task_id=task)


class LoggedProgress(Progress):
    """Progress where no line can be rewritten: one line after half a minute, then ever more seldom, about 150 in a day.

    Args:
        console: where the lines go.
        get_time: seconds, of any origin.
    """

    def __init__(self, console: Console, get_time: Callable[[], float] | None = None) -> None:
        super().__init__(console=console, disable=True, auto_refresh=False, get_time=get_time)
        self._due: dict[TaskID, float] = {}  # seconds of a task's life at which its next line is due

    def update(self, task_id: TaskID, **changes: Any) -> None:
        super().update(task_id, **changes)
        self._tell(task_id)

    def advance(self, task_id: TaskID, advance: float = 1) -> None:
        super().advance(task_id, advance)
        self._tell(task_id)

    def _tell(self, task_id: TaskID) -> None:
        task, due = self._tasks[task_id], self._due.get(task_id, _FIRST_S)
        elapsed = task.elapsed or 0.0
        if elapsed >= due:
            self._due[task_id] = elapsed + min(elapsed, _MOST_S)
            self.console.print(f"{task.description}: {_figures(task)}", markup=False)


class _Figures(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(_figures(task))


def _figures(task: Task) -> str:
    """How much is done, how fast, and how long it still takes."""
    if task.total is None and not task.completed:
        return f"{_duration(task.elapsed or 0.0)} so far"
    total = "" if task.total is None else f" of {task.total:,.0f}"
    words = [f"{task.completed:,.0f}{total} {task.fields.get('unit', 'pictures')}"]
    if task.speed and not task.finished:
        words.append(f"{task.speed:,.{0 if task.speed >= 10 else 1}f}/s")
        if task.time_remaining:
            words.append(f"{_duration(task.time_remaining)} left")
    return ", ".join(words)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
