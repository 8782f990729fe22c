"""Serving of the contributors' pages, on loopback; `silverprint.recruiting.serve` is the process that does it."""

import os
from typing import Final
from urllib.parse import urlsplit

import uvicorn

from silverprint import config
from silverprint.adapters.contribute import app, invites
from silverprint.adapters.contribute.labelling import Desk
from silverprint.adapters.contribute.site import Site
from silverprint.errors import ConfigError
from silverprint.page_connections import PageConnection
from silverprint.page_rules import LOOPBACK

ADDRESS: Final = "SILVERPRINT_CONTRIBUTE_URL"  # where a proxy shows the pages to others
_CONNECTIONS: Final = 600
_HEAD_BYTES: Final = 16_384


def public_address() -> str | None:
    """The address at which others find the pages, without a slash at its end; None where no proxy is told of.

    Raises:
        ConfigError: it is none.
    """
    said = os.environ.get(ADDRESS, "").rstrip("/")
    if not said:
        return None
    parts = urlsplit(said)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        rule = "must be http(s):// and a host, with no path: links and cookies are made for it"
        raise ConfigError(f"{ADDRESS} = {said!r}", rule, f"export {ADDRESS}=https://pictures.example.org")
    return said


def serve(port: int, desk: Desk) -> None:
    """Serves on loopback until it is told to end.

    Args:
        desk: who hands out pictures to label.
    """
    public = public_address()
    hosts = LOOPBACK + ((str(urlsplit(public).hostname),) if public else ())
    site = Site(config.load(), invites.signer(), secure=bool(public and public.startswith("https://")))
    uvicorn.run(
        app.build(site, hosts, desk),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,  # it would keep addresses
        server_header=False,
        proxy_headers=public is not None,
        forwarded_allow_ips="127.0.0.1",
        limit_concurrency=_CONNECTIONS,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        http=PageConnection,
        ws="none",
        timeout_graceful_shutdown=10,
    )
