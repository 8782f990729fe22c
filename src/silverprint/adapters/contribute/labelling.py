"""Page of a participant who labels: how many answers are asked and given, the way to the pictures, the completion code.

The answers are counted where they are given, never by what the participant says. The page keeps nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from silverprint.adapters.contribute import pages
from silverprint.adapters.contribute.invites import Labelling
from silverprint.adapters.contribute.site import Stop, language_of
from silverprint.adapters.contribute.texts import LANGUAGES, texts
from silverprint.console import say
from silverprint.errors import SilverprintError, UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """What one participant was asked and has answered.

    Attributes:
        question, instructions: what people read, as params.yaml has it.
        asked: answers that are asked of one participant.
        given: pictures that they answered about.
        left: pictures that are still to be answered, and not by them so far.
    """

    question: str
    instructions: str
    asked: int
    given: int
    left: int

    @property
    def is_done(self) -> bool:
        """Whether all answers are given, or as many as there were."""
        return self.given >= self.asked or (self.given > 0 and not self.left)


class Desk(Protocol):
    """Who hands out pictures to label. Both raise SilverprintError where the pictures are not reached."""

    def batch(self, invite: Labelling) -> Batch:
        """How far a participant is, at most some seconds ago."""
        ...

    def let_in(self, invite: Labelling) -> str:
        """An address, good once and for a short time, that leads the participant to the pictures.

        Raises:
            UsageError: nothing is asked any more, or this participant is let in no more.
        """
        ...


async def landing(request: Request) -> Response:
    """The page; it has the completion code as soon as the answers are given, also once the invite is over."""
    invite, desk = _visit(request)
    batch = await _reached(request, desk.batch, invite)
    if not batch.is_done:
        _require_open(invite)
    language, signer = language_of(request), pages.site_of(request).signer
    facts = {
        "t": texts(language),
        "language": language,
        "languages": LANGUAGES,
        "names": pages.language_names(),
        "base": f"/l/{request.path_params['token']}",
        "batch": batch,
        "code": signer.completion(invite.completes) if batch.is_done else None,
    }
    return pages.rendered("labelling.html", facts)


async def begin(request: Request) -> Response:
    """Signs the participant in where the pictures are."""
    invite, desk = _visit(request)
    _require_open(invite)
    return RedirectResponse(await _reached(request, desk.let_in, invite), 303)


def _visit(request: Request) -> tuple[Labelling, Desk]:
    site, desk = pages.site_of(request), request.app.state.desk
    invite = site.signer.read_labelling(request.path_params["token"])
    if invite is None or desk is None:
        raise Stop(404, "no-invite")
    if not site.invites.allows(invite.key):
        raise Stop(429, "too-fast")
    return invite, desk


def _require_open(invite: Labelling) -> None:
    """
    Raises:
        Stop: the invite is over.
    """
    if invite.is_over():
        raise Stop(410, "over")


async def _reached(request: Request, ask: Callable[[Labelling], T], invite: Labelling) -> T:
    """What the desk says. Few ask at a time: while it is slow, whoever gives pictures waits for nobody.

    Raises:
        Stop: nothing is asked, or it is not reached; why, is for the lead and not for a stranger.
    """
    try:
        return await anyio.to_thread.run_sync(ask, invite, limiter=pages.site_of(request).labelling)
    except UsageError:
        raise Stop(410, "labelled") from None
    except SilverprintError as error:
        say(f"a participant was not let in: {error}")
        raise Stop(503, "no-labelling") from None
