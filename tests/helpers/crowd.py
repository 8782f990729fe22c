"""A crowd in a project of its own, and people who give by its application without any socket."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image
from starlette.applications import Starlette

from silverprint import config, yamltext
from silverprint.adapters.background_server import answers
from silverprint.adapters.contribute import app, labelling
from silverprint.adapters.contribute.invites import Invite, Signer, new_key, signer
from silverprint.adapters.contribute.site import Site
from silverprint.dvcfiles import yaml_edit
from tests.helpers.album import jpeg

THEME: dict[str, Any] = {
    "title": {"en": "Birds in your garden", "de": "Vögel in Ihrem Garten"},
    "instructions": {"en": "One bird, seen whole.", "de": "Ein Vogel, ganz zu sehen."},
    "license": "CC-BY-4.0",
    "license_words": {"en": "I made these pictures.", "de": "Ich habe diese Bilder gemacht."},
    "consent": {"en": "No people are to be seen.", "de": "Keine Menschen sind zu sehen."},
    "wanted": 20,
    "per_person": 12,
}
LOOPBACK = "http://127.0.0.1"


def add_crowd(theme: dict[str, Any] | None = None, **knobs: Any) -> None:
    """Adds the source `crowd` with the theme `birds` to the params.yaml that is here."""
    path = Path("params.yaml")
    entry = {"kind": "crowd", "revision": 1, "themes": {"birds": THEME | (theme or {})}} | knobs
    path.write_text(yaml_edit.put(yamltext.read(path), ("sources", "crowd"), entry), encoding="utf-8")


@dataclass
class Crowd:
    """The application, and what people need to come to it."""

    site: Site
    app: Starlette
    runner: asyncio.Runner

    def link(self, quota: int = 100, theme: str = "birds", until: int | None = None) -> str:
        """An invite's token."""
        end = int(time.time()) + 3600 if until is None else until
        return self.site.signer.invite(Invite(new_key(), "crowd", theme, quota, end))

    def person(self, token: str | None = None, address: str = "203.0.113.7") -> "Person":
        return Person(self, token or self.link(), address)


@contextmanager
def running(
    keys: Signer | None = None, per_second: float = 1_000.0, desk: labelling.Desk | None = None
) -> Iterator[Crowd]:
    """The application of the campaign that is here."""
    site = Site(config.load(), keys or signer(), per_second=per_second)
    try:
        with asyncio.Runner() as runner:
            yield Crowd(site, app.build(site, desk=desk), runner)
    finally:
        site.close()


class Person:
    """A browser without a script, or with our own."""

    def __init__(self, crowd: Crowd, token: str, address: str) -> None:
        self.crowd, self.base, self.address = crowd, f"/i/{token}", address
        self.cookies = httpx.Cookies()
        self.form = ""

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.crowd.app, raise_app_exceptions=False, client=(self.address, 40_000))
            async with httpx.AsyncClient(transport=transport, base_url=LOOPBACK, cookies=self.cookies) as client:
                answer = await client.request(method, path, **options)
                self.cookies = client.cookies
                return answer

        return self.crowd.runner.run(send())

    def get(self, path: str = "", **options: Any) -> httpx.Response:
        return self.ask("GET", self.base + path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("POST", self.base + path, **options)

    def agree(self, agent: str | None = None, **changed: str) -> "Person":
        """Ticks both and begins, with a browser that says it is `agent`."""
        shown = self.get().text
        digest = found(r'name="agreement" value="([0-9a-f]{64})"', shown)
        said = {"language": "en", "agreement": digest, "license": "yes", "consent": "yes"} | changed
        answer = self.post("/agree", data=said, headers={} if agent is None else {"User-Agent": agent})
        assert answer.status_code == 303, answer.text
        self.form = found(r'name="form" value="([0-9a-f]{64})"', self.get().text)
        return self

    def put(self, data: bytes, upload: str, offset: int = 0, length: int | None = None) -> httpx.Response:
        """A piece of an upload."""
        headers = {"X-Form": self.form, "Upload-Offset": str(offset)}
        headers["Upload-Length"] = str(len(data) if length is None else length)
        return self.ask("PUT", f"{self.base}/uploads/{upload}", content=data, headers=headers)

    def give(self, data: bytes) -> dict[str, Any]:
        """A whole file in one piece; what became of it."""
        answer = self.put(data, new_key() + new_key() + new_key() + "00")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def send(self, *files: bytes) -> httpx.Response:
        """Files by the form without a script."""
        parts = [("files", (f"<script>{number}</script>.jpg", data, "image/jpeg")) for number, data in enumerate(files)]
        return self.post("/pictures", data={"form": self.form, "language": "en"}, files=parts)


def pattern(seed: int) -> bytes:
    """A JPEG of coloured patches that looks like no other seed's."""
    patches = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return jpeg(Image.fromarray(patches).resize((160, 160), Image.Resampling.NEAREST))


@contextmanager
def serving(port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """The pages' own process in the campaign that is here, once it answers; killed at the end."""
    command = [sys.executable, "-m", "silverprint.recruiting.serve", str(port)]
    with Path("server.log").open("ab") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            while not answers(f"{LOOPBACK}:{port}/health"):
                assert process.poll() is None, Path("server.log").read_text()
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def found(pattern: str, text: str) -> str:
    """What the pattern's group holds."""
    match = re.search(pattern, text)
    assert match is not None, text
    return match[1]
