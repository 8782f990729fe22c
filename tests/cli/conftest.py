"""Fixtures of these tests."""

from tests.inside import typed

__all__ = ["typed"]
