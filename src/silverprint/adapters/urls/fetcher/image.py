"""Fetch of one image: robots.txt first, redirects followed, conditional where it was fetched before."""

from silverprint.adapters.urls.fetcher.messages import FetchSettings, Loss, Request
from silverprint.adapters.urls.fetcher.robots_cache import RobotsCache
from silverprint.adapters.urls.http.address import Gate
from silverprint.adapters.urls.http.client import Client, Heard
from silverprint.fetching import robots
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
        self._robots = RobotsCache(client, gate)

    async def fetch(self, request: Request) -> tuple[Reply | Loss, bytes | None]:
        """What came back, with the body if there is a picture to be had."""
        visit = _Visit(request)
        try:
            return await self._follow(visit)
        except NoImage as why:
            return Loss(why.outcome, why.reason, visit.decision), None

    async def _follow(self, visit: "_Visit") -> tuple[Reply, bytes | None]:
        for _ in range(REDIRECTS + 1):
            address = self._gate.passed(visit.url)
            rules = await self._robots.rules(address)
            visit.decision = robots.decide(rules, address.wire, self._agent)
            if visit.decision == "disallowed":
                raise Refused("robots")
            heard, body = await self._client.ask(
                address,
                visit.headers(address.wire),
                self._limit,
                lambda heard: wants_body(visit.reply(heard), self._agent),
                robots.delay(rules, self._agent),
            )
            if heard.moved is None:
                return visit.reply(heard), body
            visit.url = heard.moved
        raise Failed("redirect-loop")


class _Visit:
    """Where one request has got to."""

    def __init__(self, request: Request) -> None:
        self.url = request.url
        self.decision: str = "n/a"  # decision of the last robots.txt
        self._page_url = request.page_url
        headers = {"If-None-Match": request.etag, "If-Modified-Since": request.last_modified}
        self._conditions = {name: value for name, value in headers.items() if value}

    def headers(self, wire: str) -> dict[str, str]:
        """What a request to the address `wire` says of why it is made."""
        shown_by = referrer(self._page_url, wire)
        return self._conditions | ({} if shown_by is None else {"Referer": shown_by})

    def reply(self, heard: Heard) -> Reply:
        head = heard.head
        stated = (head.get("content-type"), head.get("etag"), head.get("last-modified"))
        return Reply(head.status, *stated, head.headers.get("x-robots-tag", ()), self.decision)
