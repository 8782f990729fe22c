"""Malformed replies that aiohttp's parser refuses: `python -m tests.adapters.crawl.aiohttp_alone` counts them.

The C parser, or with AIOHTTP_NO_EXTENSIONS=1 the one in Python. Of the cases in `hostile` it asks for those whose
picture is stored, and that the server answers itself.
"""

import asyncio

import aiohttp
from aiohttp.http_parser import HttpResponseParser
from yarl import URL

from tests.helpers import hostile_site as hostile
from tests.helpers.hostile_site import CASES, STORED, address
from tests.helpers.tinysite import serving

LIMIT = 65_536  # bytes


async def refused(site: str, names: list[str]) -> list[str]:
    limits = {"max_line_size": LIMIT, "max_field_size": LIMIT, "max_headers": LIMIT // 2}
    found = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(30), auto_decompress=False, **limits) as session:
        for name in names:
            try:
                async with session.get(URL(address(site, name), encoded=True)) as response:
                    await response.read()
            except aiohttp.ClientError:
                found.append(name)
    return found


if __name__ == "__main__":
    asked = [name for name, case in CASES.items() if case.reply is not None and case.outcome == STORED]
    with serving(hostile.replies()) as server:
        names = asyncio.run(refused(server.address, asked))
    print(HttpResponseParser.__module__, f"refuses {len(names)} of {len(asked)}:", *names)  # noqa: T201
