"""params.yaml as frozen dataclasses: the only reader of that file. Types, ranges, rules are checked here."""

from silverprint.config.knobs import (
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
    WebSource,
)
from silverprint.config.reading import check, load, parse

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
    "WebSource",
    "check",
    "load",
    "parse",
]
