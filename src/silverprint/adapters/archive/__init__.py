"""Files that somebody has: a partner's drop (a folder, a zip or a tar, here or on S3), or a folder of one's own."""

from silverprint.adapters.archive.read import read_folder, unpack

__all__ = ["read_folder", "unpack"]
