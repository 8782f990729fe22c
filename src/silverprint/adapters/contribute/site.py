"""Site: what all requests share, and what one of them is about: an invite, its theme, perhaps a contributor."""

from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

import anyio
from starlette.requests import Request

from silverprint.adapters.contribute.examine import examine, warm_up
from silverprint.adapters.contribute.examples import crowds, read_examples
from silverprint.adapters.contribute.inbox import Inbox, Outcome
from silverprint.adapters.contribute.invites import Invite, Signer
from silverprint.adapters.contribute.partial_uploads import PartialUploads
from silverprint.adapters.contribute.rate_limit import RateLimit
from silverprint.adapters.contribute.standing import Standing
from silverprint.adapters.contribute.texts import LANGUAGES, best, texts
from silverprint.config import Params, Theme

_REMEMBERED: Final = 10_000  # refusals, for senders whom the answer did not reach
_AT_ONCE: Final = 3  # pictures that are looked at
_FORMS: Final = 4  # forms with files that are read: each holds one file in memory
_LABELLING: Final = 4  # questions to where pictures are labelled


class Stop(Exception):  # noqa: N818 (an answer, not a fault)
    """A request that goes no further: an HTTP status, and the name of the message that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Site:
    """What all requests share.

    Args:
        params: of the campaign; its crowds are served.
        signer: of invites, sessions and forms.
        secure: whether browsers reach it under https alone.
        per_second: requests from one address, and uploads by one invite; each may come eight times as many at once.

    Raises:
        ConfigError: an example cannot be shown.
        DataError: an inbox is damaged.
        DiskError: an inbox cannot be made.
    """

    def __init__(self, params: Params, signer: Signer, *, secure: bool = False, per_second: float = 50.0) -> None:
        self.params, self.signer, self.secure = params, signer, secure
        warm_up()
        self.examples = read_examples(params)
        with ExitStack() as opened:
            self.inboxes = {
                name: opened.enter_context(Inbox(name, crowd, params.clean.duplicate_radius))
                for name, crowd in crowds(params).items()
            }
            self._open = opened.pop_all()
        self.uploads = {name: PartialUploads(inbox.folder / "uploads") for name, inbox in self.inboxes.items()}
        self.addresses = RateLimit(per_second, int(8 * per_second))
        self.invites = RateLimit(per_second, int(8 * per_second))
        self.refusals: OrderedDict[tuple[str, str], str] = OrderedDict()
        self.busy: set[tuple[str, str]] = set()
        self.forms = anyio.CapacityLimiter(_FORMS)
        self.labelling = anyio.CapacityLimiter(_LABELLING)
        self._looking = anyio.CapacityLimiter(_AT_ONCE)

    def close(self) -> None:
        self._open.close()

    def visit(self, request: Request) -> "Visit":
        """What a request is about.

        Raises:
            Stop: its invite is none, asks for what is no longer collected, or is over and nobody agreed by it.
        """
        invite = self.signer.read_invite(request.path_params["token"])
        if invite is None:
            raise Stop(404, "no-invite")
        inbox = self.inboxes.get(invite.source)
        if inbox is None or invite.theme not in inbox.source.themes:
            raise Stop(410, "closed")
        theme = inbox.source.themes[invite.theme]
        cookie = request.cookies.get(cookie_name(invite), "")
        pseudonym = self.signer.read_session(invite, cookie) if cookie else None
        said = None
        if pseudonym is not None:
            with inbox.standing() as standing:
                person = standing.contributors.get(pseudonym)
                if pseudonym in standing.forgotten:
                    raise Stop(410, "forgotten")
            pseudonym, said = (None, None) if person is None else (pseudonym, person.language)
        if pseudonym is None:
            _require_open(invite, inbox)
        wanted = request.query_params.get("language") or said
        language = best(tuple(theme.title), wanted, request.headers.get("accept-language"))
        return Visit(self, request.path_params["token"], invite, inbox, theme, language, pseudonym)

    async def receive(self, visit: "Visit", read: Callable[[], bytes], upload: str | None) -> Outcome:
        """Looks at a file that arrived whole, and keeps it if it is fit.

        Few are looked at at a time, and only these are in memory: `read` is called when it is this one's turn.

        Raises:
            Stop: nobody agreed to anything yet.
            DiskError: no space.
        """
        pseudonym = visit.contributor()
        outcome = await anyio.to_thread.run_sync(self._receive, visit, read, upload, limiter=self._looking)
        if upload is not None and outcome.reason is not None:
            self.refusals[pseudonym, upload] = outcome.reason
            if len(self.refusals) > _REMEMBERED:
                self.refusals.popitem(last=False)
        return outcome

    def _receive(self, visit: "Visit", read: Callable[[], bytes], upload: str | None) -> Outcome:
        most = int(self.params.measure.max_megapixels * 1_000_000)
        found = examine(read(), self.params.clean, most, visit.inbox.source.respect)
        return Outcome("", found) if isinstance(found, str) else visit.inbox.give(visit.contributor(), found, upload)


@dataclass(frozen=True)
class Visit:
    """What one request is about. `pseudonym` is None as long as nobody agreed to anything."""

    site: Site
    token: str
    invite: Invite
    inbox: Inbox
    theme: Theme
    language: str
    pseudonym: str | None

    @property
    def base(self) -> str:
        """The path of its pages."""
        return f"/i/{self.token}"

    @property
    def t(self) -> dict[str, Any]:
        """The words of its language."""
        return texts(self.language)

    def in_language(self, language: str) -> "Visit":
        """The same in one of its theme's other languages."""
        return replace(self, language=language)

    def contributor(self) -> str:
        """Who gives.

        Raises:
            Stop: nobody agreed to anything yet.
        """
        if self.pseudonym is None:
            raise Stop(403, "no-session")
        return self.pseudonym

    def require_form(self, said: str) -> str:
        """Who gives, where the request carries what only our own page could give it.

        Raises:
            Stop: it does not.
        """
        pseudonym = self.contributor()
        if not self.site.signer.is_form(pseudonym, said):
            raise Stop(403, "other-site")
        return pseudonym

    def require_giving(self) -> None:
        """
        Raises:
            Stop: the invite is over; what was given by it may still be looked at and taken back.
        """
        if self.invite.is_over():
            raise Stop(410, "over")

    def require_rate(self) -> None:
        """
        Raises:
            Stop: too much comes by this invite.
        """
        if not self.site.invites.allows(self.invite.key):
            raise Stop(429, "too-fast")

    def counts(self) -> dict[str, str]:
        """What is wanted still, and what this person gave, in words."""
        with self.inbox.standing() as standing:
            left = max(0, self.theme.wanted - standing.given["theme", self.invite.theme])
            given = standing.given["contributor", self.pseudonym or ""]
            more = 0 if self.invite.is_over() else self._may_give(standing)
        mine = self._counted(given, "given_none", "given_one", "given")
        if more:
            mine = self.t["given_and_may"].format(mine, self.t["yours_may"].format(more))
        return {"wanted": self._counted(left, "enough_here", "wanted_one", "wanted"), "given": mine}

    def hindrance(self, standing: Standing) -> str | None:
        """Why this person can give no picture more, or somebody new not begin, in words; None where they can."""
        if self.invite.is_over():
            return str(self.t["messages"]["over"])
        left = self._left(standing)
        if self.pseudonym is None:  # one more could give no picture at all
            users = sum(one.invite == self.invite.key for one in standing.contributors.values())
            left["invite-spent"] = min(left["invite-spent"], self.invite.quota - users)
        reason = next((name for name, number in left.items() if number <= 0), None)
        return None if reason is None else str(self.t["reasons"][reason])

    def _may_give(self, standing: Standing) -> int:
        """How many pictures this person may still give."""
        return max(0, min(self._left(standing).values()))

    def _left(self, standing: Standing) -> dict[str, int]:
        """What is left of each bound, by the reason that it gives: the theme's, the person's, the link's for all."""
        return {
            "full": self.theme.wanted - standing.given["theme", self.invite.theme],
            "enough": self.theme.per_person - standing.given["contributor", self.pseudonym or ""],
            "invite-spent": self.invite.quota - standing.given["invite", self.invite.key],
        }

    def _counted(self, number: int, none: str, one: str, several: str) -> str:
        return str(self.t[{0: none, 1: one}.get(number, several)]).format(number)


def _require_open(invite: Invite, inbox: Inbox) -> None:
    """
    Raises:
        Stop: nobody begins by the invite any more.
    """
    if invite.is_over():
        raise Stop(410, "over")
    with inbox.standing() as standing:
        if standing.is_ended(invite.key):
            raise Stop(410, "closed")


def cookie_name(invite: Invite) -> str:
    """The cookie of a contributor who came by this invite."""
    return f"contributor-{invite.key}"


def language_of(request: Request) -> str:
    """The language of a page that belongs to no invite."""
    return best(LANGUAGES, request.query_params.get("language"), request.headers.get("accept-language"))
