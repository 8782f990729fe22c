"""Silverprint: image classification datasets that can be trusted, labelled in rounds."""

from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from silverprint.notebook import Campaign

__version__ = "0.7.0"


def open(folder: str | PathLike[str] = ".") -> "Campaign":  # noqa: A001 - as in silverprint.open(".")
    """The campaign in `folder`, or in the nearest folder above it that has one; to read only.

    Raises:
        ConfigError: there is none, or its params.yaml breaks a rule.
    """
    found: Campaign = import_module("silverprint.notebook").Campaign(folder)  # loads polars and more: not before
    return found
