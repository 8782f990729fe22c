"""The turn of requests that write, by applications that show who is inside; nothing of Label Studio is needed."""

import ast
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from silverprint.adapters.labelstudio import local_server
from silverprint.adapters.labelstudio.inside_server import one_writer, participants
from silverprint.adapters.labelstudio.inside_server.one_writer import OneWriter, writes

LONG_S = 30  # time for what will come
SHORT_S = 0.2  # time for what must not come
NEXT = ("GET", "/api/projects/7/next")
ANSWER = ("POST", "/api/tasks/7/annotations/")
PICTURE = ("GET", "/data/local-files/")


def ask(application, request, body=b"", stream=None):
    environ = {"REQUEST_METHOD": request[0], "PATH_INFO": request[1], "CONTENT_LENGTH": str(len(body))}
    return application(environ | {"wsgi.input": stream or BytesIO(body)}, lambda *_: None)


class House:
    """An application whose requests stay inside until the door opens; it counts how many were in at most."""

    def __init__(self):
        self.door, self.somebody = threading.Event(), threading.Semaphore(0)
        self.inside = self.most = 0
        self._count = threading.Lock()

    def __call__(self, environ, start_response):
        with self._count:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.somebody.release()
        assert self.door.wait(LONG_S)
        with self._count:
            self.inside -= 1
        return [environ["wsgi.input"].read()]


@pytest.fixture
def house():
    return House()


@pytest.fixture
def threads(house):
    with ThreadPoolExecutor(8) as pool:
        yield pool
        house.door.set()


@pytest.mark.parametrize("second", [NEXT, ANSWER, ("PATCH", "/api/drafts/3/"), ("POST", "/user/login/")])
def test_two_that_write_are_never_inside_at_once(house, threads, second):
    application = OneWriter(house)
    answers: list[Future] = [threads.submit(ask, application, NEXT), threads.submit(ask, application, second, b"b")]
    assert house.somebody.acquire(timeout=LONG_S)
    assert not house.somebody.acquire(timeout=SHORT_S)
    house.door.set()
    assert [one.result(LONG_S) for one in answers] == [[b""], [b"b"]]
    assert house.most == 1


def test_a_crowd_has_turns_and_everybody_is_answered(house, threads):
    house.door.set()
    application = OneWriter(house)
    bodies = [str(number).encode() for number in range(200)]
    answers = [threads.submit(ask, application, ANSWER, body) for body in bodies]
    assert [b"".join(one.result(LONG_S)) for one in answers] == bodies
    assert house.most == 1


def test_what_only_reads_goes_beside_a_writer_and_beside_its_like(house, threads):
    application = OneWriter(house)
    for request in (ANSWER, PICTURE, PICTURE, ("GET", "/api/projects/7/export")):
        threads.submit(ask, application, request)
        assert house.somebody.acquire(timeout=LONG_S)
    assert house.most == 4


def test_an_error_ends_the_turn():
    def fails(*_):
        raise ValueError("inside")

    application = OneWriter(fails)
    for _ in range(2):
        with pytest.raises(ValueError, match="inside"):
            ask(application, ANSWER)


def test_an_answer_that_streams_holds_nobody_up(threads):
    application = OneWriter(lambda *_: (part for part in (b"a", b"b")))
    first = ask(application, ANSWER)
    assert next(first) == b"a"
    second = threads.submit(ask, application, ANSWER).result(LONG_S)
    assert (b"".join(first), b"".join(second)) == (b"b", b"ab")


def test_whoever_sends_slowly_holds_nobody_up(threads):
    sending, sent = threading.Event(), threading.Event()

    def read(size):
        sending.set()
        assert sent.wait(LONG_S)
        return b"slow"[:size]

    application = OneWriter(lambda environ, _: [environ["wsgi.input"].read()])
    slow = threads.submit(ask, application, ANSWER, b"slow", SimpleNamespace(read=read))
    assert sending.wait(LONG_S)
    assert threads.submit(ask, application, ANSWER, b"quick").result(LONG_S) == [b"quick"]
    sent.set()
    assert slow.result(LONG_S) == [b"slow"]


@pytest.mark.parametrize("length", ["", "0", str(one_writer._HELD_BYTES + 1)])
def test_a_body_that_is_large_or_says_no_length_is_left_to_the_server(length):
    stream = BytesIO(b"x")
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": length, "wsgi.input": stream}
    assert OneWriter(lambda environ, _: [environ["wsgi.input"] is stream])(environ, lambda *_: None) == [True]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/projects/12/next", True),
        ("GET", "/api/projects/12/next/", True),
        ("GET", "/api/projects/12/nextdoor", False),
        ("GET", "/data/local-files/api/projects/12/next", False),
        ("GET", "/api/projects/12", False),
        ("HEAD", "/user/login/", False),
        ("OPTIONS", "/api/tasks/3/annotations/", False),
        ("DELETE", "/api/annotations/3/", True),
        ("PUT", "/api/annotations/3/", True),
        ("GET", "/sign-in/ticket", True),
        ("BREW", "/coffee", True),
    ],
)
def test_what_writes(method, path, expected):
    assert writes({"REQUEST_METHOD": method, "PATH_INFO": path}) is expected


@pytest.fixture
def label_studio(monkeypatch):
    """Puts its modules there, with a database of the engine that is given."""

    def there(engine):
        settings = SimpleNamespace(
            DATABASES={"default": {"ENGINE": f"django.db.backends.{engine}", "OPTIONS": {}}},
            MIDDLEWARE=["first", one_writer._RETRIES, "last"],
        )
        monkeypatch.setitem(sys.modules, "django.conf", SimpleNamespace(settings=settings))
        monkeypatch.setitem(sys.modules, "core.wsgi", SimpleNamespace(application=lambda *_: [engine.encode()]))
        for name in ("overlap_import", "task_list", "exports"):
            monkeypatch.setitem(sys.modules, name, SimpleNamespace(install=lambda: None))
        ours = SimpleNamespace(install=lambda: None, settle=participants.settle)
        monkeypatch.setitem(sys.modules, "participants", ours)
        return settings

    return there


def test_on_sqlite_one_writes_and_locks_are_waited_for(label_studio):
    settings = label_studio("sqlite3")
    application = one_writer.application()
    assert isinstance(application, OneWriter)
    assert ask(application, ANSWER) == [b"sqlite3"]
    assert settings.MIDDLEWARE == ["first", "last", participants.MIDDLEWARE]
    assert settings.DATABASES["default"]["OPTIONS"]["timeout"] == one_writer._PATIENCE_S


def test_another_database_is_left_to_label_studio(label_studio):
    settings = label_studio("postgresql")
    assert not isinstance(one_writer.application(), OneWriter)
    assert settings.MIDDLEWARE == ["first", one_writer._RETRIES, "last", participants.MIDDLEWARE]
    assert settings.DATABASES["default"]["OPTIONS"] == {}


def test_the_server_finds_it_and_needs_nothing_that_is_not_pythons_own():
    module, _, factory = local_server.APPLICATION.partition(":")
    folder = Path(local_server.SERVED["PYTHONPATH"])
    assert (folder / f"{module}.py").exists()
    assert callable(getattr(one_writer, factory.removesuffix("()")))
    for path in folder.glob("*.py"):
        tree = ast.parse(path.read_text())
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names, path
