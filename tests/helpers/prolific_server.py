"""A server on loopback that answers as Prolific's public API description says, and loses or refuses what a test wants.

Written from the description at docs.prolific.com/api-reference: studies are drafts until PUBLISH; a transition of a
submission is idempotent; paying a bonus is not; errors are an object `error`; lists have `results` and `_links`.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "token-4711-of-the-test"
PAGE = 2  # results on one page of a list


@dataclass
class Prolific:
    """What the server knows, and how it is to fail.

    Attributes:
        calls: method and path of everything that was asked with the right token.
        fail: (method, pattern of the path) -> what to do the next times: a status, `lose` (do it, then drop the
            connection) or `drop` (drop the connection and do nothing).
        paid: every bonus that was paid, as (submission, amount in pence).
    """

    url: str = ""
    studies: dict[str, dict[str, Any]] = field(default_factory=dict)
    submissions: dict[str, dict[str, Any]] = field(default_factory=dict)
    prepared: dict[str, tuple[str, int]] = field(default_factory=dict)
    paid: list[tuple[str, int]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    fail: list[tuple[str, str, int | str]] = field(default_factory=list)
    retry_after: str | None = None

    def submit(self, name: str, status: str = "AWAITING REVIEW") -> str:
        """Somebody hands in."""
        study = next(iter(self.studies))
        self.submissions[name] = {"id": name, "study_id": study, "status": status, "participant": f"person-{name}"}
        return name

    def failure(self, method: str, path: str) -> int | str | None:
        for place, (verb, pattern, how) in enumerate(self.fail):
            if verb == method and re.search(pattern, path):
                del self.fail[place]
                return how
        return None

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, Any]:
        parts = path.strip("/").split("/")[2:]
        match method, parts:
            case "GET", ["studies"]:
                rows = [one for one in self.studies.values() if one["status"] in query.get("state", [one["status"]])]
                return self._page(rows, path, query)
            case "POST", ["studies"]:
                return self._draft(body)
            case "GET", ["studies", name] if name in self.studies:
                return 200, self.studies[name]
            case "POST", ["studies", name, "transition"] if name in self.studies:
                return self._move(self.studies[name], body["action"])
            case "GET", ["submissions"]:
                rows = [one for one in self.submissions.values() if one["study_id"] in query.get("study", [])]
                return self._page(rows, path, query)
            case "GET", ["submissions", name] if name in self.submissions:
                bonuses = [float(amount) for who, amount in self.paid if who == name]
                return 200, self.submissions[name] | {"bonus_payments": bonuses}
            case "POST", ["submissions", name, "transition"] if name in self.submissions:
                return self._judge(self.submissions[name], body)
            case "POST", ["submissions", "bonus-payments"]:
                return self._prepare(body)
            case "POST", ["bulk-bonus-payments", name, "pay"] if name in self.prepared:
                self.paid.append(self.prepared[name])  # each time that it is asked, as the description warns
                return 202, "Bonus payments are made asynchronously"
        return _error(404, "Not found", "The resource does not exist")

    def _draft(self, body: dict[str, Any]) -> tuple[int, Any]:
        needed = ("name", "description", "external_study_url", "completion_codes", "total_available_places",
                  "estimated_completion_time", "reward", "prolific_id_option")  # fmt: skip
        if missing := {name: ["This field is required."] for name in needed if not body.get(name)}:
            return _error(400, "Bad request", missing)
        if not 60 * body["reward"] / body["estimated_completion_time"] >= 600:
            return _error(400, "Bad request", "The reward is below the minimum of £6 an hour")
        name = f"study{len(self.studies) + 1}"
        self.studies[name] = body | {"id": name, "status": "UNPUBLISHED"}
        return 201, self.studies[name]

    def _move(self, study: dict[str, Any], action: str) -> tuple[int, Any]:
        moves = {("UNPUBLISHED", "PUBLISH"): "ACTIVE", ("ACTIVE", "STOP"): "AWAITING REVIEW"}
        if (study["status"], action) not in moves:
            return _error(400, "Bad request", f"A study that is {study['status']} cannot {action}")
        study["status"] = moves[study["status"], action]
        return 200, study

    def _judge(self, submission: dict[str, Any], body: dict[str, Any]) -> tuple[int, Any]:
        if body["action"] == "REJECT" and (len(body.get("message", "")) < 100 or not body.get("rejection_category")):
            return _error(422, "Unprocessable entity", {"message": ["100 characters at least"]})
        if submission["status"] == "AWAITING REVIEW":
            submission["status"] = {"APPROVE": "APPROVED", "REJECT": "REJECTED"}[body["action"]]
        return 200, submission

    def _prepare(self, body: dict[str, Any]) -> tuple[int, Any]:
        who, amount = body["csv_bonuses"].strip().split(",")
        if who not in self.submissions:
            return _error(400, "Bad request", f"Unknown: {who}")
        name = f"bulk{len(self.prepared) + 1}"
        self.prepared[name] = (who, round(100 * float(amount)))
        return 201, {"id": name, "study": body["study_id"], "amount": 100 * float(amount), "total_amount": 0.0}

    def _page(self, rows: list[Any], path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        page = int(query.get("page", ["1"])[0])
        rest = "&".join(f"{name}={value[0]}" for name, value in query.items() if name != "page")
        more = page * PAGE < len(rows)
        href = f"https://elsewhere.example{path}?{rest}&page={page + 1}" if more else None
        return 200, {"results": rows[(page - 1) * PAGE : page * PAGE], "_links": {"next": {"href": href}}}


def _error(status: int, title: str, detail: Any) -> tuple[int, Any]:
    return status, {"error": {"status": status, "error_code": 140000 + status, "title": title, "detail": detail}}


@contextmanager
def prolific() -> Iterator[Prolific]:
    """The server, until the block ends."""
    state = Prolific()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.serve("GET")

        def do_POST(self) -> None:
            self.serve("POST")

        def serve(self, method: str) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
            parts = urlsplit(self.path)
            if self.headers.get("authorization") != f"Token {TOKEN}":
                return self.say(*_error(401, "Unauthorized", "No valid token was provided"))
            state.calls.append(f"{method} {parts.path}")
            how = state.failure(method, parts.path)
            if how == "drop":
                return None
            if isinstance(how, int):
                return self.say(*_error(how, "Failed", "as the test wants"))
            found = state.answer(method, parts.path, parse_qs(parts.query), body)
            return None if how == "lose" else self.say(*found)

        def say(self, status: int, found: Any) -> None:
            data = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            if status == 429 and state.retry_after is not None:
                self.send_header("retry-after", state.retry_after)
            self.end_headers()
            self.wfile.write(data)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
