"""Progress for both kinds of output: a terminal's one line that is rewritten, and a log's few lines."""

import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from silverprint import console
from silverprint.console import LoggedProgress

DAY_S = 86_400


class Clock:
    """Seconds, which pass only where a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def logged(seconds: list[float], *, total: int | None, each: int = 1, **fields: object) -> list[str]:
    """The lines of work of which `each` are done whenever so many seconds have passed."""
    text, clock = StringIO(), Clock()
    with LoggedProgress(Console(file=text, width=80, soft_wrap=True), clock) as progress:
        task = progress.add_task("measure own", total=total, **fields)
        for passed in seconds:
            clock.now += passed
            progress.advance(task, each)
    return text.getvalue().splitlines()


def test_a_log_has_few_lines_whatever_the_work() -> None:
    lines = logged([DAY_S / 4_000] * 4_000, total=1_000_000, each=250)
    assert 100 < len(lines) < 200
    assert re.fullmatch(r"measure own: [\d,]+ of 1,000,000 pictures, 1[12](\.\d)?/s, .* left", lines[50])
    assert re.fullmatch(r".*, 2\d h \d+ min left", lines[1])


@given(st.lists(st.floats(0.01, 3_000), max_size=200))
def test_no_two_lines_are_near_one_another(seconds: list[float]) -> None:
    """So a log never gets more lines than the work has minutes, whatever its pace."""
    lines = logged(seconds, total=len(seconds))
    assert len(lines) <= 6 + sum(seconds) / 300
    assert bool(lines) is (sum(seconds) >= 30)


def test_what_is_over_soon_leaves_no_line() -> None:
    assert logged([0.001] * 9_000, total=9_000) == []


def test_a_line_says_what_is_known() -> None:
    assert logged([31.0], total=None, unit="files") == ["measure own: 1 files"]
    assert logged([40.0], total=None, each=0) == ["measure own: 40 s so far"]
    (line,) = logged([16.0, 16.0], total=4, unit="files")
    assert re.fullmatch(r"measure own: 2 of 4 files, 0\.1/s, \d+ s left", line)


def shown(monkeypatch: pytest.MonkeyPatch, **kind: object) -> str:
    text = StringIO()
    monkeypatch.setattr(console, "err", Console(file=text, width=80, soft_wrap=True, **kind))
    assert list(console.track(range(500), "measure photos-of-the-year", 500)) == list(range(500))
    return text.getvalue()


def test_a_terminal_has_one_line_that_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(monkeypatch, force_terminal=True, _environ={"TERM": "xterm"})
    assert written.count("\n") == 1
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written)
    frames = [frame for frame in re.split(r"[\r\n]", plain) if frame.strip()]
    assert "500 of 500 pictures" in frames[-1]
    assert max(map(len, frames)) <= 80


@pytest.mark.parametrize("kind", [{"force_terminal": False}, {"force_terminal": True, "_environ": {"TERM": "dumb"}}])
def test_where_no_line_can_be_rewritten_none_is(monkeypatch: pytest.MonkeyPatch, kind: dict[str, object]) -> None:
    assert shown(monkeypatch, **kind) == ""


@given(st.lists(st.floats(0.01, 100), max_size=100))
def test_a_log_hears_of_a_wait_at_once_and_each_half_minute(seconds: list[float]) -> None:
    text, clock = StringIO(), Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(console, "err", Console(file=text, width=80, soft_wrap=True))
        with console.waiting("MLflow is starting (its log: var/log)", clock) as still:
            assert text.getvalue() == "MLflow is starting (its log: var/log)\n"
            for passed in seconds:
                clock.now += passed
                still()
    lines = text.getvalue().splitlines()
    assert len(lines) <= 1 + sum(seconds) / 30
    assert len(lines) > min(1, sum(seconds) // 130)
    assert all(re.fullmatch(r"MLflow is starting .*: \d+ (s|min) so far", line) for line in lines[1:])


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_050, "1.05 kB"),
        (99_960, "100 kB"),
        (999_600, "1 MB"),
        (23_400_000, "23.4 MB"),
        (6e18, "6,000 PB"),
    ],
)
def test_a_size_is_never_nothing_point_nothing(count: float, said: str) -> None:
    assert console.file_size(count) == said
