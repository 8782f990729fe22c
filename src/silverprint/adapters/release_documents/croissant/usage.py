"""Conditions of use of the pictures, as ODRL offers: one for each licence, in the terms that ccREL has for it.

ccREL: Abelson et al. 2008, "The Creative Commons Rights Expression Language"; the deeds of the licences carry the same.
"""

import re
from typing import Any, Final

from silverprint.adapters.release_documents import sentences
from silverprint.core import licenses

_CC: Final = re.compile(r"CC-BY(?P<nc>-NC)?(?P<sa>-SA)?(?P<nd>-ND)?-\d\.\d(-[A-Z]{2,3})?")
_FREE: Final = ("CC0-1.0", "CC-PDM-1.0")


def license_of(name: str | None) -> str | dict[str, str]:
    """The licence as `license` has it: an address, or a work with its name where it has none."""
    if name is None:
        return {"@type": "CreativeWork", "name": "not known"}
    return licenses.page(name) or {"@type": "CreativeWork", "name": name}


def offer(name: str | None, pictures: int) -> dict[str, Any]:
    """The offer of the pictures under one licence; with rules only where the licence is Creative Commons'.

    Args:
        name: SPDX identifier, address, or words; None where the licence is not known.
    """
    if name is None:
        return {"@type": "CreativeWork", "name": f"{sentences.pictures(pictures)} of no known licence: ask before use"}
    found: dict[str, Any] = {
        "@type": ["CreativeWork", "odrl:Offer"],
        "name": f"{sentences.pictures(pictures)} under {name}",
    }
    if address := licenses.page(name):
        found["license"] = address
    if rules := _rules(name):
        found |= rules
    return found


def _rules(name: str) -> dict[str, Any]:
    if name in _FREE:
        return {"odrl:permission": _permission(["Reproduction", "Distribution", "DerivativeWorks"], [])}
    match = _CC.fullmatch(name)
    if match is None:
        return {}
    permitted = ["Reproduction", "Distribution", *([] if match["nd"] else ["DerivativeWorks"])]
    required = ["Notice", "Attribution", *(["ShareAlike"] if match["sa"] else [])]
    rules: dict[str, Any] = {"odrl:permission": _permission(permitted, required)}
    if match["nc"]:
        rules["odrl:prohibition"] = {"@type": "odrl:Prohibition", "odrl:action": {"@id": "cc:CommercialUse"}}
    return rules


def _permission(permitted: list[str], required: list[str]) -> dict[str, Any]:
    rule: dict[str, Any] = {"@type": "odrl:Permission", "odrl:action": [{"@id": f"cc:{name}"} for name in permitted]}
    if required:
        rule["odrl:duty"] = [{"@type": "odrl:Duty", "odrl:action": {"@id": f"cc:{name}"}} for name in required]
    return rule
