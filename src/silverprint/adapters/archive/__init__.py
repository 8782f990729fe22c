"""Files that somebody already has: a partner's drop (folder, zip or tar, on disk or on S3), or an own folder."""

from silverprint.adapters.archive.read import read_folder, unpack

__all__ = ["read_folder", "unpack"]
