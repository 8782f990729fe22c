"""docs/cleaning.md against the code and params.yaml."""

import re
from pathlib import Path

from silverprint import config
from silverprint.core.cleaning.rules import REASONS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "cleaning.md").read_text(encoding="utf-8")


def test_every_reason_is_documented_in_order():
    assert tuple(re.findall(r"^\| `([a-z-]+)` \|", TEXT, re.MULTILINE)) == REASONS


def test_defaults_are_those_of_the_parameters():
    limits = config.load(ROOT / "params.yaml").clean
    rows = re.findall(r"^\| `[a-z-]+` \| `([a-z_]+)` \| ([^|]+) \|", TEXT, re.MULTILINE)
    documented = dict(rows) | dict(re.findall(r"`([a-z_]+)`(?: bits)? \(default ([\w.{}]+)\)", TEXT))
    for knob, value in vars(limits).items():
        assert documented[knob] == (", ".join(value) if isinstance(value, tuple) else str(value))
