"""Recruiters: implementations of `silverprint.recruiter.Recruiter`, by the names that `silverprint recruit` knows."""

from collections.abc import Callable
from typing import Final

from silverprint.adapters.recruit.files import Files
from silverprint.adapters.recruit.links import Links
from silverprint.adapters.recruit.prolific import Prolific
from silverprint.recruiter import Recruiter

RECRUITERS: Final[dict[str, Callable[[bool], Recruiter]]] = {  # called with whether it is a dry run
    "links": Links,
    "files": Files,
    "prolific": Prolific,
}
