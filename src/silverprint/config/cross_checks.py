"""Checks across several values of params.yaml."""

import re
from collections.abc import Iterator, Mapping

from silverprint.config.class_names import check_class_list
from silverprint.config.classifiers import check_classifiers
from silverprint.config.field_types import PACKAGED_BACKBONE
from silverprint.config.model import CROWD, PERSON_POLICIES, START, Clean, Embed, Params, PlannedRound
from silverprint.config.sources import CrowdSource, Language, Theme, WebSource
from silverprint.errors import ConfigError
from silverprint.records import BLUR, NOBODY


def require_agreement(params: Params) -> None:
    """Refuses parameters that are right one by one and wrong together."""
    check_class_list(params.dataset.classes)
    _clean(params.clean)
    _group_radii(params)
    _embed(params.embed)
    _formats(params.release.formats)
    if not params.sources:
        raise ConfigError("sources = {}", "a dataset needs a source", "silverprint source add NAME --archive PATH")
    for name, source in params.sources.items():
        if isinstance(source, WebSource) and source.spider is None:
            _pictures(name, source)
        if isinstance(source, CrowdSource):
            _themes(name, source, params.clean)
    _rounds(params)
    _core_classes(params)
    _tiers(params)
    _persons(params)
    _test_sources(params)
    _answers(params.release.answers)
    _copies(params)
    check_classifiers(params.classifiers, params.dataset.classes, params.embed.backbone)


def _rounds(params: Params) -> None:
    for section, entries in params.rounds_by_section:
        for name, entry in entries.items():
            if entry.control + entry.relabel + entry.audit > 1:
                where = f"{section}.{name}.control"
                value = f"{where} = {entry.control}, relabel = {entry.relabel}, audit = {entry.audit}"
                raise ConfigError(value, "they are shares of one budget", "their sum is at most 1")
            _overlap(f"{section}.{name}", entry)
        if START in entries:
            raise ConfigError(f"{section}.start", "'start' is the state before the first round", "rename the round")
    for name in params.planned:
        if name in params.rounds:
            rule = "it is opened, under `rounds`, and a round is either planned or opened"
            raise ConfigError(f"planned.{name}", rule, "remove one of the two, or rename it")
    last = params.chain[-1] if params.chain else START
    if params.last != last:
        raise ConfigError(f"last = {params.last!r}", "must be the last opened round", f"set last: {last}")


def _overlap(where: str, entry: PlannedRound) -> None:
    known = entry.sequential
    if known is None:
        return
    if known.min > known.max:
        value = f"{where}.overlap = {known}"
        raise ConfigError(value, "min is at most max", f"write {{min: {known.max}, max: {known.min}, ...}}")
    if entry.page == "grid":
        value = f"{where}.page = 'grid' with overlap = {known}"
        rule = "who answered a shared page would be asked about one of its pictures again, on a page of its own"
        raise ConfigError(value, rule, "write page: single, or a number of people")


def _core_classes(params: Params) -> None:
    for name in params.release.core_classes:
        if name not in params.dataset.classes:
            value = f"release.core_classes = [{', '.join(params.release.core_classes)}]"
            raise ConfigError(value, f"{name!r} is no class", f"use some of: {', '.join(params.dataset.classes)}")


def _tiers(params: Params) -> None:
    for name in params.classes:
        if name not in params.dataset.classes:
            value = f"classes.{name}"
            raise ConfigError(value, f"{name!r} is no class", f"use some of: {', '.join(params.dataset.classes)}")
    if CROWD in params.tiers:
        rule = "the crowd is everybody, and each round says how many of them it asks"
        raise ConfigError(f"tiers.{CROWD}", rule, "leave it out, or give the tier another name")
    judges = [name for name, tier in params.tiers.items() if tier.adjudicate is not None]
    if len(judges) > 1:
        value = ", ".join(f"tiers.{name}.adjudicate" for name in judges)
        raise ConfigError(value, "one tier settles what the crowd disagrees on", f"leave it out of tiers.{judges[1]}")
    for name, tier in params.tiers.items():
        known = tier.sequential
        if known and known.min > known.max:
            value = f"tiers.{name}.overlap = {known}"
            raise ConfigError(value, "min is at most max", f"write {{min: {known.max}, max: {known.min}, ...}}")
        if known and any(entry.page == "grid" for _, rounds in params.rounds_by_section for entry in rounds.values()):
            value = f"tiers.{name}.overlap = {known} with page: grid in a round"
            rule = "who answered a shared page would be asked about one of its pictures again, on a page of its own"
            raise ConfigError(value, rule, "write page: single there, or a number of people")


def _persons(params: Params) -> None:
    policies = {"persons.policy": params.persons.policy}
    policies |= {f"persons.policies.{name}": policy for name, policy in params.persons.policies.items()}
    known = (*PERSON_POLICIES, *params.tiers)
    for where, policy in policies.items():
        if policy not in known:
            rule = "is no way to treat pictures of persons, and no tier"
            raise ConfigError(f"{where} = {policy!r}", rule, f"use one of: {', '.join(known)}")
        if policy == BLUR and params.persons.detector == "none":
            rule = "nothing says where a face is, so that it could be blurred"
            raise ConfigError(f"{where} = {policy!r}", rule, "set persons.detector: mtcnn")
    for name in params.persons.policies:
        if name not in params.sources:
            remedy = f"use some of: {', '.join(params.sources)}"
            raise ConfigError(f"persons.policies.{name}", f"{name!r} is no source", remedy)
    for word in (*PERSON_POLICIES, NOBODY):
        if word in params.tiers:
            raise ConfigError(f"tiers.{word}", "the word says how persons are treated", "give the tier another name")


def _test_sources(params: Params) -> None:
    named = params.release.test_sources
    value = f"release.test_sources = [{', '.join(named)}]"
    for name in named:
        if name not in params.sources:
            raise ConfigError(value, f"{name!r} is no source", f"use some of: {', '.join(params.sources)}")
    if len(set(named)) == len(params.sources):
        raise ConfigError(value, "no source is left to train on", "leave one out")


def _answers(answers: Mapping[str, str]) -> None:
    url = answers.get("url")
    if url is not None and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        raise ConfigError(f"release.answers.url = {url!r}", "croissant.json has one address", "write https://...")


def _copies(params: Params) -> None:
    if params.release.augment and not params.model.finetune.augment.changes_one:
        value = f"release.augment = {params.release.augment}"
        rule = "model.finetune.augment changes no single picture, so each copy would be its original"
        raise ConfigError(value, rule, "set flip, rotation, crop, colour or randaugment there, or augment: 0")


def _pictures(name: str, source: WebSource) -> None:
    if source.picture is None:
        raise ConfigError(
            f"sources.{name}.picture", "is missing", "compare silverprint docs params; a spider may do without"
        )


def _themes(name: str, source: CrowdSource, clean: Clean) -> None:
    if not source.themes:
        raise ConfigError(
            f"sources.{name}.themes = {{}}", "a crowd is asked for something", "see silverprint docs contribute"
        )
    for title, theme in source.themes.items():
        if theme.license not in clean.licenses:
            value = f"sources.{name}.themes.{title}.license = {theme.license!r}"
            rule = "is not in clean.licenses, so whatever people give would be rejected"
            raise ConfigError(value, rule, f"use one of: {', '.join(clean.licenses)}")
        for knob, said in _texts(theme):
            if set(said) != set(theme.title):
                value = f"sources.{name}.themes.{title}.{knob} in {', '.join(said)}"
                rule = f"all texts of a theme are in the same languages, and its title is in {', '.join(theme.title)}"
                raise ConfigError(value, rule, "add the languages that are missing, or take out those too many")


def _texts(theme: Theme) -> Iterator[tuple[str, dict[Language, str]]]:
    """Every text of a theme in its languages, with the knob that has it."""
    for knob in ("instructions", "license_words", "consent"):
        yield knob, getattr(theme, knob)
    for knob in ("good", "bad"):
        yield from ((f"{knob}.{place}.text", one.text) for place, one in enumerate(getattr(theme, knob)))


def _embed(embed: Embed) -> None:
    given = (embed.weights is not None, embed.weights_sha256 is not None)
    value = f"embed.backbone = {embed.backbone!r}"
    if embed.backbone == PACKAGED_BACKBONE and any(given):
        raise ConfigError(value, "its weights are packaged", "leave out embed.weights and embed.weights_sha256")
    if embed.backbone != PACKAGED_BACKBONE and not all(given):
        remedy = "set embed.weights and embed.weights_sha256 (sha256sum FILE)"
        raise ConfigError(value, "its weights are a file", remedy)


def _formats(formats: tuple[str, ...]) -> None:
    value = f"release.formats = [{', '.join(formats)}]"
    if "parquet" not in formats:
        rule = "silverprint itself reads from Parquet what was released"
        raise ConfigError(value, rule, f"write [{', '.join(dict.fromkeys(['parquet', *formats]))}]")
    if len(set(formats)) < len(formats):
        raise ConfigError(value, "names a format twice", f"write [{', '.join(dict.fromkeys(formats))}]")


def _clean(clean: Clean) -> None:
    if clean.group_radius < clean.duplicate_radius:
        value = f"clean.group_radius = {clean.group_radius}"
        raise ConfigError(value, "must be at least clean.duplicate_radius", f"set {clean.duplicate_radius}")
    if clean.min_brightness >= clean.max_brightness:
        value = f"clean.min_brightness = {clean.min_brightness}"
        rule = f"must be below clean.max_brightness ({clean.max_brightness}), or no picture is kept"
        raise ConfigError(value, rule, "swap or fix them")


def _group_radii(params: Params) -> None:
    for name, radius in params.clean.group_radii.items():
        if name not in params.sources:
            value, rule = f"clean.group_radii.{name} = {radius}", "names no source"
            raise ConfigError(value, rule, f"use one of: {', '.join(params.sources)}")
