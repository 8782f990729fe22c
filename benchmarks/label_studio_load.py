"""What people who label at once get from our own Label Studio: surplus answers, locked databases, waits for a picture.

    python -m benchmarks.label_studio_load [--people 8] [--pictures 40] [--overlap 2] [--seconds 120]
        [--bare | --elsewhere]

A server of its own, made in a folder that goes away afterwards, has one project. Each person signs in, and asks for a
picture, fetches it and answers, without a pause, until they are served none or the seconds are over. The database is
SQLite, or the empty PostgreSQL that STUDIO_DATABASE_URL names. `--bare` serves
Label Studio as it comes: its own WSGI application, with eight threads that write beside each other. `--elsewhere` is
the server that LABEL_STUDIO_URL names, and var/serving of this folder what SILVERPRINT_MEDIA_URL shows. Prints JSON. An
answer is a surplus one where its picture has as many as were asked without it; `failed` are answers of the server of
500 and above, after which the person tries again; `locked` counts "database is locked" in its log. Times are of the
wall, in seconds.
"""

import argparse
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field

import httpx
import numpy as np
from PIL import Image

from benchmarks.own_studio import own_studio
from silverprint import layout
from silverprint.adapters.labelstudio import Studio, label_config, local_server
from silverprint.annotation_backend import AnnotationBackend, Page, Project, Task
from silverprint.commands import people
from silverprint.store.server_home import STUDIO

CAMPAIGN, CLASSES = "load", ("coat", "dress", "bag")
REST_S = 0.2  # after an answer of 500: an impatient person
TRIES = 50  # failures of one person in a row, after which they give up


@dataclass(frozen=True)
class Load:
    people: int
    pictures: int
    answers: int
    surplus: int
    most: int  # answers of one picture
    failed: int
    locked: int
    answers_per_s: float
    next_p50_s: float
    next_p95_s: float


@dataclass
class Person:
    """Somebody before the labelling page; what they met is noted."""

    http: httpx.Client
    waits: list[float] = field(default_factory=list)
    failed: int = 0

    def work(self, project: int, end: float) -> None:
        failures = 0
        while time.monotonic() < end and failures < TRIES:
            since = time.monotonic()
            served = self.http.get(f"/api/projects/{project}/next")
            if served.status_code == 404:
                return
            failures += 1
            if self._took(served):
                self.waits.append(time.monotonic() - since)
                task = served.json()
                self.http.get(task["data"]["image"]).raise_for_status()
                body = {"result": label_config.result("coat"), "lead_time": 1.0}
                if self._took(self.http.post(f"/api/tasks/{task['id']}/annotations/", json=body)):
                    failures = 0

    def _took(self, answer: httpx.Response) -> bool:
        if answer.status_code >= 500:
            self.failed += 1
            time.sleep(REST_S)
            return False
        answer.raise_for_status()
        return True


def sign_in(url: str, name: str) -> Person:
    """The person whose account `silverprint people invite` wrote down; close their client."""
    account = json.loads((layout.PEOPLE / f"{name}.json").read_text())
    http = httpx.Client(base_url=url, timeout=300, trust_env=False)
    http.get("/user/login/").raise_for_status()
    form = {"csrfmiddlewaretoken": http.cookies["csrftoken"], **account}
    if not http.post("/user/login/", data=form, headers={"Referer": url}).is_redirect:
        raise SystemExit(f"{name} cannot sign in")
    http.headers.update({"X-CSRFToken": http.cookies["csrftoken"], "Referer": url})
    return Person(http)


def ask(backend: AnnotationBackend, pictures: int, overlap: int) -> Project:
    """A project that asks `overlap` people about each of so many pictures, which look alike."""
    page = Page("Which garment is this?", "Choose one.", CLASSES)
    project = backend.open(CAMPAIGN, "r01", "crowd", "a" * 64, "load", page)
    folder = layout.SERVING / CAMPAIGN
    folder.mkdir(parents=True, exist_ok=True)
    backend.share(project, folder)
    Image.effect_noise((384, 384), 60).save(folder / "one.jpg")
    address = backend.image_url(folder / "one.jpg")
    backend.push(project, [Task.single(f"{number:064x}", address, overlap) for number in range(pictures)])
    return project


def crowd(backend: AnnotationBackend, names: Sequence[str], pictures: int, overlap: int, seconds: float) -> Load:
    """Has `names`, who have accounts, answer at once, and counts."""
    project, log = ask(backend, pictures, overlap), STUDIO.folder / "log"
    there, written = [sign_in(backend.url, name) for name in names], log.stat().st_size if log.exists() else 0
    try:
        began = time.monotonic()
        ready = threading.Barrier(len(there))
        with ThreadPoolExecutor(len(there)) as pool:

            def one(person: Person) -> None:
                ready.wait(60)
                person.work(project.id, began + seconds)

            for worked in [pool.submit(one, person) for person in there]:
                worked.result()
        took = time.monotonic() - began
    finally:
        for person in there:
            person.http.close()
    given = Counter(annotation.image_id for annotation in backend.annotations(project))
    locked = log.read_bytes()[written:].count(b"database is locked") if log.exists() else 0
    p50, p95 = np.quantile([wait for person in there for wait in person.waits], (0.5, 0.95))
    return Load(
        people=len(names),
        pictures=pictures,
        answers=given.total(),
        surplus=sum(max(count - overlap, 0) for count in given.values()),
        most=max(given.values(), default=0),
        failed=sum(person.failed for person in there),
        locked=locked,
        answers_per_s=round(given.total() / took, 2),
        next_p50_s=round(float(p50), 2),
        next_p95_s=round(float(p95), 2),
    )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("people", 8), ("pictures", 40), ("overlap", 2), ("seconds", 120)):
        arguments.add_argument(f"--{name}", type=int, default=default)
    for name in ("bare", "elsewhere"):
        arguments.add_argument(f"--{name}", action="store_true")
    wanted = arguments.parse_args()
    if wanted.bare:
        local_server.APPLICATION = "core.wsgi:application"  # type: ignore[misc]
    names = [f"person-{number}" for number in range(wanted.people)]
    with nullcontext() if wanted.elsewhere else own_studio():
        people.invite(names)
        found = crowd(Studio.connect(), names, wanted.pictures, wanted.overlap, wanted.seconds)
    print(json.dumps({"bare": wanted.bare, "elsewhere": wanted.elsewhere, **asdict(found)}))


if __name__ == "__main__":
    main()
