"""Data for the page's script: facets, points of the map, tiles of a view, one picture."""

from typing import Any, Final

import anyio
import numpy as np
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from silverprint.adapters.browse import bodies, facets, view
from silverprint.adapters.browse.pictures import SIDES
from silverprint.adapters.browse.site import MOST_SELECTED, Site, Stop
from silverprint.adapters.browse.view import Wanted

NOWHERE: Final = 65_535  # on the map: no features
_LAST: Final = 65_534
_LOOKING: Final = anyio.CapacityLimiter(4)  # views at a time: each reads the whole pool
_DRAWING: Final = anyio.CapacityLimiter(4)  # pictures that are decoded at a time


def site_of(request: Request) -> Site:
    """What all requests share."""
    site: Site = request.app.state.site
    return site


def pool(request: Request) -> Response:
    """What the page is made of: the pool's size, facets with their values, suspicions, orders."""
    site = site_of(request)
    total, kept = site.counted()
    shown = {
        name: {
            "words": facet.words,
            "without": facet.without,
            "values": list(zip(site.values[name].names, site.values[name].counts, strict=True)),
            "none": site.values[name].without,
        }
        for name, facet in facets.FACETS.items()
    }
    return JSONResponse(
        {
            "pictures": site.pool.rows.height,
            "total": total,
            "kept": kept,
            "facets": shown,
            "suspicions": {name: words for name, (words, _) in facets.SUSPICIONS.items()},
            "orders": {name: words for name, (words, _) in view.ORDERS.items()},
            "page": view.PAGE,
            "most": MOST_SELECTED,
            "words": site.pool.described is not None,
            "map": bool(np.isfinite(site.pool.coordinates).any()),
        }
    )


def points(request: Request) -> Response:
    """Places on the map: x and y of each picture as 16 bits each, least significant byte first; NOWHERE without one."""
    site = site_of(request)
    places = site.pool.coordinates
    scaled = np.where(np.isnan(places), NOWHERE, np.nan_to_num(places) * _LAST).astype("<u2")
    scaled[~site.there()] = NOWHERE
    return Response(scaled.tobytes(), media_type="application/octet-stream")


def codes(request: Request) -> Response:
    """A facet's value of each picture, one byte each: its place in the list, from 1; 0 without one."""
    site, name = site_of(request), request.path_params["facet"]
    if name not in facets.FACETS:
        raise Stop(404, "There is no such facet.")
    return Response(site.values[name].codes.tobytes(), media_type="application/octet-stream")


async def look(request: Request) -> Response:
    """A page of a view; with the first page also a bit for each picture of the pool, whether the view has it."""
    site, wanted = site_of(request), await _wanted(request)
    return JSONResponse(await anyio.to_thread.run_sync(_look, site, wanted, limiter=_LOOKING))


def _look(site: Site, wanted: Wanted) -> dict[str, Any]:
    found, similarity = site.found(wanted)
    shown = found[wanted.offset : wanted.offset + view.PAGE].tolist()
    answer: dict[str, Any] = {"total": len(found), "tiles": site.tiles(shown, similarity)}
    if wanted.offset == 0:
        bits = np.zeros(site.pool.rows.height, dtype=np.bool_)
        bits[found] = True
        answer["matched"] = np.packbits(bits, bitorder="little").tobytes().hex()
    return answer


async def numbers(request: Request) -> Response:
    """The numbers of the first MOST_SELECTED pictures of a view."""
    site, wanted = site_of(request), await _wanted(request)
    found, _ = await anyio.to_thread.run_sync(site.found, wanted, limiter=_LOOKING)
    return JSONResponse({"numbers": found[:MOST_SELECTED].tolist(), "total": len(found)})


def picture(request: Request) -> Response:
    """All that is known of one picture."""
    site, number = site_of(request), request.path_params["number"]
    site.require([number])
    return JSONResponse(site.told(number) | site.tiles([number])[0])


async def jpeg(request: Request) -> Response:
    """A picture in one of the sizes."""
    site, size, number = site_of(request), request.path_params["size"], request.path_params["number"]
    if size not in SIDES:
        raise Stop(404, "There is no such size.")
    [image_id] = site.require([number])
    if site.is_withheld(number):
        raise Stop(403, "A detector found a person in this picture: it is not shown.")
    made = await anyio.to_thread.run_sync(site.pictures.jpeg, image_id, size, limiter=_DRAWING)
    if made is None:
        raise Stop(404, "This picture does not decode any more.")
    return Response(made, media_type="image/jpeg")


async def _wanted(request: Request) -> Wanted:
    if not site_of(request).is_form(request.headers.get("x-form", "")):
        raise Stop(403, "Only this page's own script may ask for this: open the page anew.")
    try:
        return Wanted.model_validate_json(await bodies.read(request, 60_000))
    except ValidationError:
        raise Stop(400, "The request is none that this page makes.") from None
