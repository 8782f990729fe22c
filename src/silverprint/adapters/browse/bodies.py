"""Bodies of requests, bounded in bytes."""

from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from silverprint.adapters.browse.site import MOST_SELECTED, Stop

_FORM: Final = 9 * MOST_SELECTED + 20_000  # bytes: numbers of up to eight digits with commas, and the rest
_FIELDS: Final = 20


async def read(request: Request, most: int) -> bytes:
    """The body, of at most `most` bytes.

    Raises:
        Stop: it is longer.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise Stop(413, f"At most {MOST_SELECTED:,} pictures can be chosen at a time.")
    return bytes(body)


async def form(request: Request) -> dict[str, str]:
    """The fields of a form; of several of one name the last.

    Raises:
        Stop: it is no form of ours.
    """
    body = await read(request, 3 * _FORM)  # a comma may come as %2C
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=_FIELDS)
    except ValueError:
        raise Stop(400, "The request is none that this page makes.") from None
    return {name: values[-1] for name, values in found.items()}
