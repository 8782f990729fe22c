"""Silverprint: image classification datasets that can be trusted, labelled in rounds."""

__version__ = "0.3.0"
