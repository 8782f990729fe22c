"""A tiny web site over real HTTP, on a free port of loopback, that keeps a record of what was asked of it."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

SITE_FILES = ("/robots.txt", "/.well-known/tdmrep.json", "/ai.txt")  # asked of each host first, in this order


@dataclass
class Reply:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0
    claimed_length: int | None = None  # when it is not the body's
    raw: Callable[[BinaryIO], object] | None = None  # writes the whole reply itself, status line and all


@dataclass
class Site:
    """`replies` may be changed while it serves; `asked` has (path, headers) of every request."""

    replies: dict[str, Reply | Callable[[str], Reply]]
    address: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def host(self) -> str:
        return self.address.partition("://")[2]

    def count(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)


@contextmanager
def serving(
    replies: dict[str, Reply | Callable[[str], Reply]],
    host: str = "127.0.0.1",
    port: int = 0,
    certificate: Path | None = None,
) -> Iterator[Site]:
    """Serves `replies`, over TLS where there is a `certificate` (with its key, PEM)."""
    site = Site(replies)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.asked.append((self.path, dict(self.headers)))
            path = self.path.partition("?")[0]
            folder = path[: path.rfind("/") + 1]  # a reply at `/folder/` is for all in it
            whole = site.replies.get(folder) if folder != "/" else None
            found = site.replies.get(path) or whole or Reply(b"not here", 404)
            reply = found(self.path) if callable(found) else found
            time.sleep(reply.wait_s)
            if reply.raw is not None:
                reply.raw(self.wfile)
                self.close_connection = True
                return
            tag = reply.headers.get("ETag")
            fresh = tag is not None and self.headers.get("If-None-Match") == tag
            self.send_response(304 if fresh else reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            body = b"" if fresh else reply.body
            self.send_header("Content-Length", str(len(body) if reply.claimed_length is None else reply.claimed_length))
            self.end_headers()
            self.wfile.write(body)
            if reply.claimed_length is not None:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # a client that was killed, or gave up waiting

    server = Server((host, port), Handler)
    site.address = f"http://{host}:{server.server_port}"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        site.address = f"https://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def html(body: str, head: str = "") -> Reply:
    text = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return Reply(text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def picture(body: bytes, **headers: str) -> Reply:
    return Reply(body, headers={"Content-Type": "image/jpeg", "ETag": f'"{hash(body)}"', **headers})


def photo(src: str, more: str = "", head: str = "") -> Reply:
    return html(f'<img class="photo" src="{src}">{more}', head)
