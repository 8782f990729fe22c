"""Prolific's REST API as calls that end in an answer, a refusal, or the word that nobody knows.

What may be asked again: anything, where the server said that it has too much to do (429) or was never reached; and what
changes nothing the second time, where an answer was lost. Nothing else.
"""

import json
import os
import ssl
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from silverprint.errors import DataError, NotAllowedError, UnavailableError
from silverprint.fetching.rate_limit import rest_s
from silverprint.recruiter import OutcomeUnknown

TOKEN: Final = "SILVERPRINT_PROLIFIC_TOKEN"  # noqa: S105 (the name of a variable)
ADDRESS: Final = "SILVERPRINT_PROLIFIC_URL"
_DEFAULT: Final = "https://api.prolific.com"
_TRIES: Final = 6
_PAUSE_S: Final = 1.0  # before the second try; twice as long before each further one, where the server says nothing
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class Api:
    """Calls of one process.

    Args:
        dry_run: print what would change anything, and send it not.
        rest: waits so many seconds.
    """

    def __init__(self, dry_run: bool = False, rest: Callable[[float], None] = time.sleep) -> None:
        self._dry, self._rest = dry_run, rest
        self._base = os.environ.get(ADDRESS, _DEFAULT).rstrip("/")
        self._token = os.environ.get(TOKEN, "")

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """What is at a path; an empty object in a dry run without a token."""
        if self._dry and not self._token:
            return self._told("GET", path, None)
        return self._ask("GET", path, None, query, repeatable=True)

    def pages(self, path: str, **query: str) -> list[dict[str, Any]]:
        """All `results`, however many pages they come in."""
        answer = self.get(path, **query)
        rows = list(answer.get("results") or [])
        while following := ((answer.get("_links") or {}).get("next") or {}).get("href"):
            parts = urlsplit(following)  # of its address only what asks for the page: the token goes nowhere else
            answer = self.get(f"{path}?{parts.query}")
            if not answer.get("results"):
                break
            rows += answer["results"]
        return rows

    def post(self, path: str, body: dict[str, Any], *, repeatable: bool) -> dict[str, Any]:
        """Asks for a change.

        Raises:
            OutcomeUnknown: it was sent, no answer says what became of it, and asking again might do it twice.
        """
        if self._dry:
            return self._told("POST", path, body)
        return self._ask("POST", path, body, {}, repeatable=repeatable)

    def _told(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        sys.stdout.write(f"{method} {self._base}{path}\n")
        if body is not None:
            sys.stdout.write(f"{json.dumps(body, indent=2, ensure_ascii=False)}\n")
        return {}

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, query: dict[str, str], *, repeatable: bool
    ) -> dict[str, Any]:
        if not self._token:
            raise NotAllowedError(TOKEN, "Prolific wants a token, which is taken from there alone", f"export {TOKEN}=…")
        failure, pause = "", _PAUSE_S
        for attempt in range(_TRIES):
            if attempt:
                self._rest(pause)
                pause *= 2
            try:
                answer = httpx.request(
                    method,
                    self._base + path,
                    params=query or None,
                    json=body,
                    headers={"Authorization": f"Token {self._token}"},
                    timeout=60,
                    verify=_trusted(),
                )
            except _NOT_SENT as error:
                failure = f"not reached ({type(error).__name__})"
                continue
            except httpx.TransportError as error:
                failure = f"the answer was lost ({type(error).__name__})"
            else:
                if answer.status_code == 429:
                    failure = "it has too much to do (429)"
                    pause = rest_s(answer.headers["retry-after"]) if "retry-after" in answer.headers else pause
                    continue
                if answer.status_code < 500:
                    return _read(f"{method} {path}", answer)
                failure = f"it failed ({answer.status_code})"
            if not repeatable:
                raise OutcomeUnknown(f"{method} {self._base}{path}", failure, "nobody knows whether it was done")
        remedy = "run the same again later: what was done is not done twice"
        raise UnavailableError(f"{method} {self._base}{path}", failure, remedy)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates that are trusted; to read them takes longer than a call."""
    return httpx.create_ssl_context()


def _read(asked: str, answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code in (401, 403):
        raise NotAllowedError(f"Prolific {asked}", f"refuses the token ({answer.status_code})", f"look at {TOKEN}")
    if answer.status_code >= 400:
        raise DataError(f"Prolific {asked} ({answer.status_code})", _reason(answer), "nothing was done by it")
    try:
        found = answer.json() if answer.content else {}
    except ValueError:
        found = {}  # some answers are a sentence
    return found if isinstance(found, dict) else {}


def _reason(answer: httpx.Response) -> str:
    """What the server says is wrong, in a line."""
    try:
        said = answer.json()
    except ValueError:
        return answer.text[:200] or "no reason given"
    error = said.get("error", said) if isinstance(said, dict) else said
    parts = [error.get(name) for name in ("title", "detail", "additional_info")] if isinstance(error, dict) else [error]
    words = [part if isinstance(part, str) else json.dumps(part, ensure_ascii=False) for part in parts if part]
    return "; ".join(words)[:400] or "no reason given"
