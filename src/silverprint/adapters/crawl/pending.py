"""Pending images of a crawl: each address is requested once, each page that shows it is a row."""

from collections.abc import Callable

from silverprint.adapters.crawl.seen import SeenAnswers
from silverprint.fetch_result import Answer, Showing, Validators
from silverprint.store.intake import Intake


class PendingImages:
    """
    Args:
        intake: takes every picture, refusal and failure.
        progress: called with (pictures answered, pictures asked for).

    Attributes:
        at_fault: whether the crawl has failed, so that nothing is taken any more.
    """

    def __init__(self, intake: Intake, progress: Callable[[int, int], None]) -> None:
        self._intake, self._progress = intake, progress
        self._asked: dict[str, list[Showing]] = {}  # by the address of a picture without an answer yet
        self._answers = SeenAnswers()
        self.at_fault = False

    def validators(self, url: str) -> Validators | None:
        """What to ask `url` with."""
        return self._intake.validators(url)

    def met(self, url: str) -> bool:
        """Whether it was shown before in this crawl."""
        return url in self._asked or url in self._answers

    def found(self, showing: Showing, answer: Answer) -> None:
        """Takes what `showing` answered, which was not asked for as a picture's address."""
        self._answers.put(showing.url, self.take(showing, answer))
        self._tell()

    def must_ask(self, showing: Showing) -> bool:
        """Whether its address must be asked for: it has not answered, nor was it asked. `settle` follows."""
        url, is_new = showing.url, False
        if url in self._asked:
            self._asked[url].append(showing)
        elif (answer := self._answers.get(url)) is not None:
            self.take(showing, answer)
        elif (answer := self._intake.finished(url)) is not None:
            self._answers.put(url, self.take(showing, answer))
        else:
            self._asked[url], is_new = [showing], True
        self._tell()
        return is_new

    def settle(self, url: str, answer: Answer) -> None:
        """Takes what `url` answered for all that show it."""
        for showing in self._asked.pop(url):
            answer = self.take(showing, answer)
        self._answers.put(url, answer)
        self._tell()

    def take(self, showing: Showing, answer: Answer) -> Answer:
        """Hands the answer to the intake, see `Intake.take`."""
        return answer if self.at_fault else self._intake.take(showing, answer)

    def close(self) -> None:
        """Nothing is shown any more."""
        self._answers.close()

    def _tell(self) -> None:
        self._progress(len(self._answers), len(self._answers) + len(self._asked))
