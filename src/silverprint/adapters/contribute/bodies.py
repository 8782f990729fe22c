"""Bodies of requests: bounded in bytes, in parts and in time, read piece by piece."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

IDLE_S: Final = 20.0  # without any byte
WHOLE_S: Final = 300.0
FORM_BYTES: Final = 20_000  # of a form without files
MOST_PARTS: Final = 60  # fields of a form without files
MOST_FILE_PARTS: Final = 300  # of one with files: more than are taken, so that each of the others is told
FIELD_BYTES: Final = 2_000
FRAMING: Final = 50_000  # bytes of a form with files beside its files
_STEP: Final = 64_000  # bytes that the decoder is given at once
_BUFFER: Final = 4 * _STEP  # bytes that may wait in it, as for the end of a part's head


class Refused(Exception):  # noqa: N818 (an answer, not a fault)
    """A body that is not read on. `status` is HTTP's; `why`: too-large, too-slow, broken-off or bad-request."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


async def pieces(
    request: Request, most: int, idle_s: float = IDLE_S, whole_s: float = WHOLE_S
) -> AsyncGenerator[bytes, None]:
    """The body as it comes, of at most `most` bytes.

    Raises:
        Refused: it is larger, comes too slowly, or breaks off.
    """
    stated = request.headers.get("content-length", "0")
    if not (stated.isascii() and stated.isdigit()) or len(stated) > 15:
        raise Refused(400, "bad-request")
    if int(stated) > most:
        raise Refused(413, "too-large")
    read, loop = 0, asyncio.get_running_loop()
    end = loop.time() + whole_s
    while True:
        try:
            async with asyncio.timeout(max(0.0, min(idle_s, end - loop.time()))):
                message = await request.receive()
        except TimeoutError:
            raise Refused(408, "too-slow") from None
        if loop.time() >= end:
            raise Refused(408, "too-slow")
        if message["type"] != "http.request":
            raise Refused(400, "broken-off")
        piece = message.get("body", b"")
        read += len(piece)
        if read > most:
            raise Refused(413, "too-large")
        yield piece
        if not message.get("more_body", False):
            return


async def form(request: Request) -> dict[str, str]:
    """The fields of a form without files; of several of one name the last.

    Raises:
        Refused: as `pieces`, or it is no such form.
    """
    body = b"".join([piece async for piece in pieces(request, FORM_BYTES)])
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=bool(body), max_num_fields=MOST_PARTS)
    except ValueError:  # no UTF-8, too many fields, no fields
        raise Refused(400, "bad-request") from None
    return {name: values[-1][:FIELD_BYTES] for name, values in found.items()}


async def files(request: Request, most: int, most_files: int) -> AsyncIterator[tuple[str, bytes | None]]:
    """The parts of a form with files, one at a time: a field as its name and value, a file as "" and its bytes.

    A file of more than `most` bytes has None in their place. Of its name nothing is kept. An empty part, which a
    browser sends where nothing was chosen, is left out.

    Raises:
        Refused: as `pieces`, or it is no such form, or has more parts or larger fields than ours.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not 1 <= len(boundary) <= 200 or not boundary.isascii():
        raise Refused(400, "bad-request")
    decoder = MultipartDecoder(boundary.encode(), max_form_memory_size=_BUFFER, max_parts=MOST_FILE_PARTS)
    part = _Part(most)
    async with aclosing(pieces(request, most * most_files + FRAMING)) as body:
        async for piece in body:
            for at in range(0, len(piece), _STEP):
                for done in _decoded(decoder, piece[at : at + _STEP], part):
                    yield done
    for done in _decoded(decoder, None, part):
        yield done


def _decoded(decoder: MultipartDecoder, piece: bytes | None, part: "_Part") -> list[tuple[str, bytes | None]]:
    """The parts that end within `piece`, or with the form where it is None."""
    found = []
    try:
        decoder.receive_data(piece)
        while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
            done = part.take(event)
            if done is not None:
                found.append(done)
    except (ValueError, RequestEntityTooLarge):
        raise Refused(400, "bad-request") from None
    return found


class _Part:
    """The part of a form that is being read."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._name, self._limit, self._data, self._is_over = "", most, bytearray(), False

    def take(self, event: object) -> tuple[str, bytes | None] | None:
        """The whole part, where it ends with this event."""
        if isinstance(event, Field | File):
            is_file = isinstance(event, File)
            self._name, self._limit = ("", self._most) if is_file else (event.name or "?", FIELD_BYTES)
            self._data, self._is_over = bytearray(), False
        elif isinstance(event, Data):
            self._is_over = self._is_over or len(self._data) + len(event.data) > self._limit
            if self._is_over:
                self._data = bytearray()
            else:
                self._data += event.data
            if not event.more_data and (self._is_over or self._data):
                return self._name, None if self._is_over else bytes(self._data)
        return None
