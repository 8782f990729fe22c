"""Configuration: params.yaml as frozen dataclasses, with types, ranges and rules checked. Its only reader."""

from silverprint.config.load import check, load, parse
from silverprint.config.model import (
    START,
    Clean,
    Dataset,
    Embed,
    Evaluation,
    Gate,
    Labels,
    Model,
    Params,
    PeopleCost,
    Promise,
    Release,
    Round,
)
from silverprint.config.sources import SOURCE_KINDS, ArchiveSource, FolderSource, Source, UrlSource, WebSource

__all__ = [
    "SOURCE_KINDS",
    "START",
    "ArchiveSource",
    "Clean",
    "Dataset",
    "Embed",
    "Evaluation",
    "FolderSource",
    "Gate",
    "Labels",
    "Model",
    "Params",
    "PeopleCost",
    "Promise",
    "Release",
    "Round",
    "Source",
    "UrlSource",
    "WebSource",
    "check",
    "load",
    "parse",
]
