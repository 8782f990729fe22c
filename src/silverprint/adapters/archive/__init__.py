"""Files that somebody has: a partner's drop (a folder, a zip, a tar, an S3 prefix), or a folder of one's own."""

from silverprint.adapters.archive.drop import read_folder, unpack

__all__ = ["read_folder", "unpack"]
