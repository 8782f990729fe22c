"""A machine with small campaigns of one user, whose commands run in this process, and a Label Studio in memory."""

import fcntl
import json
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import pytest

from silverprint import annotation_registry, cli, config, layout
from silverprint.adapters import background_server
from silverprint.campaign import annotator_ledger, round_state
from silverprint.commands import studio
from silverprint.errors import UnavailableError
from silverprint.store import server_home, server_users
from silverprint.store.server_home import STUDIO
from tests.helpers.memory_backend import MemoryBackend
from tests.helpers.model_pictures import jpeg, label

PEOPLE = ("ada", "bo", "cyn")
CLASSES = ("dress", "bag")
_TIMES = (
    "at",
    "since",
    "asked_at",
    "created_at",
    "fetched_at",
    "said_at",
    "annotation_id",
)  # what another run has otherwise
_HASHES = ("votes_sha256", "asks_sha256", "early_asks_sha256", "settled")  # of files with such columns


def photographs(count: int, skipped: int) -> dict[str, bytes]:
    """Pictures of both classes by the path that says which."""
    tiles = [tile for tile in range(1000) if label(tile) in CLASSES][skipped : skipped + count]
    return {f"{label(tile)}/{tile}.jpg": jpeg(tile) for tile in tiles}


@dataclass
class Machine:
    """
    Attributes:
        codes: what each campaign's commands ended with.
    """

    folder: Path
    backend: MemoryBackend = field(default_factory=MemoryBackend)
    codes: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    _read: dict[tuple[str, str], str] = field(default_factory=dict)  # campaign and stage -> digest of its inputs
    _lock: BinaryIO | None = None  # that a running server holds

    def settle(self, templates: Path, names: tuple[str, ...]) -> None:
        """Campaigns as `init` made them, and people whom the server knows already."""
        for name in names:
            shutil.copytree(templates / name, self.folder / name)
            shutil.copytree(templates / f"{name}-photos", self.folder / f"{name}-photos")
            self.codes[name] = []
        more = min(templates.glob("*-photos")) / CLASSES[0]  # the same, whichever campaigns are here
        shutil.copytree(more, self.folder / f"more-{CLASSES[0]}")
        for person in PEOPLE:
            self.backend.invite(f"{person}@silverprint.local", "")

    def type(self, campaign: str, line: str) -> None:
        """A command as somebody types it in a campaign's folder."""
        words = shlex.split(line)
        with self.inside(campaign):
            if words[0] == "answer":
                code = self._answer(campaign, words[1])
            elif words[0] == "repro":
                code = self._repro(campaign)
            else:
                code = cli.main(words)
        self.codes[campaign].append((line, code))

    @contextmanager
    def inside(self, campaign: str) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder / campaign)
            patch.setenv("XDG_DATA_HOME", str(self.folder / "home"))
            patch.setattr(annotation_registry, "connect", self._connect)
            patch.setattr(studio.server, "start", self._start)
            patch.setattr(studio.environment, "ready", lambda: None)
            patch.setattr(background_server, "down", self._stop)
            yield

    def _start(self, _port: int | None) -> None:
        if self._lock is None:
            server_home.make(STUDIO.folder)
            self._lock = (STUDIO.folder / server_home.LOCK).open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def _stop(self, _service: background_server.Service) -> bool:
        was = self._lock is not None
        self.close()
        return was

    def close(self) -> None:
        """Stops the server, if it runs."""
        if self._lock is not None:
            self._lock.close()
        self._lock = None

    def _connect(self, _wanted: str = "") -> MemoryBackend:
        """What `credentials.find` and a look at the server do."""
        user = server_users.this(STUDIO)
        if user is None or not user.is_up or self._lock is None:
            raise UnavailableError(self.backend.url, "it does not answer", "run: silverprint studio up")
        return self.backend

    def _answer(self, campaign: str, name: str) -> int:
        """Somebody answers what their own campaign asks, while it is up and they may."""
        user, person = server_users.this(STUDIO), self.backend.person(f"{name}@silverprint.local")
        if user is None or not user.is_up or annotator_ledger.states().get(person.pseudonym, "active") != "active":
            return 1
        answered, second = 0, _second_class()
        for project in self.backend.projects():
            while project.campaign == campaign and (task := person.next(project)) is not None:
                mistaken = sha256(f"{name} {task['data']['image_id']}".encode()).digest()[0] < 40
                person.answer(task["id"], CLASSES[mistaken != (task["data"]["image_id"] in second)])
                answered += 1
        return -answered

    def _repro(self, campaign: str) -> int:
        """The stages as dvc.yaml connects them, those whose inputs changed; the first that does not end with 0 is the
        last. The gate, the report and the release are left out: they decide nothing here.
        """
        params = config.load()
        lines = ["check", *(f"{stage} {source}" for source in params.sources for stage in ("acquire", "measure"))]
        lines += ["persons", "embed", "clean", "start"]
        for name in params.chain:
            trains = [f"train {name}"] if name != params.last else []
            lines += [f"{stage} {name}" for stage in ("score", "queue", "annotate", "labels")] + trains
        for line in lines:
            read = _inputs()
            if self._read.get((campaign, line)) == read and not line.startswith("annotate"):
                continue
            if code := cli.main(shlex.split(line)):
                return code
            self._read[campaign, line] = read
        return 0


def _inputs() -> str:
    """A digest of what people and commands decided in the campaign that is here."""
    whole = sha256(layout.PARAMS.read_bytes())
    for path in sorted(
        [*Path("data").glob("*.csv"), *layout.ROUNDS.glob("*/*.csv"), *layout.ROUNDS.glob("*/state.json")]
    ):
        whole.update(f"{path} {path.read_bytes().hex()}".encode())
    return whole.hexdigest()


@cache
def _second_class() -> frozenset[str]:
    """The image_ids of its first pictures."""
    tiles = [tile for tile in range(1000) if label(tile) == CLASSES[1]]
    return frozenset(sha256(jpeg(tile)).hexdigest() for tile in tiles)


def made(folder: Path, name: str, count: int, skipped: int) -> None:
    """A campaign by `init`, small."""
    for path, body in photographs(count, skipped).items():
        (folder / f"{name}-photos" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}-photos" / path).write_bytes(body)
    line = f"init {name} --classes {','.join(CLASSES)} --question 'Which?' --people 2 --folder {name}-photos"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "a")
            patch.setenv(f"GIT_{who}_EMAIL", "a@localhost")
        assert cli.main(shlex.split(line)) == 0
    params = folder / name / layout.PARAMS
    text = params.read_text().replace(str(folder), "..")
    for old, new in (
        ("executor: processes", "executor: serial"), ("size: 128 ", "size: 64 "), ("members: 5", "members: 2"),
        ("size: 150", "size: 4"), ("budget: 100", "budget: 6"), ("omega: auto", "omega: none"),
    ):  # fmt: skip
        text = text.replace(old, new)
    params.write_text(text)


def ended(folder: Path) -> dict[str, Any]:
    """What a campaign's folder says in the end, without times, numbers that a server gives, and its place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        files = (layout.PARAMS, layout.PIPELINE)
        found: dict[str, Any] = {str(path): path.read_text().replace(str(folder.parent), "..") for path in files}
        for path in sorted(Path("data").rglob("*.csv")):
            rows = pl.read_csv(path, infer_schema=False)
            kept = rows.drop(_TIMES, strict=False)
            found[str(path)] = kept.columns, sorted(map(str, kept.rows()))
        for path in sorted([*Path("data").glob("rounds/*/*/*.parquet"), *Path("data").glob("clean/*.parquet")]):
            rows = pl.read_parquet(path).drop(_TIMES, strict=False)
            found[str(path)] = rows.columns, sorted(map(str, rows.rows()))
        for state in round_state.every():
            hashes = {name: getattr(state, name) is not None for name in _HASHES}
            found[state.round] = {**json.loads(layout.state(state.round).read_text()), **hashes, "projects": None}
        found["served"] = sorted(str(path) for path in layout.SERVING.rglob("*.jpg"))
    return found
