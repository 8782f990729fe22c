"""Run of one list, from its first row to its last: rows become requests, results become rows of the source's index."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from silverprint.adapters.urls.fetcher.messages import FetchSettings, Loss, Request, Result
from silverprint.adapters.urls.fetcher.parent import FetcherProcess
from silverprint.adapters.urls.repeated_urls import Survey, survey
from silverprint.adapters.urls.url_list import ListRow, UrlList
from silverprint.config import UrlSource
from silverprint.console import bar
from silverprint.errors import UnavailableError
from silverprint.fetch_result import Answer, Showing
from silverprint.fetching import image_response
from silverprint.fetching.refusals import DOWN
from silverprint.fetching.robots.directives import product
from silverprint.store.intake import Intake
from silverprint.store.intake.completed import CompletedSource

_UNDER_WAY: Final = 4_096  # addresses asked and not answered; when all are one slow host's, the others wait


def fetch(name: str, source: UrlSource, intake: Intake, _: CompletedSource) -> None:
    """Asks for every address in the list of `source` (its key in params.yaml: `name`), each once, into `intake`.

    Raises:
        UnavailableError: there is no list, or nothing that it names could be reached.
        ConfigError, DataError: the list cannot be understood; nothing was fetched.
        DiskError: from the intake.
        KeyboardInterrupt: Ctrl-C; what was fetched until then is in the intake.
    """
    listed = UrlList(name, source)
    manner = FetchSettings(
        source.user_agent,
        source.timeout_s,
        source.max_bytes,
        source.per_host,
        source.allow_private,
        intake.takedowns,
        source.respect,
    )
    with FetcherProcess(manner) as sockets, bar() as progress:
        first_look = survey(listed)
        task = progress.add_task(f"acquire {name}", total=first_look.rows, unit="addresses")
        desk = _Desk(source, intake, first_look, lambda count: progress.update(task, completed=count))
        with _ending_on_ctrl_c(sockets):
            desk.work(iter(listed), sockets)
    if desk.reasons and desk.reasons.keys() <= DOWN and desk.reasons.total() == desk.answered:
        why = ", ".join(sorted(desk.reasons))
        remedy = "look at the network and at the list, then run again to go on"
        raise UnavailableError(f"sources.{name}.path = {source.path!r}", f"no host of it answers ({why})", remedy)


class _Desk:
    """Hands out addresses, takes in pictures.

    Attributes:
        answered: addresses.
        reasons: of those among them for which there is no picture.
    """

    def __init__(self, source: UrlSource, intake: Intake, look: Survey, tell: Callable[[int], None]) -> None:
        self._agent = product(source.user_agent)
        self._intake, self._look, self._tell = intake, look, tell
        self._asked: dict[int, Showing] = {}  # by the number of the request
        self._again: dict[str, list[Showing]] = {}  # repeated addresses that were asked: their further showings
        self._answers: dict[str, Answer] = {}  # of repeated addresses
        self._number = self._taken = 0
        self.answered, self.reasons = 0, Counter[str]()

    def work(self, rows: Iterator[ListRow], sockets: FetcherProcess) -> None:
        """To the end of the list.

        Raises:
            UnavailableError: the process that has the sockets was killed.
        """
        while True:
            sockets.order(list(self._requests(rows)))
            if not self._asked:
                return
            results = sockets.receive()
            if not results:
                rule = "the process that fetches has ended"
                raise UnavailableError("acquire", rule, "is there memory enough? Run again to go on")
            for result in results:
                self._settle(result, sockets.body(result))
            self._tell(self._taken)

    def _requests(self, rows: Iterator[ListRow]) -> Iterator[Request]:
        """The next rows that must be requested; the others are settled."""
        while len(self._asked) < _UNDER_WAY and (row := next(rows, None)):
            url = row.showing.url
            if row.fault is not None:
                self._take(row.showing, Answer("failed", row.fault))
            elif url in self._answers:
                self._take(row.showing, self._answers[url])
            elif url in self._again:
                self._again[url].append(row.showing)
            elif (answer := self._intake.finished(url)) is not None:
                self._take(row.showing, answer)
            else:
                if hash(url) in self._look.repeated:
                    self._again[url] = []
                self._number += 1
                self._asked[self._number] = row.showing
                yield self._request(row.showing)

    def _request(self, showing: Showing) -> Request:
        known = self._intake.validators(showing.url)
        conditions = (None, None) if known is None else (known.etag, known.last_modified)
        return Request(self._number, showing.url, *conditions, showing.page_url)

    def _settle(self, result: Result, body: bytes | None) -> None:
        showing = self._asked.pop(result.number)
        answer = self._take(showing, self._answer(showing.url, result, body))
        self.answered += 1
        if answer.reason is not None:
            self.reasons[answer.reason] += 1
        if showing.url in self._again:
            self._answers[showing.url] = answer
            for further in self._again.pop(showing.url):
                self._take(further, answer)

    def _answer(self, url: str, result: Result, body: bytes | None) -> Answer:
        found = result.found
        if isinstance(found, Loss):
            return Answer(found.outcome, found.reason, robots=found.robots, reservation=found.reservation)
        return image_response.image_answer(found, body, self._agent, self._intake.validators(url))

    def _take(self, showing: Showing, answer: Answer) -> Answer:
        self._taken += 1
        return self._intake.take(showing, answer)


@contextmanager
def _ending_on_ctrl_c(sockets: FetcherProcess) -> Iterator[None]:
    """Ctrl-C stops what comes in, never the middle of a picture's storing; a second one is Python's own.

    Raises:
        KeyboardInterrupt: after what had come in was taken.
    """
    pressed = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, before)
        sockets.stop()

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    except UnavailableError:
        if pressed:
            raise KeyboardInterrupt from None
        raise
    finally:
        signal.signal(signal.SIGINT, before)
