"""Strategies, one file each, each with a function `pick`."""
