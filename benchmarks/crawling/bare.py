"""A download loop that only discards the bytes: the same client library, settings and number of requests at once."""

import asyncio
from pathlib import Path

import aiohttp

from benchmarks.crawling.common import AT_ONCE, addresses, timed


def work(address: str, pictures: int, folder: Path) -> None:
    asyncio.run(_download(addresses(address, pictures)))


async def _download(urls: list[str]) -> None:
    waiting = iter(urls)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        read_bufsize=2**18,
    )

    async def worker() -> None:
        for url in waiting:
            async with session.get(url) as response:
                assert response.status == 200
                async for _ in response.content.iter_any():
                    pass

    async with session:
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    timed(work)
