"""Licences by one name: SPDX identifiers where the licence is known, else the words or the address as they came."""

import re

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

_CC = re.compile(
    r"^https?://(?:www\.)?creativecommons\.org/"
    r"(?:licenses/(?P<kind>by(?:-nc)?(?:-sa|-nd)?)/(?P<version>\d\.\d)(?:/(?P<port>[a-z]{2,3}))?"
    r"|publicdomain/(?P<domain>zero|mark)/1\.0)(?:/(?:deed|legalcode).*)?/?(?:[?#].*)?$",
    re.IGNORECASE,
)
_SPDX_PAGE = re.compile(
    r"^https?://(?:www\.)?(?:spdx\.org/licenses|opensource\.org/licenses?|choosealicense\.com/licenses)/"
    r"(?P<name>[\w.+-]+?)(?:\.html|\.php)?/?$",
    re.IGNORECASE,
)
_CC_NAME = re.compile(r"^cc[\s-]+(?P<kind>by(?:-nc)?(?:-sa|-nd)?)[\s-]+(?P<version>\d\.\d)$", re.IGNORECASE)
_PAGES = {
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "mit-license.org": "MIT",
    "gnu.org/licenses/fdl-1.3": "GFDL-1.3-only",
}
_NAMES = {
    "mit": "MIT",
    "mit license": "MIT",
    "apache-2.0": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "cc0": "CC0-1.0",
    "cc0-1.0": "CC0-1.0",
    "cc0 1.0": "CC0-1.0",
}
_PORTED = re.compile(r"CC-BY(-NC)?(-SA|-ND)?-\d\.\d-[A-Z]{2,3}")  # more of them than SPDX lists
_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?")
_LONGEST = 500  # characters of an unknown licence that are kept


def spdx(said: str) -> str | None:
    """The SPDX identifier of a licence given as an address or a name; `said` itself, trimmed, where it is not known.

    None for empty text. Ports of Creative Commons licences keep their jurisdiction (CC-BY-3.0-DE).
    """
    said = " ".join(said.split())
    if not said:
        return None
    if found := _CC.match(said):
        if found["domain"]:
            return {"zero": "CC0-1.0", "mark": "CC-PDM-1.0"}[found["domain"].lower()]
        parts = ("CC", found["kind"], found["version"], found["port"])
        return "-".join(part.upper() for part in parts if part)
    if found := _CC_NAME.match(said.replace("_", "-")):
        return f"CC-{found['kind'].upper()}-{found['version']}"
    if found := _SPDX_PAGE.match(said):
        said_name = found["name"]
        return _NAMES.get(said_name.lower(), said_name)
    bare = re.sub(r"^https?://(?:www\.)?|(?:\.html|\.txt)?/?$", "", said.lower())
    return _PAGES.get(bare) or _NAMES.get(said.lower()) or said[:_LONGEST]


def recognise(said: str) -> str | None:
    """The licence in SPDX's own spelling; None if it is neither in its list, nor LicenseRef-..., nor an address."""
    name = spdx(said)
    if name is None or _ADDRESS.fullmatch(name) or _PORTED.fullmatch(name):
        return name
    try:
        return str(canonicalize_license_expression(name))
    except InvalidLicenseExpression:
        return None


def page(name: str) -> str | None:
    """The address at which a licence can be read: its own, or its page at SPDX; None where it has neither."""
    if _ADDRESS.fullmatch(name):
        return name
    if _PORTED.fullmatch(name):
        kind, version, port = name.removeprefix("CC-").lower().rsplit("-", 2)
        return f"https://creativecommons.org/licenses/{kind}/{version}/{port}/"
    known = recognise(name)
    if known is None or " " in known or known.startswith("LicenseRef-"):
        return None
    return f"https://spdx.org/licenses/{known}.html"
