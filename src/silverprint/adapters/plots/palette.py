"""Colours of the report's figures; its page uses the same (pages/style.html). Blue and orange differ for every eye."""

from typing import Final

INK: Final = "#22252a"
MUTED: Final = "#6a6e76"
LINE: Final = "#dcdad4"
PAPER: Final = "#ffffff"
SHADE: Final = "#efede8"
MODEL: Final = "#1f5f99"
RANDOM: Final = "#c2631a"
REJECTED: Final = "#a3372f"
FLAGGED: Final = "#b07d12"
FLAGGED_SHADE: Final = "#faf4e3"
