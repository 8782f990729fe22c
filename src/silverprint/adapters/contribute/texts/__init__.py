"""Texts of the contributors' pages, one file for each language; what a theme says is in params.yaml."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, get_args

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from silverprint import yamltext
from silverprint.config import Language

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)


@cache
def texts(language: str) -> dict[str, Any]:
    """The words of a language: a text for each name; `messages` and `reasons` hold texts by name."""
    name = f"{language}.yaml"
    return yamltext.mapping(files(__package__).joinpath(name).read_text(encoding="utf-8"), Path(name))


def best(offered: tuple[str, ...], wanted: str | None, header: str | None) -> str:
    """The language of a page: the one that was asked for, else the browser's best, else the first on offer."""
    if wanted in offered:
        return str(wanted)
    accepted = parse_accept_header((header or "")[:500], LanguageAccept)  # best first
    tongues = (str(tag).lower().partition("-")[0] for tag, _ in accepted)
    return next((tongue for tongue in tongues if tongue in offered), offered[0])
