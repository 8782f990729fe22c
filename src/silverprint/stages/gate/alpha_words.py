"""Alpha in words: the round's agreement with its interval, and the two people who agree least."""

from typing import Any


def describe(quality: dict[str, Any]) -> str:
    """What a finding says of alpha, from quality.json; empty where it is not measured or was not written so far."""
    alpha, interval = quality["alpha_round"], quality.get("alpha_interval")
    if alpha is None or interval is None:
        return ""
    low, high = interval
    known = [pair for pair in quality["alpha_pairs"] if pair["alpha"] is not None]
    said = f"{alpha:.3f} (95 % interval {low:.3f} to {high:.3f})"
    if len(known) < 2:
        return said
    worst = min(known, key=lambda pair: pair["alpha"])
    return f"{said}, least of {worst['one']} and {worst['other']}: {worst['alpha']:.3f} on {worst['pictures']} pictures"
