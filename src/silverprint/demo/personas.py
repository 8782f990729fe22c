"""Personas: three people with habits of their own; the same person always says the same of an image."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from silverprint.demo.fashion import CLASSES, HARDNESS, LOOK_ALIKES
from silverprint.records import NONE_OF_THESE, UNSURE

ANCHORED_NEAR: Final = 0.10  # a wrong pre-selected look-alike is let stand, beyond the person's own errors
ANCHORED_FAR: Final = 0.02  # any other wrong pre-selected class
OVERLOOKED: Final = 0.10  # a wrong answer that is pre-set on a page of many, as benchmarks.campaign assumes it


@dataclass(frozen=True)
class Person:
    name: str
    errors: float  # share of wrong answers over the classes, abstentions aside
    unsure: float  # share of abstentions on a picture of middling difficulty
    pace_s: float  # median time for a picture
    habits: Mapping[str, str] = field(default_factory=dict)  # class -> the one this person takes it for twice as often


PERSONS: Final[Mapping[str, Person]] = {
    "ada": Person("ada", 0.10, 0.03, 4.0, {"coat": "pullover"}),
    "bo": Person("bo", 0.15, 0.02, 2.5, {"shirt": "t-shirt", "ankle boot": "sneaker"}),
    "cyn": Person("cyn", 0.30, 0.01, 1.5, {"pullover": "coat", "dress": "shirt", "sandal": "sneaker"}),
}


@dataclass(frozen=True)
class Answer:
    choice: str
    lead_time_s: float


def decide(
    person: Person, image_id: str, truth: str | None, shown: str | None = None, *, shares_page: bool = False
) -> Answer:
    """What the person says about a picture.

    Seeded by person and picture alone, so the order of asking does not matter. Some pictures are hard for everybody:
    errors of different people meet there, as they do in life.

    On a page that pictures share, a wrong answer that is pre-set is OVERLOOKED by chance. Where it is seen, or the
    pre-set answer is right, the person says what they would say of the picture alone, and takes as long.

    Args:
        truth: what it shows; None for a picture that is not of the demonstration.
        shown: the class pre-selected in the page, if one is.
        shares_page: whether the page has other pictures, too.
    """
    chance = _chance(person.name, image_id)
    draws = chance.random(4)
    hard = difficulty(image_id)
    lead_time = round(person.pace_s * hard * float(chance.lognormal(0, 0.4)), 3)
    if shares_page and shown is not None:
        overlooks = truth is not None and shown != truth and draws[1] < OVERLOOKED
        return Answer(shown if overlooks else _choice(person, truth, None, hard, draws.tolist()), lead_time)
    return Answer(_choice(person, truth, shown, hard, draws.tolist()), lead_time)


def difficulty(image_id: str) -> float:
    """How hard a picture is for everybody: 0.3 (easy) to 1.7, mean 1. Error rates are in proportion."""
    return 0.3 + 1.4 * float(_chance("difficulty", image_id).random())


def _choice(person: Person, truth: str | None, shown: str | None, hard: float, draws: list[float]) -> str:
    if truth is None:
        return UNSURE
    if truth == NONE_OF_THESE:
        return UNSURE if draws[0] < person.unsure else NONE_OF_THESE
    hard *= HARDNESS[truth]
    if draws[0] < person.unsure * hard:
        return UNSURE
    if shown in CLASSES and shown != truth:
        near = LOOK_ALIKES[truth].get(shown, 0) > 0
        if draws[1] < (ANCHORED_NEAR if near else ANCHORED_FAR):
            return shown
    if draws[2] < person.errors * hard:
        return _mistaken(person, truth, draws[3])
    return truth


def _mistaken(person: Person, truth: str, draw: float) -> str:
    likes = LOOK_ALIKES[truth]
    weights = [weight * (2 if person.habits.get(truth) == name else 1) for name, weight in likes.items()]
    at = np.searchsorted(np.cumsum(weights) / sum(weights), draw, side="right")
    return list(likes)[min(int(at), len(likes) - 1)]


def _chance(*words: str) -> np.random.Generator:
    seed = hashlib.sha256("\0".join(words).encode()).digest()
    return np.random.default_rng(int.from_bytes(seed[:8], "big"))
