"""Sample site over real HTTP, on loopback: a small shop with the defects of the web in it."""

import asyncio
import hashlib
import json
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from aiohttp import ETag, web

from silverprint.console import say
from silverprint.demo import build, defects, shop_pages
from silverprint.demo.plan import Page
from silverprint.errors import UnavailableError

HOST: Final = "127.0.0.1"
ROBOTS: Final = "User-agent: *\nDisallow: /private/\n"
TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif"}
_FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Site:
    pages: tuple[Page, ...]  # by number, from 1
    bodies: dict[str, bytes]  # by the picture's address


def load(path: Path = build.SITE) -> Site:
    """The site as built.

    Raises:
        UnavailableError: it was not built, or its file is broken.
    """
    try:
        with ZipFile(path) as archive:
            index = json.loads(archive.read(build.INDEX))
            bodies = {name: archive.read(name) for name in archive.namelist() if name != build.INDEX}
    except (FileNotFoundError, BadZipFile, KeyError, ValueError):
        remedy = "run: python -m silverprint.demo build"
        raise UnavailableError(str(path), "the sample site is not there or not whole", remedy) from None
    return Site(tuple(Page(**page) for page in index["pages"]), bodies)


def name(pid: int) -> str:
    """What the site of the process `pid` calls itself in the Server header: which of several shops answers."""
    return f"silverprint-demo/{pid}"


def serve(port: int) -> None:
    """Serves the site until it is stopped; port 0 takes a free one. Says the address once it listens.

    Raises:
        UnavailableError: the site was not built, or the port is taken.
    """
    site = load()
    listener = _listen(port)
    say(f"sample site: http://{HOST}:{listener.getsockname()[1]}/ ({len(site.pages)} products); Ctrl-C stops it")
    web.run_app(application(site), sock=listener, print=None, access_log=None, shutdown_timeout=1)


def application(site: Site) -> web.Application:
    pictures = {page.picture: page for page in site.pages}

    async def listing(request: web.Request) -> web.StreamResponse:
        number = int(request.match_info.get("number", "1"))
        if not 1 <= number <= shop_pages.listings(site.pages):
            raise web.HTTPNotFound
        return _answer(request, shop_pages.listing(site.pages, number).encode(), "text/html", _FIRST_DAY)

    async def product(request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        if not 1 <= number <= len(site.pages):
            raise web.HTTPNotFound
        html = shop_pages.product(site.pages[number - 1], f"http://{request.host}")
        return _answer(request, html.encode(), "text/html", _changed(number))

    async def picture(request: web.Request) -> web.StreamResponse:
        address = request.path.removeprefix("/")
        page = pictures.get(address)
        if page is None and address in site.bodies:  # no page shows it: a list may know of it
            return _answer(request, site.bodies[address], TYPES[Path(address).suffix], _FIRST_DAY)
        if page is None or page.kind == "http-404":
            raise web.HTTPNotFound
        if page.kind == "http-500":
            raise web.HTTPInternalServerError
        if page.kind == "redirect-loop":
            turn = "b" if request.query.get("turn") == "a" else "a"
            raise web.HTTPFound(f"{request.path}?turn={turn}")
        if page.kind == "slow":
            await asyncio.sleep(defects.SLOW_S)
        kind = TYPES[Path(page.picture).suffix]
        response = _answer(request, site.bodies[page.picture], kind, _changed(page.number))
        if page.kind == "x-robots-tag":
            response.headers["X-Robots-Tag"] = "noai, noimageai"
        return response

    async def about(request: web.Request) -> web.StreamResponse:
        return _answer(request, shop_pages.about().encode(), "text/html", _FIRST_DAY)

    async def robots(request: web.Request) -> web.StreamResponse:
        return _answer(request, ROBOTS.encode(), "text/plain", _FIRST_DAY)

    async def sign(request: web.Request, response: web.StreamResponse) -> None:
        response.headers["Server"] = name(os.getpid())

    app = web.Application()
    app.on_response_prepare.append(sign)
    app.router.add_get("/", listing)
    app.router.add_get(r"/page/{number:\d+}", listing)
    app.router.add_get(r"/product/{number:\d{5}}", product)
    app.router.add_get("/photos/{name}", picture)
    app.router.add_get("/private/{name}", picture)
    app.router.add_get("/about", about)
    app.router.add_get("/robots.txt", robots)
    return app


def _changed(number: int) -> datetime:
    return _FIRST_DAY + timedelta(minutes=number)


def _answer(request: web.Request, body: bytes, kind: str, changed: datetime) -> web.Response:
    """The body, or 304 where the client has it: by ETag if it names one, else by date (RFC 9110, 13.2.2)."""
    tag = hashlib.sha256(body).hexdigest()[:20]
    if request.if_none_match is not None:
        fresh = any(known.value in (tag, "*") for known in request.if_none_match)
    else:
        fresh = request.if_modified_since is not None and request.if_modified_since >= changed
    response = web.Response(status=304) if fresh else web.Response(body=body, content_type=kind)
    if kind.startswith("text/") and not fresh:
        response.charset = "utf-8"
    response.etag = ETag(tag)
    response.last_modified = changed
    return response


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError):
        listener.close()
        rule = "the sample site cannot listen there: another program does, or the port is not yours to take"
        raise UnavailableError(f"{HOST}:{port}", rule, "free it, or choose another --port") from None
    return listener
