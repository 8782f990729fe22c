"""Texts that versions of the tool wrote into campaigns: by them it is known what in a file is the tool's.

No mark in a campaign says which version made it: such a mark would be wrong after the first merge of two branches.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from silverprint import layout, packaged, yamltext
from silverprint.dvcfiles import pipeline_blocks

FOLDER: Final = "campaign"  # below silverprint/packaged
_KNOWN: Final = "history/files.yaml"
_HEAD: Final = str(layout.PIPELINE)  # the piece of dvc.yaml above its stages
# Files of which each campaign has its own kind: merged by their structure, or left to the team.
_OTHERS: Final = (str(layout.PARAMS), str(layout.VERSIONS), "README.md")


def template(name: str) -> str:
    """The text of a new campaign's file, by its name in the campaign."""
    return packaged.text(f"{FOLDER}/{_packaged_names()[name]}")


def templates() -> list[str]:
    """The names of a new campaign's files, in the campaign."""
    return list(_packaged_names())


@cache
def _packaged_names() -> dict[str, str]:
    return {campaign_name(name): name for name in packaged.names(FOLDER)}


def campaign_name(packaged_name: str) -> str:
    """The name in a campaign of a file that travels below `campaign/`."""
    return packaged_name.replace("dot-", ".").replace(".template", "")


def stage_piece(stage: str) -> str:
    """The name of a stage's block among the pieces."""
    return f"{layout.PIPELINE} {stage}"


def stages() -> set[str]:
    """All stages that a version ever had."""
    return {name.removeprefix(f"{_HEAD} ") for name in _known() if name.startswith(f"{_HEAD} ")}


def known(piece: str) -> list[str]:
    """The texts that versions wrote as `piece`, the oldest first: a file's, or of dvc.yaml the head's or a stage's."""
    return _known().get(piece, [])


@cache
def _known() -> dict[str, list[str]]:
    return yamltext.mapping(packaged.text(_KNOWN), layout.PIPELINE)


def pieces(files: Mapping[str, str]) -> dict[str, str]:
    """The pieces of this version, of the packaged files by their packaged names."""
    found: dict[str, str] = {}
    for packaged_name, text in files.items():
        folder, _, inner = packaged_name.partition("/")
        name = campaign_name(inner)
        if folder != FOLDER or name in _OTHERS or name.endswith(".csv"):
            continue
        if name == _HEAD:
            pipeline = pipeline_blocks.split(text)
            found |= {_HEAD: pipeline.head}
            found |= {stage_piece(stage): block for stage, block in pipeline.stages.items()}
        else:
            found[name] = text
    return found
