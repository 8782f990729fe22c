"""Algorithms as pure functions of arrays, tables and a seed: no files, no network, no torch."""
