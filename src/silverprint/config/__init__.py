"""Configuration: params.yaml as frozen dataclasses, with types, ranges and rules checked. Its only reader."""

from silverprint.config.defaults import REQUIRED, default_of, names_are_free
from silverprint.config.load import check, load, parse, unknown_knobs
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
from silverprint.config.sources import SOURCE_KINDS, ArchiveSource, FolderSource, Source, UrlSource, WebSource

__all__ = [
    "REQUIRED",
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
    "Source",
    "UrlSource",
    "WebSource",
    "check",
    "default_of",
    "load",
    "names_are_free",
    "parse",
    "unknown_knobs",
]
