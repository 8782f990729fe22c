"""Uploads in pieces: each says where it belongs, and a sender may ask how far it got.

`PUT` appends a piece at `Upload-Offset` of a file of `Upload-Length` bytes; `GET` tells how far it is. Both answer in
JSON: `offset`, or once the file was looked at `state` (taken, refused), with `picture` or `reason`, and words. What was
received of a piece before the connection broke is kept.
"""

import functools
from contextlib import aclosing

import anyio
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from silverprint.adapters.contribute import bodies
from silverprint.adapters.contribute.inbox import Outcome
from silverprint.adapters.contribute.partial_uploads import MadeRoom, PartialUploads
from silverprint.adapters.contribute.site import Site, Stop, Visit
from silverprint.store.files import disk_errors

_PIECE = 8_000_000  # bytes of one piece at most
_DIGITS = 12


async def upload(request: Request) -> Response:
    """A piece of a file, or the question how far it got."""
    site: Site = request.app.state.site
    visit = await anyio.to_thread.run_sync(site.visit, request)
    pseudonym = visit.require_form(request.headers.get("x-form", ""))
    name = request.path_params["upload"]
    if not PartialUploads.is_name(name):
        raise Stop(404, "no-page")
    if (before := await anyio.to_thread.run_sync(_ended, visit, pseudonym, name)) is not None:
        return await _told(visit, before)
    partial = site.uploads[visit.invite.source]
    if request.method != "PUT":
        return JSONResponse({"offset": partial.size(pseudonym, name)})
    visit.require_giving()
    visit.require_rate()
    if (pseudonym, name) in site.busy:
        raise Stop(429, "elsewhere")
    site.busy.add((pseudonym, name))
    try:
        return await _append(request, visit, pseudonym, name)
    finally:
        site.busy.discard((pseudonym, name))


async def _append(request: Request, visit: Visit, pseudonym: str, name: str) -> Response:
    offset, length = (_number(request, header) for header in ("upload-offset", "upload-length"))
    partial = visit.site.uploads[visit.invite.source]
    if length > visit.inbox.source.max_bytes:
        return await _told(visit, Outcome("", "too-large"))
    there = partial.size(pseudonym, name)
    if there > length:  # it was begun as a larger file: no piece could go on with it
        partial.drop(pseudonym, name)
        there = 0
    if offset != there:
        return JSONResponse({"offset": there}, 409)
    with disk_errors(visit.inbox.folder), partial.open(pseudonym, name) as file:
        async with aclosing(bodies.pieces(request, min(_PIECE, length - offset))) as body:
            async for piece in body:
                file.write(piece)
                offset += len(piece)
    if offset < length:
        return JSONResponse({"offset": offset})
    try:
        outcome = await visit.site.receive(visit, functools.partial(partial.read, pseudonym, name), name)
    except MadeRoom:
        return JSONResponse({"offset": 0}, 409)
    partial.drop(pseudonym, name)
    return await _told(visit, outcome)


def _ended(visit: Visit, pseudonym: str, name: str) -> Outcome | None:
    """What became of an upload that was looked at already."""
    if (reason := visit.site.refusals.get((pseudonym, name))) is not None:
        return Outcome("", reason)
    with visit.inbox.standing() as standing:
        image_id = standing.uploads.get((pseudonym, name))
    return None if image_id is None else Outcome(image_id, None)


async def _told(visit: Visit, outcome: Outcome) -> Response:
    counts = await anyio.to_thread.run_sync(visit.counts)
    if outcome.reason is None:
        return JSONResponse({"state": "taken", "picture": outcome.image_id} | counts)
    words = visit.t["reasons"][outcome.reason]
    return JSONResponse({"state": "refused", "reason": outcome.reason, "words": words} | counts)


def _number(request: Request, header: str) -> int:
    said = request.headers.get(header, "")
    if not (said.isascii() and said.isdigit() and len(said) <= _DIGITS):
        raise Stop(400, "bad-request")
    return int(said)
