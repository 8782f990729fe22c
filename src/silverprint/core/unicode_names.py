"""Unicode names, compared as people read them: `é` is one letter, whether it was written as one or as two."""

from collections.abc import Collection
from typing import Final
from unicodedata import is_normalized, normalize

NFC: Final = "NFC"


def to_nfc(name: str) -> str:
    """`name` in Unicode's composed form (NFC), in which names are compared; shown and stored they are as they came."""
    return name if name.isascii() or is_normalized(NFC, name) else normalize(NFC, name)


def match_name(word: str, known: Collection[str]) -> str | None:
    """Which of `known` is the same name as `word`; None: none is."""
    if word in known:
        return word
    wanted = to_nfc(word)
    return next((name for name in known if to_nfc(name) == wanted), None)
