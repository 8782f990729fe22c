"""Shards: tar files of images with an index beside each, on disk or on S3."""
