"""Application: routes, what every answer carries, and who may ask for it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from silverprint import page_rules
from silverprint.adapters.browse import data, pages
from silverprint.adapters.browse.site import Site, Stop
from silverprint.errors import SilverprintError
from silverprint.page_rules import LOOPBACK, READING

_SCRIPTS: Final = ("browse.js", "map.js", "written.js")
_STATIC: Final = dict.fromkeys(_SCRIPTS, "text/javascript") | {"browse.css": "text/css"}
_HEADERS: Final = page_rules.headers(b"no-referrer")  # the first address holds the key


def build(site: Site, cookie: str, ready: Callable[[], None] = lambda: None) -> Starlette:
    """The application.

    Args:
        cookie: name of the cookie with the site's key; a port has its own, for browsers send a host's to all ports.
        ready: called once it can be asked.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        ready()
        yield

    routes = [
        Route("/", pages.browse),
        Route("/favicon.ico", page_rules.no_icon),
        Route("/static/{name}", _static),
        Route("/api/pool", data.pool),
        Route("/api/points", data.points),
        Route("/api/codes/{facet}", data.codes),
        Route("/api/view", data.look, methods=["POST"]),
        Route("/api/numbers", data.numbers, methods=["POST"]),
        Route("/api/pictures/{number:int}", data.picture),
        Route("/pictures/{size}/{number:int}", data.jpeg),
        Route("/confirm", pages.confirm, methods=["POST"]),
        Route("/write", pages.write, methods=["POST"]),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, site=site, cookie=cookie),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK), www_redirect=False),
        ],
        exception_handlers={Stop: _stopped, SilverprintError: _failed, HTTPException: _no_page, 500: _trouble},
        lifespan=lifespan,
    )
    app.state.site = site
    return app


class Guard:
    """Rules for every request: headers of its answer, the key, and that no other site's page asks."""

    def __init__(self, app: ASGIApp, site: Site, cookie: str) -> None:
        self._app, self._site, self._cookie = app, site, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        refused = self._refused(Request(scope))
        await (self._app if refused is None else refused)(scope, receive, page_rules.carrying(send, _HEADERS))

    def _refused(self, request: Request) -> Response | None:
        """The answer to who may not ask; None for who may."""
        said = request.query_params.get("key")
        if request.url.path == "/" and said is not None and self._site.is_key(said):
            response = RedirectResponse("/", 303)
            response.set_cookie(self._cookie, self._site.key, httponly=True, samesite="strict")
            return response
        if request.method not in READING and page_rules.is_of_another_site(request):
            return answer(request, 403, "Another site's page may not ask for this.")
        if not self._site.is_key(request.cookies.get(self._cookie, "")):
            return answer(request, 403, "Open the address that `silverprint browse` printed: it lets your browser in.")
        return None


def answer(request: Request, status: int, words: str) -> Response:
    """An answer of one sentence, for people or for the script."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"message": words}, status)
    return pages.message(words, status)


async def _static(request: Request) -> Response:
    found = page_rules.static("silverprint.adapters.browse", request.path_params["name"], _STATIC)
    if found is None:
        raise Stop(404, "There is no such page.")
    return found


async def _stopped(request: Request, error: Exception) -> Response:
    assert isinstance(error, Stop)  # noqa: S101 (it handles no other)
    return answer(request, error.status, error.words)


async def _failed(request: Request, error: Exception) -> Response:
    return answer(request, 409, str(error))


async def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return answer(request, error.status_code, "There is no such page.")


async def _trouble(request: Request, _: Exception) -> Response:
    return answer(request, 500, "Something went wrong here; the terminal says what.")
