"""Configuration: params.yaml as frozen dataclasses, with types, ranges and rules checked. Its only reader."""

from silverprint.config.load import check, load, parse
from silverprint.config.model import (
    START,
    ArchiveSource,
    Clean,
    Dataset,
    Embed,
    Evaluation,
    FolderSource,
    Gate,
    Model,
    Params,
    PeopleCost,
    Release,
    Round,
    UrlSource,
    WebSource,
)

__all__ = [
    "START",
    "ArchiveSource",
    "Clean",
    "Dataset",
    "Embed",
    "Evaluation",
    "FolderSource",
    "Gate",
    "Model",
    "Params",
    "PeopleCost",
    "Release",
    "Round",
    "UrlSource",
    "WebSource",
    "check",
    "load",
    "parse",
]
