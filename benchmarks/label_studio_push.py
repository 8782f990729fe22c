"""What asking a whole round costs beside Label Studio's own calls: its first push, and a pull of its answers.

    python -m benchmarks.label_studio_push [--pictures 5000] [--overlap 2] [--prelabelled]

A server of its own, made in a folder that goes away afterwards, is asked about a round by `silverprint annotate`, which
copies the pictures, lists what is there, makes the tasks and ends; a second run pulls the answers that one person has
given to all of them since (they are put into the server's database; `--overlap 2`, so that the round stays open).
Beside these: one bare request that imports the same tasks with an overlap of 1, and one bare export of the answers.
`serve_s` is the part of the first run that went into the pictures' copies. Prints JSON; times are of the wall, in
seconds.
"""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
from tests.helpers import studio_machine

from benchmarks.own_studio import own_studio
from silverprint import layout
from silverprint.adapters.labelstudio import Studio, credentials, label_config, own_database
from silverprint.annotation_backend import Page, Project
from silverprint.campaign import served_copies

CAMPAIGN, CLASSES = "push", ("coat", "dress", "bag")
_ANSWERS = (
    "INSERT INTO task_completion (result, created_at, updated_at, task_id, project_id, completed_by_id, updated_by_id,"
    " lead_time, was_cancelled, ground_truth, result_count, bulk_created, unique_id)"
    " SELECT ?1, datetime('now'), datetime('now'), id, project_id, ?2, ?2, 1.5, 0, 0, 1, 0,"
    " lower(hex(randomblob(16))) FROM task WHERE project_id = ?3"
)
_COUNT = "UPDATE task SET total_annotations = 1 WHERE project_id = ?"


def bare_import(http: httpx.Client, backend: Studio, pictures: int) -> float:
    """Seconds of one request that imports the round's tasks, with an overlap of 1, into a project of its own."""
    page = Page("Which garment is this?", "Choose one.", CLASSES)
    project = backend.open(CAMPAIGN, "bare", "crowd", "a" * 64, "bare", page)
    names = [studio_machine.picture_id(number) for number in range(pictures)]
    address = backend.image_url(layout.SERVING / CAMPAIGN / "r01" / "one.jpg")
    body = [{"data": {"image": address.replace("one", name), "image_id": name}} for name in names]
    since = time.monotonic()
    http.post(f"/api/projects/{project.id}/import", json=body).raise_for_status()
    took = time.monotonic() - since
    backend.delete_project(project)
    return took


def bare_export(http: httpx.Client, project: Project) -> float:
    since = time.monotonic()
    http.get(f"/api/projects/{project.id}/export", params={"exportType": "JSON"}).raise_for_status()
    return time.monotonic() - since


def answer(project: Project, user: int) -> None:
    """One answer of `user` to each task, past the API: one by one they would take minutes."""
    result = json.dumps(label_config.result("coat"))
    with closing(sqlite3.connect(own_database.path(), timeout=30)) as database, database:
        database.execute(_ANSWERS, (result, user, project.id))
        database.execute(_COUNT, (project.id,))


@contextmanager
def timed_copies() -> Iterator[list[float]]:
    """What `served_copies.fill` takes within the block, each time."""
    took: list[float] = []
    fill = served_copies.fill

    def timed(*arguments: object) -> None:
        since = time.monotonic()
        fill(*arguments)  # type: ignore[arg-type]
        took.append(time.monotonic() - since)

    served_copies.fill = timed  # type: ignore[assignment]
    try:
        yield took
    finally:
        served_copies.fill = fill


def measure(folder: Path, pictures: int, overlap: int, prelabelled: bool) -> dict[str, float]:
    """Seconds by name; each is also said as soon as it is known."""
    found: dict[str, float] = {}

    def note(name: str, seconds: float) -> None:
        found[name] = round(seconds, 2)
        print(name, found[name], file=sys.stderr, flush=True)

    def run(name: str, code: int) -> None:
        since = time.monotonic()
        machine.expect(code)
        note(name, time.monotonic() - since)

    backend, access = Studio.connect(), credentials.find()
    serving = layout.SERVING.resolve()
    checkout = folder / "checkout"
    checkout.mkdir()
    machine = studio_machine.make(checkout, backend, serving, access.token, CAMPAIGN, [overlap] * pictures)
    if prelabelled:
        machine.prelabel("coat")
    headers = {"Authorization": f"Token {access.token}"}
    with httpx.Client(base_url=access.url, timeout=600, trust_env=False, headers=headers) as http:
        note("bare_import_s", bare_import(http, backend, pictures))
        with timed_copies() as copies:
            run("first_run_s", 75)
        note("serve_s", sum(copies))
        run("run_without_news_s", 75)
        (project,) = backend.find_all(CAMPAIGN, studio_machine.ROUND)
        assert {task.overlap for task in backend.tasks(project)} == {overlap}
        answer(project, int(http.get("/api/current-user/whoami").json()["id"]))
        note("bare_export_s", bare_export(http, project))
        since = time.monotonic()
        backend.annotations(project)
        note("pull_s", time.monotonic() - since)
        run("run_with_pull_s", 75 if overlap > 1 else 0)
        assert machine.votes().height == pictures
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pictures", type=int, default=5000)
    arguments.add_argument("--overlap", type=int, default=2)
    arguments.add_argument("--prelabelled", action="store_true")
    wanted = arguments.parse_args()
    with own_studio() as folder:
        found = measure(folder, wanted.pictures, wanted.overlap, wanted.prelabelled)
    print(json.dumps({"pictures": wanted.pictures, "overlap": wanted.overlap, **found}))


if __name__ == "__main__":
    main()
