"""The repository's params.yaml as it is once a lead opened every round that it plans."""

from functools import cache
from pathlib import Path

from silverprint import config
from silverprint.campaign import round_plan

ROOT = Path(__file__).resolve().parents[2]


@cache
def all_opened() -> str:
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for name in config.parse(text).planned:
        text = round_plan.open_planned(text, name, {})
    return text
