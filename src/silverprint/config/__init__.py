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
    Release,
    Round,
)
from silverprint.config.sources import (
    SIGNALS,
    SOURCE_KINDS,
    ArchiveSource,
    FolderSource,
    Signal,
    Source,
    UrlSource,
    WebSource,
)

__all__ = [
    "SIGNALS",
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
    "Release",
    "Round",
    "Signal",
    "Source",
    "UrlSource",
    "WebSource",
    "check",
    "load",
    "parse",
]
