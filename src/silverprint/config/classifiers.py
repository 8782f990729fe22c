"""Kinds of existing classifiers that give the first predictions, and what their words mean."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from silverprint.config.field_types import PACKAGED_BACKBONE, ClassName, Line, Sha256, frozen
from silverprint.errors import ConfigError

Words: TypeAlias = Annotated[tuple[Line, ...], Field(min_length=1)]
# The plain prompt of CLIP, and the seven that its authors chose for ImageNet out of eighty: Radford et al. 2021,
# "Learning Transferable Visual Models From Natural Language Supervision" (arXiv:2103.00020), section 3.1.4.
TEMPLATES: Final = (
    "a photo of a {}.",
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)


@frozen
class TableClassifier:
    """Predictions that another system made: a .csv, .parquet or .jsonl file."""

    kind: Literal["table"]
    path: Line
    sha256: Sha256  # of that file: with another one the predictions are made anew
    classes: dict[ClassName, Words] = Field(default_factory=dict)  # class -> its words; a class means itself elsewhere


@frozen
class ImagenetClassifier:
    """The packaged backbone's own 1,000 classes."""

    kind: Literal["imagenet"]
    classes: Annotated[dict[ClassName, Words], Field(min_length=1)]  # class -> the ImageNet classes that are one of it


@frozen
class ZeroShotClassifier:
    """The text side of the open_clip network whose image side is the backbone: classes are described in words."""

    kind: Literal["zero-shot"]
    templates: Words = TEMPLATES  # sentences with {} where the word goes
    classes: dict[ClassName, Words] = Field(default_factory=dict)  # class -> words for it in place of its own name


AnyClassifier: TypeAlias = TableClassifier | ImagenetClassifier | ZeroShotClassifier
Classifier: TypeAlias = Annotated[AnyClassifier, Field(discriminator="kind")]
CLASSIFIER_KINDS: Final[dict[str, type[Any]]] = {
    "table": TableClassifier,
    "imagenet": ImagenetClassifier,
    "zero-shot": ZeroShotClassifier,
}


def meanings(classifier: AnyClassifier, classes: Sequence[str]) -> dict[str, int]:
    """The classifier's word -> the place in `classes` of what it means.

    In a table a class that stands for no other one is a word for itself, beside those that are given for it. Before a
    zero-shot classifier a class without words is described by its name, `_` read as a space.
    """
    given = {word: classes.index(name) for name, words in classifier.classes.items() for word in words}
    if isinstance(classifier, TableClassifier):
        return {name: number for number, name in enumerate(classes)} | given
    if isinstance(classifier, ZeroShotClassifier):
        return {_spoken(name): n for n, name in enumerate(classes) if name not in classifier.classes} | given
    return given


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def check_classifiers(classifiers: Mapping[str, Any], classes: Sequence[str], backbone: str) -> None:
    """
    Raises:
        ConfigError: there are two, a class is unknown, a word is given twice, or the backbone has no classes.
    """
    if len(classifiers) > 1:
        value, rule = f"classifiers = {', '.join(classifiers)}", "one classifier gives the first predictions"
        raise ConfigError(value, rule, "leave the one that is right most often")
    for name, classifier in classifiers.items():
        _words(f"classifiers.{name}.classes", classifier.classes, classes)
        if isinstance(classifier, ImagenetClassifier) and backbone != PACKAGED_BACKBONE:
            value = f"classifiers.{name}.kind = 'imagenet' with embed.backbone = {backbone!r}"
            rule = f"the ImageNet classes are those of {PACKAGED_BACKBONE}, which reads its own features"
            raise ConfigError(value, rule, "remove it, or give the other network's predictions as kind: table")
        if isinstance(classifier, ZeroShotClassifier):
            _described(f"classifiers.{name}", classifier, classes, backbone)


def _described(where: str, classifier: ZeroShotClassifier, classes: Sequence[str], backbone: str) -> None:
    if not backbone.startswith("open_clip/"):
        value, rule = f"{where}.kind = 'zero-shot' with embed.backbone = {backbone!r}", "it reads open_clip's features"
        raise ConfigError(value, rule, "use an open_clip/NAME backbone, or give its predictions as kind: table")
    for template in classifier.templates:
        if re.findall(r"[{}]+", template) != ["{}"]:
            remedy = "write it as 'a photo of a {}.'"
            raise ConfigError(f"{where}.templates: {template!r}", "a template has {} once, for the word", remedy)
    own = [_spoken(name) for name in classes if name not in classifier.classes]
    given = [word for words in classifier.classes.values() for word in words]
    for word in own:
        if (own + given).count(word) > 1:
            rule = "two classes are described by it: the name of one, and a word for another or its name"
            raise ConfigError(f"{where}.classes: {word!r}", rule, "give each of the two words of its own")


def _words(where: str, given: Mapping[str, Sequence[str]], classes: Sequence[str]) -> None:
    means: dict[str, str] = {}
    for name, words in given.items():
        if name not in classes:
            near = get_close_matches(name, classes, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"use some of: {', '.join(classes)}"
            raise ConfigError(f"{where}.{name}", "no class of dataset.classes", remedy)
        for word in words:
            if word in means:
                both = f"for {means[word]} and for {name}" if means[word] != name else f"twice for {name}"
                raise ConfigError(f"{where}: {word!r} {both}", "a word means one class", "leave it once")
            means[word] = name
