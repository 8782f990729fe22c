"""Simulated annotator at Label Studio: signs in as people do, answers what is open, waits for more.

Addresses end with a slash: without it Label Studio takes every request through its middleware a second time.
"""

import json
import signal
import threading
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import httpx

from silverprint import layout
from silverprint.adapters.labelstudio import label_config, project_tag, task_data
from silverprint.console import say
from silverprint.demo import CAMPAIGN, truth
from silverprint.demo.personas import PERSONS, Person, decide
from silverprint.errors import DataError, NotAllowedError, UnavailableError

STOP: Final = layout.DEMO / "stop"
POLL_S: Final = 0.5
LAST_POLL_S: Final = 4.0  # pauses double up to this while there is nothing to answer
FIRST_REST_S: Final = 1.0  # before a finished project is asked again: more may have been opened on it
LAST_REST_S: Final = 8.0  # rests double up to this, since every question costs the server
LOOKS: Final = 5  # pictures that are really fetched, to see that they are served


class SignedOutError(Exception):
    """The server does not know us any more."""


@dataclass(frozen=True)
class Rest:
    until: float  # end on the monotonic clock
    length: float  # seconds


@dataclass(frozen=True)
class Account:
    url: str
    email: str
    password: str


def annotate(name: str) -> None:
    """Works as the person `name` until the file var/demo/stop is there, or SIGTERM or Ctrl-C comes.

    Raises:
        UnavailableError: the person was not invited, or the truth was not built.
        NotAllowedError: the account does not open the door.
    """
    account, labels = _account(name), truth.read()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    votes = Desk(PERSONS[name], account, labels, stop).work()
    say(f"{name}: {votes} answers given")


class Desk:
    """One person before the labelling pages."""

    def __init__(self, person: Person, account: Account, labels: dict[str, str], stop: threading.Event) -> None:
        self.person, self.account, self.labels, self.stop = person, account, labels, stop
        self.votes = 0
        self._looked = 0
        self._rests: dict[int, Rest] = {}  # by project

    def work(self) -> int:
        """Answers and waits until a signal to stop; a server that is away is tried again. Returns the answers given."""
        while not self._stopped():
            try:
                with httpx.Client(base_url=self.account.url, timeout=30, follow_redirects=False) as client:
                    self._sign_in(client)
                    self._shift(client)
            except (httpx.TransportError, httpx.HTTPStatusError, SignedOutError):
                self.stop.wait(POLL_S)
        return self.votes

    def _stopped(self) -> bool:
        return self.stop.is_set() or STOP.exists()

    def _shift(self, client: httpx.Client) -> None:
        pause = POLL_S
        while not self._stopped():
            before = self.votes
            for project in self._projects(client):
                while not self._stopped() and self._answer_next(client, project):
                    pass
            pause = POLL_S if self.votes > before else min(2 * pause, LAST_POLL_S)
            self.stop.wait(pause)

    def _sign_in(self, client: httpx.Client) -> None:
        client.get("/user/login/").raise_for_status()
        form = {
            "csrfmiddlewaretoken": client.cookies.get("csrftoken") or "",
            "email": self.account.email,
            "password": self.account.password,
        }
        answer = client.post("/user/login/", data=form, headers={"Referer": f"{self.account.url}/user/login/"})
        if answer.status_code in (200, 401, 403):  # the form again, instead of a redirect into the house
            rule = f"{self.account.url} does not let this person in"
            remedy = f"remove var/people/{self.person.name}.json, then: silverprint people invite {self.person.name}"
            raise NotAllowedError(self.account.email, rule, remedy)
        if not answer.is_redirect:
            answer.raise_for_status()

    def _projects(self, client: httpx.Client) -> list[int]:
        """The sample campaign's projects that are not resting, the newest first; real people answer the others."""
        asked = client.get("/api/projects/", params={"page_size": 1000, "include": "id,description"})
        listed = [project_tag.read(one["id"], "", one.get("description")) for one in _checked(asked).json()["results"]]
        known = [project.id for project in listed if project and project.campaign == CAMPAIGN]
        now = monotonic()
        return sorted((id_ for id_ in known if id_ not in self._rests or self._rests[id_].until < now), reverse=True)

    def _answer_next(self, client: httpx.Client, project: int) -> bool:
        """Answers the project's next picture; False where it has none for us."""
        response = client.get(f"/api/projects/{project}/next/")
        if response.status_code == 404:
            last = self._rests.get(project)
            length = min(2 * last.length, LAST_REST_S) if last else FIRST_REST_S
            self._rests[project] = Rest(monotonic() + length, length)
            return False
        task = _checked(response).json()
        self._rests.pop(project, None)
        self._look(client, task["data"].get("image", ""))
        result, seconds, count = self._answers(task)
        posted = client.post(
            f"/api/tasks/{task['id']}/annotations/",
            params={"project": project},
            json={"result": result, "lead_time": seconds},
        )
        if posted.status_code != 404:  # the task was withdrawn under our eyes
            _checked(posted)
            self.votes += count
        return True

    def _answers(self, task: dict[str, Any]) -> tuple[list[dict[str, object]], float, int]:
        """The result of a page, the seconds that it took, and how many pictures it has."""
        is_grid, image_ids = task_data.is_page(task["data"]), task_data.places(task["data"])
        result, seconds = list[dict[str, object]](), 0.0
        for number, image_id in enumerate(image_ids):
            place = number if is_grid else None
            shown, shares_page = preselected_class(task, place), len(image_ids) > 1
            answer = decide(self.person, image_id, self.labels.get(image_id), shown, shares_page=shares_page)
            result += label_config.result(answer.choice, place)
            seconds += answer.lead_time_s
        return result, seconds, len(image_ids)

    def _look(self, client: httpx.Client, address: str) -> None:
        """Fetches the first pictures as the page would; says once where one is not served."""
        if self._looked >= LOOKS or not address:
            return
        self._looked += 1
        answer = client.get(address, follow_redirects=True)
        kind = answer.headers.get("content-type", "")
        if not answer.is_success or not kind.startswith("image/"):
            say(f"{self.person.name}: the picture {address} is not served ({answer.status_code}, {kind or 'no type'})")


def preselected_class(task: dict[str, Any], place: int | None = None) -> str | None:
    """The class pre-selected in the page of a task, or in a place of a page that pictures share, if one is."""
    chosen = (label_config.answers(prediction.get("result"), place) for prediction in task.get("predictions") or [])
    return next((choices[0] for choices in chosen if choices), None)


def _checked(response: httpx.Response) -> httpx.Response:
    if response.status_code in (302, 401, 403):
        raise SignedOutError
    return response.raise_for_status()


def _account(name: str) -> Account:
    path = layout.PEOPLE / f"{name}.json"
    remedy = f"run: silverprint people invite {name}"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Account(document["url"].rstrip("/"), document["email"], document["password"])
    except FileNotFoundError:
        raise UnavailableError(str(path), "this person has no account yet", remedy) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        rule = "not an account: it needs url, email and password"
        raise DataError(str(path), rule, f"remove it, then {remedy}") from None
