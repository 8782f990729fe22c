"""Classes in words, for an open_clip backbone."""

import pytest

from silverprint.config import ZeroShotClassifier, meanings
from silverprint.config.classifiers import check_classifiers
from silverprint.errors import ConfigError

CLASSES = ("coat", "ankle_boot", "bag")


def clip(**entries: object) -> ZeroShotClassifier:
    return ZeroShotClassifier(kind="zero-shot", **entries)


def test_a_class_is_described_by_its_name_or_by_words_instead() -> None:
    own = clip(classes={"bag": ("purse", "backpack")})
    assert meanings(own, CLASSES) == {"coat": 0, "ankle boot": 1, "purse": 2, "backpack": 2}
    check_classifiers({"clip": own}, CLASSES, "open_clip/RN50")
    check_classifiers({"clip": clip(classes={"bag": ("coat",), "coat": ("parka",)})}, CLASSES, "open_clip/RN50")


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"templates": ("a photo",)}, r"clip\.templates: 'a photo'.*has \{\} once.*write it as"),
        ({"templates": ("{} and {}",)}, "once"),
        ({"templates": ("{0}",)}, "once"),
        ({"templates": ("{{}}",)}, "once"),
        ({"classes": {"bag": ("coat",)}}, r"clip\.classes: 'coat'.*two classes are described"),
        ({"classes": {"bag": ("a", "a")}}, "twice for bag"),
    ],
)
def test_what_cannot_be_meant_is_refused(entries: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_classifiers({"clip": clip(**entries)}, CLASSES, "open_clip/RN50")
