"""Files of a new campaign, as texts: what travels with the package, with a team's own question, classes and sources."""

from dataclasses import dataclass
from io import StringIO
from string import Template
from typing import Any, Final

from ruamel.yaml import YAML

from silverprint import __version__, config, layout, packaged, yamltext
from silverprint.campaign import known_names
from silverprint.config import SOURCE_KINDS
from silverprint.core.licenses import spdx
from silverprint.dvcfiles import pipeline_blocks, yaml_edit

_FOLDER: Final = "campaign"  # below silverprint/packaged
_NO_SOURCES: Final = "\nsources: {}\n"
_REVISION: Final = "# revision: raise it to have what came since read; what is unchanged is not read again"


@dataclass(frozen=True)
class Wanted:
    """
    Attributes:
        name: of the dataset, and of the campaign in Label Studio.
        sources: their settings by their names, as params.yaml has them.
        license: of pictures that come without one. Where there is none and every source is one's own or a partner's,
            pictures without one are kept; what other machines show is not.
        people: how many will label; at most so many are asked about one picture.
    """

    name: str
    question: str
    classes: tuple[str, ...]
    sources: dict[str, dict[str, Any]]
    license: str | None = None
    people: int = 3


def files_of(wanted: Wanted) -> dict[str, str]:
    """The text of each file by its path below the campaign's folder.

    Raises:
        ConfigError: a value breaks a rule of params.yaml; the message names it.
    """
    return _files(_params(wanted))


def sample_files() -> dict[str, str]:
    """The sample campaign, with which the demonstration runs."""
    return _files(packaged.text("sample/params.yaml"))


def _params(wanted: Wanted) -> str:
    text = packaged.text(f"{_FOLDER}/params.yaml")
    document = yamltext.mapping(text, layout.PARAMS)
    changes = _changes(wanted, document)
    for way, value in changes.items():
        _set(document, way, value)
    document["sources"] = wanted.sources
    known_names.check(config.check(document))  # before the text is edited: what is no text cannot be
    for way, value in changes.items():
        text = yaml_edit.put(text, way, value)
    sources = StringIO()
    YAML().dump({"sources": wanted.sources}, sources)
    return text.replace(_NO_SOURCES, f"\n{_REVISION}\n{sources.getvalue()}")


def _set(holder: Any, way: yaml_edit.Way, value: Any) -> None:
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = value


def _changes(wanted: Wanted, document: dict[str, Any]) -> dict[yaml_edit.Way, Any]:
    changes: dict[yaml_edit.Way, Any] = {
        ("dataset", "name"): wanted.name,
        ("dataset", "campaign"): wanted.name,
        ("dataset", "title"): wanted.question,
        ("dataset", "classes"): list(wanted.classes),
        ("evaluation", "overlap"): min(wanted.people, document["evaluation"]["overlap"]),
    }
    for name, entry in document["planned"].items():
        changes["planned", name, "overlap"] = min(wanted.people, entry["overlap"])
    if keeps_unlicensed(wanted):
        changes["clean", "unknown_license"] = "keep"
    known = document["clean"]["licenses"]
    if wanted.license is not None and (own := spdx(wanted.license)) not in known:
        changes["clean", "licenses"] = [*known, own]
    return changes


def keeps_unlicensed(wanted: Wanted) -> bool:
    """Whether pictures for which no licence is known are kept."""
    return wanted.license is None and not any(SOURCE_KINDS[one["kind"]].goes_out for one in wanted.sources.values())


def _files(params: str) -> dict[str, str]:
    meant = config.parse(params)
    found = {
        name.replace("dot-", ".").replace(".template", ""): packaged.text(f"{_FOLDER}/{name}")
        for name in packaged.names(_FOLDER)
    }
    classes = ", ".join(meant.dataset.classes)
    first = next(iter(meant.planned))
    words = {"name": meant.dataset.name, "question": meant.dataset.title, "classes": classes, "round": first}
    return found | {
        str(layout.PIPELINE): pipeline_blocks.with_sources(found[str(layout.PIPELINE)], meant.sources),
        str(layout.PARAMS): params,
        "README.md": Template(found["README.md"]).substitute(words, version=__version__),
    }
