"""Contributors' page as commands know it: its service, its address, and the crowds and themes that it has."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from silverprint import layout
from silverprint.adapters import background_server
from silverprint.adapters.contribute.examples import crowds
from silverprint.adapters.contribute.serve import ADDRESS, public_address
from silverprint.config import CrowdSource, Params
from silverprint.errors import UnavailableError, UsageError

SERVICE: Final = background_server.Service(
    "The contributors' page", "silverprint contribute up", layout.CONTRIBUTE, "/health", 8090
)


PUBLISH: Final = f"put a proxy before the page (silverprint docs contribute), then: export {ADDRESS}=https://HOST"


def crowd(params: Params, source: str) -> CrowdSource:
    """
    Raises:
        UsageError: the source is no crowd.
    """
    found = crowds(params)
    if source not in found:
        known = ", ".join(found) or "there is none: see silverprint docs contribute"
        raise UsageError(f"source {source!r}", "is no crowd of params.yaml", f"its crowds: {known}")
    return found[source]


def theme_of(params: Params, source: str, theme: str | None) -> str:
    """The theme that is meant: where there is one alone, it need not be named.

    Raises:
        UsageError: the source is no crowd, or has no such theme.
    """
    themes = crowd(params, source).themes
    if theme is None and len(themes) == 1:
        return next(iter(themes))
    if theme is None or theme not in themes:
        value = "no theme" if theme is None else f"--theme {theme!r}"
        raise UsageError(value, f"sources.{source}.themes has: {', '.join(themes)}", "give one by --theme")
    return theme


def is_known() -> bool:
    """Whether anything says where the links lead."""
    return bool(public_address() or background_server.read(SERVICE).get("url"))


def address() -> str:
    """Where the links lead: the proxy, else where the page is or was last.

    Raises:
        UnavailableError: the page was never started, and no proxy is named.
    """
    found = public_address() or background_server.read(SERVICE).get("url")
    if not isinstance(found, str):
        rule = "nothing says yet at which address its links are to lead"
        raise UnavailableError(SERVICE.name, rule, f"start it first: {SERVICE.command}; or set {ADDRESS}")
    return found


def is_private(address: str) -> bool:
    """Whether an address leads people elsewhere to nothing: to this machine, or into a house's own network."""
    host = str(urlsplit(address).hostname)
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
