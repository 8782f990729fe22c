"""A site on loopback that does as little as a server can: pictures of 57 KB made beforehand, and pages that show them.

`python -m benchmarks.crawling.server` prints its address. Every second picture carries a camera's EXIF, so
that it must be stripped. 50 are encoded; the others differ from these in the pixel density of their JFIF header, which
changes no pixel and outlives stripping: each has bytes, and stored bytes, of its own.
"""

import asyncio
import time
from io import BytesIO

import numpy as np
from PIL import Image

PER_PAGE = 50
_BASES = 50
_DENSITY = slice(14, 18)  # of a JFIF header, behind SOI


def encoded(number: int) -> bytes:
    chance = np.random.default_rng(number)
    small = Image.fromarray(chance.integers(0, 256, (60, 80, 3), dtype=np.uint8)).resize((640, 480))
    pixels = np.clip(np.asarray(small) + chance.normal(0, 6, (480, 640, 1)), 0, 255).astype(np.uint8)
    exif = Image.Exif()
    if number % 2:
        exif[0x010F], exif[0x0110] = "ACME", "Camera of the benchmark"
        exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=60, dpi=(72, 72), exif=exif.tobytes() if number % 2 else b"")
    return buffer.getvalue()


class FirstRequest:
    """When the first picture was asked for since the last `take`, in seconds of CLOCK_MONOTONIC."""

    def __init__(self) -> None:
        self._at: float | None = None

    def note(self) -> None:
        self._at = self._at or time.monotonic()

    def take(self) -> bytes:
        at, self._at = self._at, None
        return str(at).encode()


class Pictures:
    """`Pictures()[n]` is the n-th picture's file."""

    def __init__(self) -> None:
        self._bases = [encoded(number) for number in range(_BASES)]

    def __getitem__(self, number: int) -> bytes:
        base = self._bases[number % _BASES]
        return base[: _DENSITY.start] + (number + 1).to_bytes(4) + base[_DENSITY.stop :]


def page(path: str) -> bytes | None:
    """The HTML at `/of/PICTURES/` (links to the pages of so many) or `/of/PICTURES/n` (PER_PAGE of them)."""
    _, _, said = path.partition("/of/")
    pictures, _, number = said.partition("/")
    if not pictures:
        return None
    if number:
        first = int(number) * PER_PAGE
        shown = range(first, min(first + PER_PAGE, int(pictures)))
        return "".join(f'<img class="photo" src="/img/{picture}.jpg">' for picture in shown).encode()
    pages = range(-(-int(pictures) // PER_PAGE))
    return "".join(f'<a class="page" href="/of/{pictures}/{page}">{page}</a>' for page in pages).encode()


class Connection(asyncio.Protocol):
    def __init__(self, site: Pictures, first: FirstRequest) -> None:
        self._site, self._first, self._heard = site, first, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            request, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._reply(request.split(b" ", 2)[1].decode())

    def _reply(self, path: str) -> None:
        kind, status, body = "text/html", "200 OK", page(path)
        if path.startswith("/img/"):
            self._first.note()
            kind, body = "image/jpeg", self._site[int(path[5:-4])]
        elif path == "/first":
            body = self._first.take()
        elif body is None:
            status, body = "404 Not Found", b""
        tag = f'ETag: "{path}"\r\n' if kind == "image/jpeg" else ""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{tag}Content-Length: {len(body)}\r\n\r\n"
        self._transport.writelines([head.encode(), body])


async def serve() -> None:
    site, first, loop = Pictures(), FirstRequest(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(site, first), "127.0.0.1", 0, backlog=1_024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
