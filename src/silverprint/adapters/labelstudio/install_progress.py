"""Progress of an installation of packages, by what pip or uv said so far and by the packages that are there."""

import re
from dataclasses import dataclass
from typing import Final

_FOUND: Final = re.compile(r"^(?:Collecting|Processing|Requirement already satisfied) ?", re.M)
_FETCHED: Final = re.compile(r"^ *(?:Downloading|Using cached) \S+(?<!\.metadata)(?: |$)", re.M)
_INSTALLS: Final = re.compile(r"^(?:Installing collected packages|Prepared \d+ packages?)", re.M)
_RESOLVED_BY_UV: Final = re.compile(r"^Resolved \d+ packages?", re.M)
_INSTALLED_BY_UV: Final = re.compile(r"^Installed \d+ packages?", re.M)


@dataclass(frozen=True)
class Step:
    """
    Attributes:
        what: the installer does, with the number of the step.
        done: packages of this step; null where the installer does not say.
    """

    what: str
    done: int | None


def step(said: str, there: int, count: int) -> Step:
    """The step at which the installer is.

    Args:
        said: all that it said so far.
        there: packages that are in the environment.
        count: packages that are to be there.
    """
    if _INSTALLED_BY_UV.search(said):
        return Step("compiling what was installed (the last step)", None)
    if _INSTALLS.search(said):
        return Step("installing (step 3 of 3)", min(there, count))
    if _RESOLVED_BY_UV.search(said):
        return Step("downloading (step 2 of 3; uv does not say how far it is)", None)
    found, fetched = len(_FOUND.findall(said)), len(_FETCHED.findall(said))
    if found >= count:
        return Step("downloading (step 2 of 3)", min(fetched, count))
    return Step("looking packages up (step 1 of 3)", found or None)
