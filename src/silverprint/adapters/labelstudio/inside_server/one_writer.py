"""WSGI application of our own Label Studio on SQLite: whatever writes is answered one request at a time.

There Label Studio takes no transaction to choose the next task, so two people who ask at one moment are served the same
one, and more people answer than were asked; and SQLite has one writer, so others fail with "database is locked".
"""

import importlib
import re
import threading
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_READS: Final = ("GET", "HEAD", "OPTIONS")
# GETs that write: one locks a task for whoever asks, the other begins a session.
_WRITING: Final = re.compile(r"/api/projects/\d+/next/?|/sign-in/.*")
_HELD_BYTES: Final = 16 * 2**20  # body that is read before its request's turn: the largest import of ours is under 1 MB
_PATIENCE_S: Final = 30  # time for which a statement waits for another program that writes
_RETRIES: Final = "core.middleware.DatabaseIsLockedRetryMiddleware"


def application() -> WSGIApplication:
    """What gunicorn serves: Label Studio and addresses of ours. On any database but SQLite nobody waits for a turn."""
    settings: Any = importlib.import_module("django.conf").settings
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if is_sqlite:
        _settle(settings)  # before Django connects or makes its middleware
    ours = [importlib.import_module(name) for name in ("overlap_import", "participants", "task_list", "exports")]
    ours[1].settle(settings)
    whole: WSGIApplication = importlib.import_module("core.wsgi").application
    for module in ours:
        module.install()
    return OneWriter(whole) if is_sqlite else whole


def _settle(settings: Any) -> None:
    """Readers and the writer do not hinder one another, and whoever writes beside this server is waited for.

    SQLite itself repeats a statement that met a lock. Label Studio would repeat the whole request, up to 15 times in
    14 minutes, and write again what was written before the lock was met.
    """
    settings.DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL",
        "timeout": _PATIENCE_S,
        "transaction_mode": "IMMEDIATE",  # one that turns from reading to writing would fail at once, without waiting
    }
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if name != _RETRIES]


class OneWriter:
    """A WSGI application that answers requests which write one at a time, and all others beside them.

    A turn lasts until the view has returned. What follows only sends, and a slow reader holds nobody up; neither does a
    slow sender, whose body is read before its turn.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not writes(environ):
            return self._application(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if 0 < length <= _HELD_BYTES:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(length))
        with self._turn:
            return self._application(environ, start_response)


def writes(environ: WSGIEnvironment) -> bool:
    """Whether a request changes the database: an answer, a draft, a sign-in, an import; or one for the next task."""
    return _WRITING.fullmatch(environ.get("PATH_INFO", "")) is not None or environ["REQUEST_METHOD"] not in _READS
