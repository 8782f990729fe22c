"""Simulated contributors at the page of `silverprint contribute`: each opens an invite, agrees, and gives pictures.

What arrives is the page's alone to judge: some of it is too small, blurred, broken, or was given before.
"""

import json
import re
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from silverprint import config, contribute_page, layout
from silverprint.adapters.contribute import inbox, invites
from silverprint.commands import contribute
from silverprint.console import say
from silverprint.demo import CONTRIBUTORS, FROM_A_PHONE, WITHOUT_A_SCRIPT
from silverprint.demo.build import GIVEN
from silverprint.errors import UnavailableError
from silverprint.store import files

SOURCE: Final = "crowd"
INVITES: Final = layout.DEMO / "invites.json"  # contributor -> the invite's link, without the address; who is done
QUOTA: Final = 60
DAYS: Final = 1
_A_FORM: Final = 20  # files that a form without a script takes
_PHONE: Final = "Mozilla/5.0 (Linux; Android 16; Mobile) Demo/1.0"


def contribute_all() -> None:
    """Has everybody give by the page, unless they did so in an earlier run; the page is up as long as they do.

    Raises:
        UnavailableError: the page does not come up, or answers otherwise than it should; nothing was built.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that the page goes down with us
    known = _invites()
    if known["done"]:
        say("the contributors have given their pictures")
        return
    with _page() as address:
        for name in CONTRIBUTORS:
            visit = Visit(address, known["links"][name], name)
            say(f"{name}: {visit.give(sorted((GIVEN / name).glob('*')))}")
    files.write_text(INVITES, json.dumps(known | {"done": True}))


def unknown_contributors() -> list[str]:
    """Pseudonyms of those who gave pictures to the sample campaign and are none of its simulated people."""
    people = inbox.read_standing(SOURCE).contributors.values()
    if not people or not INVITES.exists():
        return sorted(person.pseudonym for person in people)
    signer, links = invites.signer(), json.loads(INVITES.read_text(encoding="utf-8"))["links"]
    ours = {invite.key for token in links.values() if (invite := signer.read_invite(token)) is not None}
    return sorted(person.pseudonym for person in people if person.invite not in ours)


def _invites() -> dict[str, Any]:
    """The invites of an earlier run that did not come to its end, else new ones."""
    if not INVITES.exists():
        signer, until = invites.signer(), int(time.time()) + DAYS * 86_400
        theme = contribute_page.theme_of(config.load(), SOURCE, None)
        made = {name: invites.Invite(invites.new_key(), SOURCE, theme, QUOTA, until) for name in CONTRIBUTORS}
        links = {name: signer.invite(invite) for name, invite in made.items()}
        files.write_text(INVITES, json.dumps({"links": links, "done": False}))
    found: dict[str, Any] = json.loads(INVITES.read_text(encoding="utf-8"))
    return found


@contextmanager
def _page() -> Iterator[str]:
    contribute.up(config.load())
    try:
        yield contribute_page.address()
    finally:
        contribute.down()


class Visit:
    """One contributor before the page: from a phone, from a computer, or without a script.

    Args:
        address: where the page is.
        link: the invite's own part.
        name: who it is.
    """

    def __init__(self, address: str, link: str, name: str) -> None:
        agent = {"User-Agent": _PHONE} if name == FROM_A_PHONE else {}
        self._client = httpx.Client(base_url=address, headers=agent, timeout=60)
        self._base, self._name = f"/i/{link}", name

    def give(self, pictures: list[Path]) -> str:
        """Agrees and gives; what became of the files, in words.

        Raises:
            UnavailableError: the page answers otherwise than it should.
        """
        with self._client:
            form = self._agree()
            if self._name == WITHOUT_A_SCRIPT:
                became = self._send(form, pictures)
            else:
                became = Counter(self._upload(form, one) for one in pictures)
            if self._name == FROM_A_PHONE:
                became["taken back"] += self._take_back(form)
        return ", ".join(f"{number} {what}" for what, number in became.most_common())

    def _agree(self) -> str:
        digest = _found(r'name="agreement" value="(\w+)"', self._ask("GET", self._base).text)
        ticked = {"language": "en", "agreement": digest, "license": "yes", "consent": "yes"}
        self._ask("POST", f"{self._base}/agree", data=ticked)
        return _found(r'name="form" value="(\w+)"', self._ask("GET", self._base).text)

    def _upload(self, form: str, path: Path) -> str:
        body = path.read_bytes()
        said = {"X-Form": form, "Upload-Offset": "0", "Upload-Length": str(len(body))}
        url = f"{self._base}/uploads/{secrets.token_hex(16)}"
        answer = self._ask("PUT", url, content=body, headers=said).json()
        return str(answer.get("reason", answer["state"]))

    def _send(self, form: str, pictures: list[Path]) -> Counter[str]:
        became = Counter[str]()
        for at in range(0, len(pictures), _A_FORM):
            parts = [("files", (one.name, one.read_bytes(), "image/jpeg")) for one in pictures[at : at + _A_FORM]]
            shown = self._ask("POST", f"{self._base}/pictures", data={"form": form, "language": "en"}, files=parts).text
            became.update(re.findall(r'<li class="(taken|refused)"', shown))
        return became

    def _take_back(self, form: str) -> int:
        picture = _found(r'name="picture" value="(\w+)"', self._ask("GET", self._base).text)
        self._ask("POST", f"{self._base}/take-back", data={"form": form, "picture": picture})
        return 1

    def _ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **what)
        except httpx.TransportError as error:
            raise UnavailableError(path, f"the contributors' page broke off ({error})", _REMEDY) from None
        if answer.status_code >= 400:
            raise UnavailableError(path, f"the contributors' page answers {answer.status_code}", _REMEDY)
        return answer


_REMEDY: Final = f"see {contribute_page.SERVICE.log}"


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise UnavailableError("the contributors' page", f"does not have {pattern}", _REMEDY)
    return match[1]
