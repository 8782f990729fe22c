"""Kinds of existing classifiers that give the first predictions, and what their words mean."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import Field

from silverprint.config.field_types import PACKAGED_BACKBONE, ClassName, Line, Sha256, frozen
from silverprint.errors import ConfigError

Words: TypeAlias = Annotated[tuple[Line, ...], Field(min_length=1)]


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


Classifier: TypeAlias = Annotated[TableClassifier | ImagenetClassifier, Field(discriminator="kind")]
CLASSIFIER_KINDS: Final[dict[str, type[Any]]] = {"table": TableClassifier, "imagenet": ImagenetClassifier}


def meanings(classifier: TableClassifier | ImagenetClassifier, classes: Sequence[str]) -> dict[str, int]:
    """The classifier's word -> the place in `classes` of what it means.

    In a table a class that stands for no other one is a word for itself, beside those that are given for it.
    """
    own = {name: number for number, name in enumerate(classes)} if isinstance(classifier, TableClassifier) else {}
    given = {word: classes.index(name) for name, words in classifier.classes.items() for word in words}
    return own | given


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
