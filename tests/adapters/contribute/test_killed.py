"""A server that is killed in the middle of its work loses nothing that somebody was thanked for."""

import hashlib
import json
import random
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest

from silverprint import layout
from silverprint.adapters.contribute import inbox
from silverprint.adapters.contribute.invites import Invite, new_key, signer
from tests.e2e.harness import free_port
from tests.helpers.crowd import LOOPBACK, add_crowd, found, pattern, serving

PEOPLE = 4


class Giver(threading.Thread):
    """Gives one picture after the other until the server is gone."""

    def __init__(self, url: str, seeds: range) -> None:
        super().__init__()
        self._url, self._seeds = url, seeds
        self.thanked: list[str] = []

    def run(self) -> None:
        with httpx.Client(trust_env=False, timeout=60, follow_redirects=True) as client:
            try:
                digest = found(r'name="agreement" value="(\w+)"', client.get(self._url).text)
                said = {"language": "en", "agreement": digest, "license": "yes", "consent": "yes"}
                form = found(r'name="form" value="(\w+)"', client.post(f"{self._url}/agree", data=said).text)
                for seed in self._seeds:
                    data = pattern(seed)
                    headers = {"X-Form": form, "Upload-Offset": "0", "Upload-Length": str(len(data))}
                    answer = client.put(f"{self._url}/uploads/{seed:032x}", content=data, headers=headers)
                    assert answer.json()["state"] == "taken", answer.text
                    self.thanked.append(hashlib.sha256(data).hexdigest())
            except httpx.HTTPError:
                return


@pytest.mark.parametrize("kills", [pytest.param(3, marks=pytest.mark.slow), pytest.param(20, marks=pytest.mark.soak)])
def test_nothing_that_was_acknowledged_is_lost(project: Path, kills: int) -> None:
    add_crowd({"wanted": 10_000, "per_person": 10_000})
    port, chance, thanked = free_port(), random.Random(5), list[str]()
    token = signer().invite(Invite(new_key(), "crowd", "birds", 10_000, 2**33))
    for kill in range(kills):
        with serving(port) as process:
            seeds = [
                range(1_000 * number, 1_000 * number + 999) for number in range(PEOPLE * kill, PEOPLE * (kill + 1))
            ]
            givers = [Giver(f"{LOOPBACK}:{port}/i/{token}", mine) for mine in seeds]
            for giver in givers:
                giver.start()
            enough = chance.randrange(1, 12)
            while sum(len(giver.thanked) for giver in givers) < enough:
                assert any(giver.is_alive() for giver in givers), Path("server.log").read_text()
                givers[0].join(0.01)
            process.kill()
            for giver in givers:
                giver.join()
                thanked += giver.thanked
    kept = {picture.image_id: picture.stored_sha256 for picture in inbox.waiting("crowd")}
    assert set(thanked) <= set(kept)
    folder = layout.inbox("crowd") / "pictures"
    for image_id, stored in kept.items():
        assert hashlib.sha256((folder / image_id).read_bytes()).hexdigest() == stored
    events = [json.loads(line) for line in (layout.inbox("crowd") / "journal").read_bytes().splitlines()]
    arrived = Counter(event["image_id"] for event in events if event["event"] == "arrived")
    assert max(arrived.values()) == 1
