"""Fetch of one image: robots.txt and the files beside it first, redirects followed, conditional where it can be."""

from silverprint.adapters.urls.fetcher.messages import FetchSettings, Loss, Request
from silverprint.adapters.urls.fetcher.site_cache import SiteCache
from silverprint.adapters.urls.http.address import Gate
from silverprint.adapters.urls.http.client import Client, Heard
from silverprint.core.reservations import RESERVED, Statement, forbid, written
from silverprint.fetching import reservations, robots
from silverprint.fetching.limits import REDIRECTS
from silverprint.fetching.referrer import referrer
from silverprint.fetching.refusals import Failed, NoImage, Refused
from silverprint.fetching.response import Reply, wants_body
from silverprint.fetching.robots.directives import product


class ImageFetcher:
    """
    Args:
        manner: whose limits hold.
        client: asks.
        gate: what may be asked.
    """

    def __init__(self, manner: FetchSettings, client: Client, gate: Gate) -> None:
        self._agent = product(manner.user_agent)
        self._limit, self._client, self._gate = manner.max_bytes, client, gate
        self._respect = manner.respect
        self._sites = SiteCache(client, gate, self._agent, manner.respect)

    async def fetch(self, request: Request) -> tuple[Reply | Loss, bytes | None]:
        """What came back, with the body if there is a picture to be had."""
        visit = _Visit(request)
        try:
            return await self._follow(visit)
        except NoImage as why:
            said = written(visit.said) if visit.said else None
            return Loss(why.outcome, why.reason, visit.decision, said), None

    async def _follow(self, visit: "_Visit") -> tuple[Reply, bytes | None]:
        for _ in range(REDIRECTS + 1):
            address = self._gate.passed(visit.url)
            visit.said = ()
            rules = await self._sites.rules(address)
            visit.decision = robots.decide(rules, address.wire, self._agent)
            if visit.decision == "disallowed":
                raise Refused("robots")
            files = await self._sites.files(address, rules)
            visit.said = reservations.of_site(rules, files, address.wire, self._agent, self._respect)
            if forbid(visit.said):
                raise Refused(RESERVED)
            heard, body = await self._client.ask(
                address,
                visit.headers(address.wire),
                self._limit,
                lambda heard: wants_body(self._reply(visit, heard), self._agent),
                robots.delay(rules, self._agent),
            )
            if heard.moved is None:
                return self._reply(visit, heard), body
            visit.url = heard.moved
        raise Failed("redirect-loop")

    def _reply(self, visit: "_Visit", heard: Heard) -> Reply:
        head = heard.head
        stated = (head.get("content-type"), head.get("etag"), head.get("last-modified"))
        in_head = reservations.of_head(lambda name: head.headers.get(name, ()), self._agent, self._respect)
        tags = head.headers.get("x-robots-tag", ())
        return Reply(head.status, *stated, tags, visit.decision, (*visit.said, *in_head))


class _Visit:
    """Where one request has got to."""

    def __init__(self, request: Request) -> None:
        self.url = request.url
        self.decision: str = "n/a"  # decision of the last robots.txt
        self.said: tuple[Statement, ...] = ()  # what the last site's files say of training
        self._page_url = request.page_url
        headers = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
        self._conditions = {name: value for name, value in headers.items() if value}

    def headers(self, wire: str) -> dict[str, str]:
        """What a request to the address `wire` says of why it is made."""
        shown_by = referrer(self._page_url, wire)
        return self._conditions | ({} if shown_by is None else {"Referer": shown_by})
