"""How often `silverprint wait` asks the server, by a clock that goes on only while somebody counts or rests."""

from types import SimpleNamespace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silverprint import annotation_registry
from silverprint.annotation_backend import Progress, Project
from silverprint.commands import wait
from silverprint.core.votes import sequential_overlap
from silverprint.errors import UnavailableError
from silverprint.records import ANNOTATOR_LEDGER, ASKS, QUEUE, VOTES, conform, empty

PROJECT = Project(1, "", "garments", "r01", "crowd", "0" * 64, None)
PAGE = 1000  # tasks in an answer


class Server:
    """Projects of so many tasks, a page of which takes `page_s`; all are done at the last of so many counts."""

    def __init__(self, tasks, page_s, counts):
        self.now = self.busy_s = 0.0
        self.requests = self.counts = 0
        self._tasks, self._page_s, self._wanted = tasks, page_s, counts

    def progress(self, project, needed, others):
        pages = sum(-(-max(len(needed), 1) // PAGE) for _ in (project, *others))
        self.requests += pages
        self.busy_s += pages * self._page_s
        self.now += pages * self._page_s
        done = len(needed) if self.counts // len(self._tasks) == self._wanted - 1 else 0
        self.counts += 1
        return Progress(len(needed), done, 0, len(needed), done, 3, {})

    def asked(self):
        return [(PROJECT, {str(number): 1 for number in range(count)}, []) for count in self._tasks]

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def watch(monkeypatch):
    """Waits on a server until it is done."""

    def until_done(server):
        backend = SimpleNamespace(people=dict, page_url=str, progress=server.progress)
        monkeypatch.setattr(annotation_registry, "connect", lambda: backend)
        monkeypatch.setattr(wait.account_names, "remember", dict)
        monkeypatch.setattr(wait.round_state, "load", lambda _: SimpleNamespace(status="waiting"))
        monkeypatch.setattr(wait.ledgers, "queue", lambda _: empty(QUEUE))
        monkeypatch.setattr(wait.ledgers, "asks", lambda _: empty(ASKS))
        monkeypatch.setattr(wait, "_asked", lambda *_: iter(server.asked()))
        monkeypatch.setattr(wait, "time", SimpleNamespace(monotonic=lambda: server.now, sleep=server.sleep))
        wait.run(SimpleNamespace(chain=["r01"]))

    return until_done


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=3), st.floats(0, 20), st.integers(2, 5))
def test_it_asks_at_most_once_in_five_seconds_and_takes_a_twentieth_of_the_server(watch, tasks, page_s, counts):
    server = Server(tasks, page_s, counts)
    watch(server)
    assert server.counts == counts * len(tasks)
    last = server.requests / counts  # the last count is not rested after
    assert (server.requests - last) * 5 <= server.now
    assert server.busy_s - last * page_s <= 0.05 * (server.now - last * page_s) + 1e-6


def test_it_tells_how_many_answers_nobody_asked_for(watch, capsys):
    watch(Server([4], 0.1, 2))
    told = capsys.readouterr().err
    assert "votes beyond those that were asked for: 3" in told
    assert "everybody has answered; go on: silverprint repro" in told


def test_a_server_that_is_away_is_asked_as_seldom(watch):
    server, count = Server([4], 0.1, 2), Server.progress
    tries = []

    def away(*arguments):
        tries.append(server.now)
        if len(tries) < 4:
            raise UnavailableError("x", "is away", "wait")
        return count(server, *arguments)

    server.progress = away
    watch(server)
    assert tries == pytest.approx([0, 5, 10, 15, 20.1])  # nor is it left alone for longer, once it is back


def test_it_says_why_one_more_person_is_asked(monkeypatch, capsys):
    rows = [{"image_id": one, "rank": rank, "role": "train", "overlap": 1} for rank, one in enumerate("abc", 1)]
    queue = conform(pl.DataFrame(rows).with_columns(tier=pl.lit("crowd")), QUEUE)
    asks = pl.DataFrame({"image_id": ["a", "b"], "extra": 1, "reason": sequential_overlap.REASON})
    votes = [("a", 1), ("b", 1), ("b", 2), ("c", 1)]  # b was answered once more
    given = [{"image_id": one, "annotator": f"x-{who}", "choice": "coat", "status": "valid"} for one, who in votes]
    monkeypatch.setattr(wait.ledgers, "asked", lambda _: queue)
    monkeypatch.setattr(wait.ledgers, "asks", lambda _: conform(asks, ASKS))
    monkeypatch.setattr(wait.ledgers, "votes_so_far", lambda _: conform(pl.DataFrame(given), VOTES))
    monkeypatch.setattr(wait.ledgers, "withdrawn_images", frozenset)
    monkeypatch.setattr(wait.annotator_ledger, "lines", lambda: empty(ANNOTATOR_LEDGER))
    wait._say_asked_again("r01")
    assert capsys.readouterr().err == "r01: one more person is asked about each of 1 pictures whose label is not sure\n"
