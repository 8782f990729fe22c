"""A partner's drop, a folder or a zip."""

from silverprint.adapters.archive.drop import unpack

__all__ = ["unpack"]
