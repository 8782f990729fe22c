"""Agreement: the words that a contributor was shown and agreed to, as one text that its SHA-256 names."""

import hashlib

from silverprint.config import Theme


def words(theme: Theme, language: str) -> str:
    """All that was agreed to, in the language it was read in."""
    said = (theme.title, theme.license_words, theme.consent)
    title, license_words, consent = (one[language] for one in said)  # type: ignore[index]
    return f"{title}\n\n{theme.license}\n{license_words}\n\n{consent}\n"


def digest(text: str) -> str:
    """The SHA-256 of the words, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
