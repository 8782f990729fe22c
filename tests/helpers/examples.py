"""Fewer examples where each is dear; `make soak` tries as many times more of them as of others."""

from hypothesis import settings


def fewer(times: int) -> settings:
    """A decorator: so many times fewer examples than the profile has."""
    return settings(max_examples=settings.default.max_examples // times)
