"""Every failure of the wire ends in our words, and no message holds the token. Real sockets."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from silverprint.adapters.labelstudio import Studio, access
from silverprint.adapters.labelstudio.wire import Client
from silverprint.errors import NotAllowedError, UnavailableError

TOKEN = "s3cr3t" * 6
PERSONAL = "eyJh.s3cr3t.sig"


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
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (401, "{}", NotAllowedError, "LABEL_STUDIO_API_KEY"),
        (403, "{}", NotAllowedError, "LABEL_STUDIO_API_KEY"),
        (302, "", UnavailableError, "redirected to https://elsewhere.example/"),
        (404, "no such project", UnavailableError, "no such project"),
        (500, "boom", UnavailableError, "HTTP 500: boom"),
        (200, "<html>", UnavailableError, "not answered with JSON"),
    ],
)
def test_an_answer_that_is_none(answering, status, body, error, words):
    url = answering(lambda _: (status, body))
    with pytest.raises(error, match=words) as caught:
        Client(url, TOKEN).get("/api/projects")
    assert url in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_server_that_is_down():
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9: Label Studio does not answer.*silverprint studio up"):
        Client("http://127.0.0.1:9", TOKEN).get("/health")


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x", "http://[", "http://no such host"])
def test_an_address_that_is_none(url):
    with pytest.raises(UnavailableError):
        Client(url, TOKEN).get("/health")


def test_a_proxy_is_not_asked_for_loopback(answering, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert Client(answering(lambda _: (200, "[]")), TOKEN).get("/") == []


def test_a_personal_token_is_exchanged_again_when_it_is_stale(answering):
    issued: list[str] = []

    def reply(request):
        if request.path == "/api/token/refresh/":
            length = int(request.headers["Content-Length"])
            assert json.loads(request.rfile.read(length)) == {"refresh": PERSONAL}
            issued.append(f"access{len(issued)}")
            return 200, json.dumps({"access": issued[-1]})
        fresh = issued and request.headers["Authorization"] == f"Bearer {issued[-1]}"
        return (200, "[]") if fresh else (401, "{}")

    client = Client(answering(reply), PERSONAL)
    assert client.get("/a") == client.get("/b") == []
    assert len(issued) == 1
    issued.append("another, so that the one in use is stale")
    assert client.get("/c") == []


def test_a_refused_personal_token(answering):
    with pytest.raises(NotAllowedError, match="LABEL_STUDIO_API_KEY"):
        Client(answering(lambda _: (401, "{}")), PERSONAL).get("/")


def test_no_server_at_all(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    with pytest.raises(UnavailableError, match="silverprint studio up, or set LABEL_STUDIO_URL"):
        Studio.connect()


def test_an_address_without_a_token(monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://studio.example")
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    with pytest.raises(NotAllowedError, match="LABEL_STUDIO_API_KEY is not set"):
        Studio.connect()


def test_the_environment_goes_before_our_own_server(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("var/studio").mkdir(parents=True)
    access.SERVER_FILE.write_text(json.dumps({"url": "http://ours", "token": "t"}))
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    monkeypatch.delenv("LABEL_STUDIO_API_KEY", raising=False)
    assert access.find() == access.Access("http://ours", "t")
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://theirs")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "u")
    assert access.find() == access.Access("http://theirs", "u")
    assert "'u'" not in repr(access.find())


def test_something_else_answers(answering, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_URL", answering(lambda _: (200, '{"status": "OK"}')))
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    with pytest.raises(UnavailableError, match="something other than Label Studio"):
        Studio.connect()
