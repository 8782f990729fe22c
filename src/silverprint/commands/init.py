"""silverprint init: a new campaign in a Git and DVC repository of its own, with one planned round."""

import os
import re
import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from silverprint import __version__, config, layout, yamltext
from silverprint.adapters import git
from silverprint.adapters.archive.folder_entries import count_files, file_names
from silverprint.adapters.crawl import site_entry
from silverprint.campaign import new_campaign, root
from silverprint.config import SOURCE_KINDS, Params
from silverprint.console import say
from silverprint.core.licenses import recognise
from silverprint.core.queue import roles
from silverprint.errors import ConfigError, SilverprintError, UnavailableError, UsageError
from silverprint.imaging.claimed_formats import claims_image
from silverprint.store import files

T = TypeVar("T")
_LISTS: Final = (".csv", ".parquet", ".jsonl")
_WHERE: Final = "A folder, a list, an archive or a site of pictures"
_OPTIONS: Final = {"dataset.title": "--question", "dataset.classes": "--classes"}
_MUCH: Final = 0.2  # share of the pictures that judge the model, from which on it is said
_LONGEST: Final = 36  # characters of a name, with room for a number behind it


def run(
    folder: Path,
    classes: str | None = None,
    question: str | None = None,
    folders: Sequence[Path] = (),
    urls: Sequence[Path] = (),
    archives: Sequence[Path | str] = (),
    sites: Sequence[str] = (),
    license: str | None = None,  # noqa: A002 (the option's name)
    people: int = 3,
) -> None:
    """Writes the campaign into `folder`; asks for what no option says, where somebody sits at a terminal.

    Raises:
        UsageError: the folder is not empty, or in another campaign; or something is missing and nobody can be asked.
        UnavailableError: a source is not there.
        ConfigError: a value breaks a rule of params.yaml, or Git does not know who commits.
    """
    _require_empty(folder)
    _require_apart(folder)
    git.require_identity()
    if license is not None and recognise(license) is None:
        raise UsageError(f"--license {license!r}", "no SPDX identifier", "look it up at https://spdx.org/licenses")
    if not 1 <= people <= 50:
        raise UsageError(f"--people {people}", "must be 1 to 50", "say how many will label")
    places = [
        *(("folder", place) for place in folders),
        *(("urls", place) for place in urls),
        *(("archive", place) for place in archives),
        *(("web", place) for place in sites),
    ]
    wanted = new_campaign.Wanted(
        name=_slug(folder.name) or "campaign",
        question=question if question is not None else _ask("--question", "The question that people answer", str),
        classes=_classes(classes) if classes is not None else _ask("--classes", "Classes, with commas", _classes),
        sources=_sources(folder, places or [_ask("--folder", _WHERE, _place)], license),
        license=license,
        people=people,
    )
    for said in (wanted.question, *wanted.classes, *(str(place) for _, place in places)):
        _require_text(said)
    params = _params(wanted)  # what is wrong is said before anybody's site is asked
    wanted = replace(wanted, sources=_looked_at(wanted.sources, yamltext.mapping(params, layout.PARAMS)))
    made = new_campaign.files_of(wanted)
    _make(folder)
    for name, text in made.items():
        files.write_text(folder / name, text)
    git.begin(folder, f"A new campaign, by silverprint {__version__}")
    _closing_words(folder, wanted, config.parse(made[str(layout.PARAMS)]))


def _params(wanted: new_campaign.Wanted) -> str:
    """The text of params.yaml; what breaks its rules is named by the option it came from."""
    try:
        return new_campaign.files_of(wanted)[str(layout.PARAMS)]
    except ConfigError as error:
        named = re.match(rf"(?:{layout.PARAMS} )?({'|'.join(_OPTIONS)})(?:\.\d+)?(?= = )", error.value)
        if named is None:
            raise
        raise ConfigError(_OPTIONS[named[1]] + error.value[named.end() :], error.rule, "correct it") from None


def _require_empty(folder: Path) -> None:
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            return
        rule = "it is not empty, and nothing that is there is overwritten" if folder.is_dir() else "it is a file"
    except OSError as error:
        rule = f"it cannot be a campaign's folder ({error.strerror})"
    raise UsageError(str(folder), rule, f"name a new folder: silverprint init {_free(folder)}")


def _free(folder: Path) -> str:
    """The name of a folder beside this one that is not there, for a shell."""
    if not folder.name or len(folder.name) > _LONGEST:
        return "my-campaign"
    return shlex.quote(next(str(one) for n in count(2) if not (one := folder.with_name(f"{folder.name}-{n}")).exists()))


def _require_apart(folder: Path) -> None:
    above = root.find(folder.resolve().parent)
    if above is not None:
        beside = shlex.quote(os.path.relpath(above.parent / folder.name))
        remedy = f"name a folder beside that: silverprint init {beside}"
        raise UsageError(str(folder), f"it lies in another campaign, {above}, whose repository is its own", remedy)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(str(folder), f"it cannot be made ({error.strerror})", "name another folder") from None


def _require_text(said: str) -> None:
    """A shell passes any bytes on; what is no text cannot be written down."""
    try:
        said.encode()
    except UnicodeEncodeError:
        raise UsageError(repr(said), "no text in UTF-8", "look at the terminal's encoding: locale") from None


def _classes(text: str) -> tuple[str, ...]:
    found = tuple(name.strip() for name in text.split(",") if name.strip())
    if len(found) < 2:
        raise UsageError(f"--classes {text!r}", "at least two classes, with commas between them", "--classes cat,dog")
    return found


def _ask(option: str, what: str, read: Callable[[str], T]) -> T:
    """What somebody types, asked again until it can be read."""
    while sys.stdin is not None and sys.stdin.isatty():
        sys.stderr.write(f"{what}: ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            break
        try:
            if line.strip():
                return read(line.strip())
        except SilverprintError as error:
            say(str(error))
    raise UsageError(option, f"is missing ({what.lower()})", "see: silverprint init --help")


def _place(text: str) -> tuple[str, Path | str]:
    """The kind of a source, by what is at the place that somebody typed."""
    if text.startswith(("http://", "https://")):
        return "web", text
    if text.startswith("s3://"):
        return "archive", text
    place = Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 (links as they were typed)
    kind = "folder" if place.is_dir() else "urls" if place.suffix.lower() in _LISTS else "archive"
    _require_there(kind, place)
    return kind, place


def _sources(
    campaign: Path, places: Sequence[tuple[str, Path | str]], license_: str | None
) -> dict[str, dict[str, Any]]:
    """The sources' settings by their names, which come from the places."""
    found: dict[str, dict[str, Any]] = {}
    for kind, place in places:
        _require_there(kind, place)
        if isinstance(place, Path) and campaign.resolve().is_relative_to(place.resolve()):
            raise UsageError(str(campaign), f"it lies in a source, {place}", "name a folder elsewhere")
        base, number = _name(kind, place), 1
        name = base
        while name in found:
            number += 1
            name = f"{base}-{number}"
        found[name] = _settings(kind, place, license_)
    return found


def _require_there(kind: str, place: Path | str) -> None:
    if isinstance(place, Path) and not SOURCE_KINDS[kind].is_there(place):
        raise UnavailableError(str(place), f"there is no such {SOURCE_KINDS[kind].place}", "correct the path")


def _name(kind: str, place: Path | str) -> str:
    """A name for what lies at a place: the folder's, the file's without its ending, the site's host."""
    if kind == "web":
        return _slug(_host(str(place))) or "site"
    last = str(place).rstrip("/").rpartition("/")[2]
    return _slug(last if kind == "folder" else re.sub(r"(?<=.)\.\w{1,7}(\.\w{1,4})?$", "", last)) or kind


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:  # the check of params.yaml says what is wrong with it
        return ""


def _settings(kind: str, place: Path | str, license_: str | None) -> dict[str, Any]:
    if kind == "web":
        return site_entry.guessed(str(place))
    return {"kind": kind, "revision": 1, "path": str(place)} | ({"license": license_} if license_ else {})


def _looked_at(sources: dict[str, dict[str, Any]], params: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The sources, of sites with the selectors that a look at them proposes."""
    return {
        name: site_entry.proposed_or_guessed(name, entry["start"][0], params) if entry["kind"] == "web" else entry
        for name, entry in sources.items()
    }


def _slug(text: str) -> str:
    """`text` as names in params.yaml are: of a-z 0-9 - _."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_")[:_LONGEST]


def _judging_words(wanted: new_campaign.Wanted, params: Params) -> str | None:
    """How many of few pictures the model is judged by; None where they are many, or not counted yet."""
    if any(one["kind"] != "folder" for one in wanted.sources.values()):
        return None
    files, size = sum(count_files(Path(one["path"])) for one in wanted.sources.values()), params.evaluation.size
    name, first = next(iter(params.planned.items()))
    judging = roles.shares(files, evaluation=size, budget=first.budget, control=first.control).evaluation
    if judging < files * _MUCH:
        return None
    what = f"{judging:,} of {files:,} files judge the model and teach it nothing (evaluation.size = {size})"
    return f"{what}; for fewer, and figures that are less sure, lower it in params.yaml before {name} is opened"


def _without_pictures(wanted: new_campaign.Wanted) -> Iterator[str]:
    """A sentence for each folder in which no file is named as pictures are."""
    for name, one in wanted.sources.items():
        place = Path(str(one.get("path", "")))
        if one["kind"] in ("folder", "archive") and place.is_dir() and not any(map(claims_image, file_names(place))):
            files = count_files(place)
            rule = f"none of the {files:,} files in {place} is named as a picture (.jpg, .png …)"
            what = rule if files else f"{place} holds no file"
            yield f"{name}: {what}; lay pictures there before silverprint repro, or correct sources.{name}.path"


def _closing_words(folder: Path, wanted: new_campaign.Wanted, params: Params) -> None:
    sources, classes = ", ".join(wanted.sources), len(wanted.classes)
    say(f"{folder} is a campaign: sources {sources}; {classes} classes; one planned round; all in its first commit")
    if wanted.license is None:
        fate = "kept" if new_campaign.keeps_unlicensed(wanted) else "rejected"
        say(f"Pictures for which no licence is known are {fate}: clean.unknown_license, and sources.NAME.license")
    for sentence in _without_pictures(wanted):
        say(sentence)
    if judging := _judging_words(wanted, params):
        say(judging)
    there = shlex.quote(os.path.relpath(folder))
    say(f"Next: cd {there}; silverprint studio up; silverprint people invite NAME; silverprint repro")
    say("Nobody is asked before you open the planned round: silverprint round open r01")
