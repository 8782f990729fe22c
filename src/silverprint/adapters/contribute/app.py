"""Application: routes, what every answer carries, and what becomes of a request that cannot be served."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from silverprint import page_rules
from silverprint.adapters.contribute import labelling, pages
from silverprint.adapters.contribute.bodies import Refused
from silverprint.adapters.contribute.labelling import Desk
from silverprint.adapters.contribute.site import Site, Stop, language_of
from silverprint.adapters.contribute.texts import texts
from silverprint.adapters.contribute.uploads import upload
from silverprint.errors import DiskError
from silverprint.page_rules import LOOPBACK, READING

_STATIC: Final = {"contribute.js": "text/javascript", "contribute.css": "text/css"}
_HEADERS: Final = page_rules.headers(b"same-origin")  # the address holds the invite; without any, forms say no origin


def build(site: Site, hosts: tuple[str, ...] = LOOPBACK, desk: Desk | None = None) -> Starlette:
    """The application; it closes the site's inboxes when it ends.

    Args:
        desk: who hands out pictures to label; without it nobody labels.
        hosts: names under which it is asked for; any other is refused.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        site.close()

    routes = [
        Route("/health", _health),
        Route("/favicon.ico", page_rules.no_icon),
        Route("/static/{name}", _static),
        Route("/s/{token}", pages.enter),
        Route("/l/{token}", labelling.landing),
        Route("/l/{token}/begin", labelling.begin),
        Route("/i/{token}", pages.landing),
        Route("/i/{token}/agree", pages.agree, methods=["POST"]),
        Route("/i/{token}/pictures", pages.give, methods=["POST"]),
        *(Route(f"/i/{{token}}/{name}", pages.back) for name in ("agree", "pictures", "take-back")),
        Route("/i/{token}/take-back", pages.take_back, methods=["POST"]),
        Route("/i/{token}/done", pages.done),
        Route("/i/{token}/previews/{image_id}", pages.preview),
        Route("/i/{token}/examples/{kind}/{place:int}", pages.example),
        Route("/i/{token}/uploads/{upload}", upload, methods=["GET", "PUT"]),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Guard, site=site),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
        ],
        exception_handlers=_HANDLERS,
        lifespan=lifespan,
    )
    app.state.site, app.state.desk = site, desk
    return app


class Guard:
    """Rules for every request: headers of its answer, a rate, and that no other site's page changes a thing here."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        request, send = Request(scope), page_rules.carrying(send, _HEADERS)
        sender = request.client.host if request.client else ""
        if not self._site.addresses.allows(sender):
            await answer(request, 429, "too-fast")(scope, receive, send)
        elif (
            "transfer-encoding" in request.headers
        ):  # no browser sends it, and reading a chunk for each byte takes long
            refused = answer(request, 411, "bad-request")
            refused.headers["connection"] = "close"
            await refused(scope, receive, send)
        elif request.method not in READING and page_rules.is_of_another_site(request):
            await answer(request, 403, "other-site")(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def answer(request: Request, status: int, name: str) -> Response:
    """An answer of one sentence, for people or for the script."""
    language = language_of(request)
    if "/uploads/" in request.url.path:
        return JSONResponse({"message": name, "words": texts(language)["messages"][name]}, status)
    parts = request.url.path.split("/")
    back = "/".join(parts[:3]) if parts[1:2] == ["i"] and len(parts) > 3 and status not in (404, 410) else None
    return pages.message(language, name, status, back)


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok")


async def _static(request: Request) -> Response:
    found = page_rules.static("silverprint.adapters.contribute", request.path_params["name"], _STATIC)
    if found is None:
        raise Stop(404, "no-page")
    return found


async def _stopped(request: Request, error: Exception) -> Response:
    assert isinstance(error, Stop)  # noqa: S101 (it handles no other)
    return answer(request, error.status, error.message)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101
    return answer(request, error.status, error.why)


async def _full(request: Request, _: Exception) -> Response:
    return answer(request, 507, "disk-full")


async def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return answer(request, error.status_code, "no-page")


async def _trouble(request: Request, _: Exception) -> Response:
    return answer(request, 500, "trouble")


_HANDLERS: Final = {Stop: _stopped, Refused: _refused, DiskError: _full, HTTPException: _no_page, 500: _trouble}
