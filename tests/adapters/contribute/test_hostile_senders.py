"""Strangers who send what they like to the real server, over sockets: each is answered, and nothing of it is served."""

import json
import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from silverprint import layout
from silverprint.adapters.contribute import inbox
from silverprint.adapters.contribute.invites import Invite, new_key, signer
from tests.adapters.contribute.test_hostile_uploads import POLYGLOTS, REFUSED
from tests.e2e.harness import free_port
from tests.helpers.crowd import LOOPBACK, add_crowd, found, pattern, serving

MARK = b"5e1f<script>alert('5e1f')</script>"
SLOW_S = 40  # the server gives up a body after 20 s without a byte


@dataclass(frozen=True)
class Answer:
    """What came back: a status and all bytes; status 0 where the server only closed."""

    status: int
    data: bytes


@dataclass
class Stranger:
    """Somebody who agreed, and from then on sends requests made by hand."""

    port: int
    path: str
    cookie: str
    form: str

    def send(self, head: list[bytes], body: bytes, *, ends: bool = False) -> Answer:
        """Sends a request whose head is written as it stands, and hears the answer; `ends`: breaks off behind it."""
        lines = [*head, b"Host: 127.0.0.1", b"Cookie: " + self.cookie.encode(), b"Connection: close", b"", b""]
        with socket.create_connection(("127.0.0.1", self.port), timeout=SLOW_S) as line:
            try:
                line.sendall(b"\r\n".join(lines) + body)
                if ends:
                    line.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has answered and closed: the answer is there
            data = bytearray()
            try:
                while piece := line.recv(65_536):
                    data += piece
            except ConnectionResetError:
                pass
        return Answer(int(data[9:12]) if data[:5] == b"HTTP/" else 0, bytes(data))

    def put(self, body: bytes, chance: random.Random, **said: object) -> Answer:
        """An upload in one piece, whose head says what `said` has instead of the truth."""
        name = said.get("name", f"{chance.getrandbits(128):032x}")
        facts = {"Upload-Offset": 0, "Upload-Length": len(body), "Content-Length": len(body), "X-Form": self.form}
        facts |= {key: value for key, value in said.items() if key not in ("name", "ends")}
        head = [f"PUT {self.path}/uploads/{name} HTTP/1.1".encode("utf-8", "replace")]
        head += [f"{key}: {value}".encode() for key, value in facts.items()]
        return self.send(head, body, ends=bool(said.get("ends")))

    def post(self, below: str, kind: str, body: bytes) -> Answer:
        head = [f"POST {self.path}/{below} HTTP/1.1".encode(), f"Content-Type: {kind}".encode()]
        return self.send([*head, f"Content-Length: {len(body)}".encode()], body)


def bomb(one: Stranger, chance: random.Random) -> Answer:
    data, _ = chance.choice(list(REFUSED.values()))
    return one.put(data, chance)


def polyglot(one: Stranger, chance: random.Random) -> Answer:
    data = chance.choice([pattern(chance.getrandbits(32)), *POLYGLOTS.values()])
    return one.put(data + MARK * chance.randrange(1, 50), chance)


def name(one: Stranger, chance: random.Random) -> Answer:
    said = chance.choice(["../../x", "%2e%2e%2f" * 5, "a" * 3_000, MARK.decode().replace(" ", ""), "0" * 31 + "\u0663"])
    return one.put(pattern(1), chance, name=said)


def truncated(one: Stranger, chance: random.Random) -> Answer:
    data = pattern(chance.getrandbits(32))
    cut = chance.randrange(len(data))
    return one.put(data[:cut], chance, **{"Content-Length": len(data), "Upload-Length": len(data)}, ends=True)


def slow(one: Stranger, chance: random.Random) -> Answer:
    return one.put(MARK, chance, **{"Content-Length": 5_000, "Upload-Length": 5_000})


def wrong_length(one: Stranger, chance: random.Random) -> Answer:
    said = chance.choice(["-1", "x", "9" * 30, "1e3", "5", "0x10", "", "99999999999"])
    return one.put(pattern(2), chance, **{chance.choice(["Upload-Offset", "Upload-Length", "Content-Length"]): said})


def many_parts(one: Stranger, chance: random.Random) -> Answer:
    part = b'--b\r\nContent-Disposition: form-data; name="' + MARK + b'"\r\n\r\n' + MARK + b"\r\n"
    return one.post("pictures", "multipart/form-data; boundary=b", part * chance.randrange(301, 2_000) + b"--b--\r\n")


def script_in_a_field(one: Stranger, chance: random.Random) -> Answer:
    field = chance.choice(["language", "agreement", "license", "consent", "form", "picture", "files"])
    if chance.random() < 0.5:
        body = f"form={one.form}&".encode() + field.encode() + b"=" + MARK.replace(b" ", b"+") * 3
        return one.post(chance.choice(["agree", "take-back"]), "application/x-www-form-urlencoded", body)
    body = b'--b\r\nContent-Disposition: form-data; name="form"\r\n\r\n' + one.form.encode()
    body += b'\r\n--b\r\nContent-Disposition: form-data; name="' + field.encode() + b'"; filename="' + MARK + b'.jpg"'
    body += b"\r\nContent-Type: text/html;" + MARK + b"\r\n\r\n" + MARK + b"\r\n--b--\r\n"
    return one.post("pictures", "multipart/form-data; boundary=b", body)


# What is sent -> the statuses that may answer it; 0: the sender broke off, and heard nothing.
Kind = Callable[[Stranger, random.Random], Answer]
CLEAR: dict[Kind, tuple[int, ...]] = {
    bomb: (200, 409),  # 409: too many of theirs were open, so that they begin again
    polyglot: (200, 409),
    name: (400, 404),
    truncated: (0, 400),
    wrong_length: (0, 200, 400, 409, 413),
    many_parts: (400,),
    script_in_a_field: (200, 303, 400, 403),
    slow: (408,),
}


@pytest.fixture
def stranger(project: Path) -> Iterator[Stranger]:
    add_crowd({"wanted": 10_000, "per_person": 10_000}, max_bytes=300_000)
    token, port = signer().invite(Invite(new_key(), "crowd", "birds", 10_000, 2**33)), free_port()
    with serving(port), httpx.Client(base_url=f"{LOOPBACK}:{port}", trust_env=False, timeout=60) as client:
        digest = found(r'name="agreement" value="(\w+)"', client.get(f"/i/{token}").text)
        said = {"language": "en", "agreement": digest, "license": "yes", "consent": "yes"}
        client.post(f"/i/{token}/agree", data=said)
        form = found(r'name="form" value="(\w+)"', client.get(f"/i/{token}").text)
        cookie = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
        yield Stranger(port, f"/i/{token}", cookie, form)


def served(one: Stranger) -> Iterator[bytes]:
    """Everything that the pages show whoever sent it."""
    for path in ("", "?language=de", "/done", *(f"/previews/{key}" for key in inbox.read_standing("crowd").pictures)):
        answer = one.send([f"GET {one.path}{path} HTTP/1.1".encode()], b"")
        assert answer.status == 200, path
        yield answer.data.replace(one.path.encode(), b"")


@pytest.mark.parametrize(
    ("kinds", "count"),
    [
        pytest.param([kind for kind in CLEAR if kind is not slow], 28, marks=pytest.mark.slow),
        pytest.param(list(CLEAR), 300, marks=pytest.mark.soak),
    ],
)
def test_whatever_is_sent_is_answered_and_nothing_of_it_is_served(
    stranger: Stranger, kinds: list[Kind], count: int
) -> None:
    def attack(number: int) -> tuple[str, Answer]:
        kind = kinds[number % len(kinds)]
        return kind.__name__, kind(stranger, random.Random(number))

    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(attack, range(count)))
    expected = {kind.__name__: statuses for kind, statuses in CLEAR.items()}
    unclear = Counter((kind, answer.status) for kind, answer in told if answer.status not in expected[kind])
    assert not unclear, Path("server.log").read_text()[-2_000:]
    for kind, answer in told:
        _, _, body = answer.data.partition(b"\r\n\r\n")
        assert body or answer.status in (0, 303), kind
        assert MARK not in answer.data, kind
        if b"application/json" in answer.data and answer.status == 200:
            assert {"state", "offset"} & json.loads(body).keys(), kind
    kept = [path.read_bytes() for path in (layout.inbox("crowd") / "pictures").iterdir()]
    assert len(kept) == len(inbox.waiting("crowd"))
    for data in [*kept, *served(stranger)]:
        assert MARK not in data
        assert b"<script>alert" not in data
    assert stranger.put(pattern(2**33), random.Random(0)).data.endswith(b"}")  # and it goes on
