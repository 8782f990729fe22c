"""What contributors who give at once get from our own page: waits for an answer, lost or doubled pictures, memory.

    python -m benchmarks.contribute_load [--people 200] [--uploads 2000] [--minutes 10] [--side 1600]

A campaign of its own, in a folder that goes away afterwards, has one crowd, and the page runs as `silverprint
contribute up` runs it. All people are there at once, each by an invite and an address of their own; the moments at
which their pictures begin are drawn evenly over `--minutes` (0: all at once, and each person gives the next picture
when the last is answered). A picture is a JPEG, `--side` pixels wide, that looks like no other. Prints JSON. `broken`
counts connections that broke, after which the upload goes on. `answer_*` are seconds from the moment at which an upload
was to begin to its answer, over loopback, so a wait for one's own picture before counts; `lost` were acknowledged and
are not in the inbox, `twice` arrived more than once; `memory_mb` are what the server's process holds after each tenth
of the uploads. The clients run on the server's processors.
"""

import argparse
import asyncio
import hashlib
import json
import os
import random
import re
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from tests.conftest import copy_project
from tests.e2e.harness import free_port
from tests.helpers.album import jpeg
from tests.helpers.crowd import LOOPBACK, add_crowd, serving

from silverprint import layout
from silverprint.adapters.contribute import inbox, invites
from silverprint.adapters.contribute.invites import Invite
from silverprint.adapters.contribute.serve import ADDRESS

_PATCHES = 8  # on each side of a picture
_PATIENCE_S = 600.0


@dataclass(frozen=True)
class Load:
    people: int
    uploads: int
    took_s: float
    taken: int
    refused: dict[str, int]  # answers that were no picture taken, by what they say
    broken: int
    lost: int
    twice: int
    answer_p50_s: float
    answer_p95_s: float
    answer_max_s: float
    memory_mb: list[int]


@dataclass
class Seen:
    """What the people met."""

    thanked: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)
    broken: int = 0
    waits: list[float] = field(default_factory=list)
    memory_mb: list[int] = field(default_factory=list)


def picture(seed: int, side: int) -> bytes:
    """A JPEG of coloured patches, 4:3, that looks like no other seed's."""
    patches = np.random.default_rng(seed).integers(0, 256, (_PATCHES, _PATCHES, 3), dtype=np.uint8)
    return jpeg(Image.fromarray(patches).resize((side, side * 3 // 4), Image.Resampling.NEAREST))


class Person:
    """A contributor with the page's script: one picture after the other, each in one piece."""

    def __init__(self, url: str, number: int) -> None:
        headers = {"X-Forwarded-For": f"198.51.{number // 250}.{number % 250 + 1}"}
        self._http = httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_S, headers=headers, verify=False)  # noqa: S501
        self._url, self._form = url, ""

    async def agree(self) -> None:
        shown = (await self._http.get(self._url)).text
        said = {"language": "en", "agreement": _found(r'name="agreement" value="(\w+)"', shown)}
        await self._http.post(f"{self._url}/agree", data=said | {"license": "yes", "consent": "yes"})
        shown = (await self._http.get(self._url)).text
        self._form = _found(r'name="form" value="(\w+)"', shown)

    async def give(self, seed: int, data: bytes, seen: Seen) -> dict[str, Any]:
        """Where the connection breaks, asks how far it got and goes on, as the page's script does."""
        upload, form = f"{self._url}/uploads/{seed:032x}", {"X-Form": self._form}
        said: dict[str, Any] = {"offset": 0}
        while "offset" in said:
            headers = form | {"Upload-Offset": str(said["offset"]), "Upload-Length": str(len(data))}
            try:
                answer = await self._http.put(upload, content=data[said["offset"] :], headers=headers)
            except httpx.TransportError:
                seen.broken += 1
                answer = await self._http.get(upload, headers=form)
            if answer.status_code not in (200, 409):
                return {"reason": f"HTTP {answer.status_code}"}
            said = dict(answer.json())
        return said

    async def work(self, moments: list[tuple[float, int]], side: int, seen: Seen, notes: "Notes") -> None:
        """Gives the picture of each seed at its moment of the clock, or once the one before is answered."""
        for moment, seed in moments:
            data = picture(seed, side)
            await asyncio.sleep(max(0.0, moment - time.monotonic()))
            since = moment or time.monotonic()
            said = await self.give(seed, data, seen)
            seen.waits.append(time.monotonic() - since)
            if said.get("state") == "taken":
                seen.thanked.add(hashlib.sha256(data).hexdigest())
            else:
                seen.refused[said.get("reason") or said.get("message") or "?"] += 1
            notes.note(seen)

    async def close(self) -> None:
        await self._http.aclose()


class Notes:
    """Notes the server's memory after each tenth of the uploads."""

    def __init__(self, process: int, uploads: int) -> None:
        self._process, self._every = process, max(1, uploads // 10)

    def note(self, seen: Seen) -> None:
        if len(seen.waits) % self._every == 0:
            pages = int(Path(f"/proc/{self._process}/statm").read_text().split()[1])
            seen.memory_mb.append(pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000)


async def crowd(url: str, process: int, people: int, uploads: int, minutes: float, side: int) -> tuple[Seen, float]:
    """Has everybody give at once; what they met, and in how many seconds."""
    signer, chance, seen = invites.signer(), random.Random(7), Seen()
    keys = [Invite(invites.new_key(), "crowd", "birds", uploads, 2**33) for _ in range(people)]
    there = [Person(f"{url}/i/{signer.invite(key)}", number) for number, key in enumerate(keys)]
    try:
        await asyncio.gather(*(person.agree() for person in there))
        began, notes = time.monotonic(), Notes(process, uploads)
        drawn = [began + 60 * minutes * chance.random() if minutes else 0.0 for _ in range(uploads)]
        mine = [sorted((drawn[seed], seed) for seed in range(number, uploads, people)) for number in range(people)]
        await asyncio.gather(*(one.work(moments, side, seen, notes) for one, moments in zip(there, mine, strict=True)))
        return seen, time.monotonic() - began
    finally:
        await asyncio.gather(*(person.close() for person in there))


def measure(people: int, uploads: int, minutes: float, side: int) -> Load:
    """In the campaign that is here, which gets a crowd."""
    add_crowd({"wanted": 10 * uploads, "per_person": uploads})
    port = free_port()
    os.environ[ADDRESS] = f"{LOOPBACK}:{port}"  # so that the addresses that a proxy forwards are believed
    try:
        with serving(port) as process:
            seen, took = asyncio.run(crowd(f"{LOOPBACK}:{port}", process.pid, people, uploads, minutes, side))
    finally:
        del os.environ[ADDRESS]
    kept = {one.image_id for one in inbox.waiting("crowd")}
    events = (json.loads(line) for line in (layout.inbox("crowd") / "journal").read_bytes().splitlines())
    arrived = Counter(event["image_id"] for event in events if event["event"] == "arrived")
    p50, p95, most = np.quantile(seen.waits, (0.5, 0.95, 1.0))
    return Load(
        people=people,
        uploads=uploads,
        took_s=round(took, 1),
        taken=len(seen.thanked),
        refused=dict(seen.refused),
        broken=seen.broken,
        lost=len(seen.thanked - kept),
        twice=sum(count > 1 for count in arrived.values()),
        answer_p50_s=round(float(p50), 2),
        answer_p95_s=round(float(p95), 2),
        answer_max_s=round(float(most), 2),
        memory_mb=seen.memory_mb,
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("people", 200), ("uploads", 2000), ("side", 1600)):
        arguments.add_argument(f"--{name}", type=int, default=default)
    arguments.add_argument("--minutes", type=float, default=10.0)
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy_project(Path(folder))
        os.chdir(folder)
        found = measure(wanted.people, wanted.uploads, wanted.minutes, wanted.side)
        os.chdir("/")
    print(json.dumps({"minutes": wanted.minutes, "side": wanted.side, **asdict(found)}))


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"the page lacks {pattern}: {text[:300]}")
    return match[1]


if __name__ == "__main__":
    main()
