"""Every failure of the wire ends in our words, and no message holds the token. Real sockets."""

import contextlib
import inspect
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import pytest

from silverprint.adapters.labelstudio import Studio, credentials, label_config, sdk
from silverprint.annotation_backend import Page, Project, Task
from silverprint.errors import ConfigError, NotAllowedError, UnavailableError

TOKEN = "s3cr3t" * 6


def personal(seconds: float, **claims: str) -> str:
    """A JWT that ends so many seconds from now."""
    return jwt.encode({"exp": time.time() + seconds, **claims}, "s3cr3t" * 6)


def people(url: str, token: str = TOKEN) -> list[object]:
    with sdk.translate_failures(url):
        client = sdk.client(url, token)
        return client.users.list()


@pytest.fixture
def answering() -> Iterator[Callable[[Callable[[BaseHTTPRequestHandler], tuple[int, str]]], str]]:
    """Starts a server that answers what a function says; gives its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(reply):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = reply(self)
                self.send_response(status)
                self.send_header("Location", "https://elsewhere.example/")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_PATCH = do_GET  # noqa: N815

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, "{}", NotAllowedError, "LABEL_STUDIO_API_KEY"),
        (403, "{}", NotAllowedError, "LABEL_STUDIO_API_KEY"),
        (302, "", UnavailableError, "redirected to https://elsewhere.example/"),
        (404, "no such project", UnavailableError, "no such project"),
        (500, "boom", UnavailableError, "HTTP 500: boom"),
        (200, "<html>", UnavailableError, "not answered with JSON"),
        (
            500,
            "<html><title>\nServer\n Error</title>" + "x" * 9000,
            UnavailableError,
            "HTTP 500: a page, 'Server Error'",
        ),
        (
            500,
            "<!DOCTYPE html><HTML><p>OperationalError: database is locked",
            UnavailableError,
            "database is locked by",
        ),
        (503, "<html>" + "x" * 9000, UnavailableError, "HTTP 503: a page;"),
    ],
)
def test_an_answer_that_is_none(answering, status, body, error, words):
    url = answering(lambda _: (status, body))
    with pytest.raises(error, match=words) as caught:
        people(url)
    assert url in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_token_of_our_own_server_that_was_reset_has_a_remedy_that_works(answering, monkeypatch):
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    with pytest.raises(NotAllowedError, match=r"server\.json: HTTP 401.*run: silverprint studio up"):
        people(answering(lambda _: (401, "{}")))


@pytest.mark.parametrize("body", ['{"results": 3}', '[{"id": {}}]', '"x"', "7", '{"projects": [{}]}'])
@pytest.mark.parametrize("method", ["projects", "people", "find_all", "annotations", "tasks", "progress"])
def test_another_program_s_json_is_never_a_traceback(answering, method, body):
    url = answering(lambda _: (200, body))
    house = Studio(sdk.client(url, TOKEN), url, local=True, server="00000000")
    found = None
    with contextlib.suppress(UnavailableError):
        found = getattr(house, method)(*ARGUMENTS.get(method, (PROJECT,)))
    assert not found or body == '[{"id": {}}]'  # the SDK takes nearly anything for a list of people


def test_a_server_that_is_down():
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9: Label Studio does not answer.*silverprint studio up"):
        people("http://127.0.0.1:9")


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x", "http://[", "http://no such host"])
def test_an_address_that_is_none(url):
    with pytest.raises(UnavailableError):
        people(url)


def test_a_proxy_is_not_asked_for_loopback(answering, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert people(answering(lambda _: (200, "[]"))) == []


def test_a_failure_is_not_tried_again(answering):
    asked = []
    with pytest.raises(UnavailableError, match="HTTP 500"):
        people(answering(lambda request: asked.append(request.path) or (500, "{}")))
    assert asked == ["/api/users/"]


PROJECT = Project(1, "t", "c", "r01", "crowd", "a" * 64, None)
ARGUMENTS = {
    "find_all": ("c", "r01"),
    "open": ("c", "r01", "crowd", "a" * 64, "t", Page("q", "i", ("coat",))),
    "restore_page": (PROJECT, Page("q", "i", ("coat",))),
    "share": (PROJECT, Path("var/serving/c/r01")),
    "push": (PROJECT, [Task.single("a", "/a", 1)]),
    "set_overlap": (1, 2),
    "delete_tasks": (PROJECT, [1]),
    "take_off_page": (1, {"a"}),
    "delete_unanswered": (PROJECT, [1]),
    "delete_annotations": ([1],),
    "seal": (PROJECT, "b" * 64),
    "retag": (PROJECT, ()),
    "rename_campaign": (PROJECT, "other"),
    "is_there": (1,),
    "invite": ("ada@example.org", "password"),
    "let_in": ("00000000-7", PROJECT),
    "set_open": ("00000000-7", False),
    "erase": ("00000000-7",),
    "projects": (),
    "people": (),
    "annotators": (),
}
METHODS = [name for name, _ in inspect.getmembers(Studio, inspect.isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", [name for name in METHODS if name != "lease" and not name.endswith("_url")])
def test_whatever_is_asked_of_a_server_that_is_gone(name):
    url = "http://127.0.0.1:9"
    house = Studio(sdk.client(url, TOKEN), url, local=True, server="00000000")
    with pytest.raises(UnavailableError, match="does not answer"):
        getattr(house, name)(*ARGUMENTS.get(name, (PROJECT,)))


def test_a_lease_on_a_server_that_is_gone():
    url = "http://127.0.0.1:9"
    house = Studio(sdk.client(url, TOKEN), url, local=True, server="00000000")
    with pytest.raises(UnavailableError, match="does not answer"), house.lease(PROJECT):
        raise AssertionError("held on no server")


@pytest.mark.parametrize(
    ("said", "kept"), [("2.5", 2.5), ("1e300", None), ("-1", None), ("NaN", None), ('"soon"', None), ("null", None)]
)
def test_an_impossible_time_costs_no_answer(answering, said, kept):
    answer = {
        "id": 7,
        "completed_by": 2,
        "result": label_config.result("coat"),
        "was_cancelled": False,
        "created_at": "2026",
    }
    exported = json.dumps([{"data": {"image_id": "00"}, "annotations": [answer | {"lead_time": "?"}]}])
    url = answering(lambda _: (200, exported.replace('"?"', said)))
    house = Studio(sdk.client(url, TOKEN), url, local=True, server="00000000")
    (found,) = house.annotations(PROJECT)
    assert (found.choices, found.lead_time_s) == (("coat",), kept)


def exchanging(lasts_s: float, issued: list[str]) -> Callable[[BaseHTTPRequestHandler], tuple[int, str]]:
    """A server that exchanges any personal token for access tokens that last so long, and takes only the newest."""

    def reply(request):
        if request.path == "/api/token/refresh/":
            length = int(request.headers["Content-Length"])
            assert json.loads(request.rfile.read(length))["refresh"].count(".") == 2
            issued.append(personal(lasts_s, jti=str(len(issued))))
            return 200, json.dumps({"access": issued[-1]})
        fresh = issued and request.headers["Authorization"] == f"Bearer {issued[-1]}"
        return (200, "[]") if fresh else (401, "{}")

    return reply


@pytest.mark.parametrize(("lasts_s", "exchanges"), [(300, 1), (-1, 2)])
def test_a_personal_token_is_exchanged_again_only_when_it_is_stale(answering, lasts_s, exchanges):
    issued: list[str] = []
    url = answering(exchanging(lasts_s, issued))
    client = sdk.client(url, personal(1000))
    assert client.users.list() == client.users.list() == []
    assert len(issued) == exchanges


@pytest.mark.parametrize(("status", "body", "error"), [(401, "{}", NotAllowedError), (502, "<html>", UnavailableError)])
def test_a_personal_token_that_is_not_exchanged(answering, status, body, error):
    with pytest.raises(error):
        people(answering(lambda _: (status, body)), personal(1000))


def test_a_personal_token_that_has_ended():
    with pytest.raises(NotAllowedError, match="LABEL_STUDIO_API_KEY"):
        people("http://127.0.0.1:9", personal(-1000))


def test_no_server_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    with pytest.raises(UnavailableError, match="silverprint studio up, or set LABEL_STUDIO_URL"):
        Studio.connect()
    with pytest.raises(UnavailableError, match="set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY to the server of r01"):
        Studio.connect("the server of r01")


def test_an_address_without_a_token(monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://studio.example")
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    with pytest.raises(NotAllowedError, match="LABEL_STUDIO_API_KEY is not set"):
        Studio.connect()


@pytest.mark.parametrize("token", ["ü", "two\nlines", "x y", "\u200b"])
def test_what_can_be_no_token(monkeypatch, token):
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://studio.example")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    with pytest.raises(NotAllowedError, match="LABEL_STUDIO_API_KEY: a token is one line") as refused:
        Studio.connect()
    assert token not in str(refused.value)


@pytest.mark.parametrize("address", ["studio.example", "ftp://studio.example", "http://", "127.0.0.1:8080", "http:/x"])
def test_a_named_server_needs_a_whole_address(monkeypatch, address):
    monkeypatch.setenv("LABEL_STUDIO_URL", address)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "t")
    with pytest.raises(ConfigError, match=r"starts with http:// or https://"):
        credentials.find()


def test_the_environment_goes_before_our_own_server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("var/studio").mkdir(parents=True)
    Path("var/studio/server.json").write_text(json.dumps({"url": "http://ours", "token": "t"}))
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    assert credentials.find() == credentials.Access("http://ours", "t", local=True)
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://theirs")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "u")
    assert credentials.find() == credentials.Access("http://theirs", "u", local=False)
    assert "'u'" not in repr(credentials.find())


@pytest.mark.parametrize(
    "body", ['{"status": "OK"}', "[]", "3", "null", '{"release": null}', '{"release": "7", "active_organization": "x"}']
)
def test_something_else_answers(answering, monkeypatch, body):
    monkeypatch.setenv("LABEL_STUDIO_URL", answering(lambda _: (200, body)))
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    with pytest.raises(UnavailableError, match="something other than Label Studio"):
        Studio.connect()
