"""Lint before every stage: params.yaml and dvc.yaml agree, and rounds that people have seen stay as they are."""

from silverprint import layout, yamltext
from silverprint.campaign import class_changes, known_names, ledgers, round_state
from silverprint.config import Params
from silverprint.core.votes import class_changes as changing
from silverprint.dvcfiles import stage_source_deps
from silverprint.errors import ConfigError
from silverprint.records import NONE_OF_THESE


def lint(params: Params) -> None:
    """Refuses a pipeline that would lose pictures or rewrite rounds.

    Raises:
        ConfigError: the first disagreement, with the command that fixes it.
    """
    known_names.check(params)
    _sources_in_pipeline(params)
    _opened_rounds_stay(params)
    class_changes.require_list(params)
    _needed_sections()
    by_hand = (layout.TAKEDOWNS, layout.IMPORTS, layout.WAIVERS, layout.INCLUDE, layout.EXCLUDE, layout.GOLD)
    for path in (*by_hand, layout.PERSONAL, layout.BLOCKED, layout.ANNOTATORS):
        if not path.exists():
            raise ConfigError(str(path), "the ledger is not there", f"run: git checkout {path}")
    for name in params.chain:
        if not layout.asks(name).exists():
            value = f"rounds.{name} without {layout.asks(name)}"
            raise ConfigError(value, "a round needs its file of asks", f"run: silverprint round open {name}")


def _sources_in_pipeline(params: Params) -> None:
    for name, stage in stage_source_deps.parse(yamltext.read(layout.PIPELINE)).items():
        for folder, need in stage_source_deps.NEED.items():
            named = stage.sources(folder)
            if not named and name not in need:
                continue
            for missing in sorted(params.sources.keys() - named):
                value = f"dvc.yaml stage {name!r} lacks {folder}{missing}"
                raise ConfigError(value, "its pictures would be lost", f"run: silverprint source add {missing}")
            for extra in sorted(named.keys() - params.sources.keys()):
                value = f"dvc.yaml stage {name!r} names {folder}{extra}"
                raise ConfigError(value, "params.yaml has no such source", f"run: silverprint source remove {extra}")


def _needed_sections() -> None:
    """DVC cannot run a stage that depends on a section which is not there."""
    stages = yamltext.mapping(yamltext.read(layout.PIPELINE), layout.PIPELINE)["stages"]
    sections = yamltext.mapping(yamltext.read(layout.PARAMS), layout.PARAMS)
    for stage, section, above in (
        ("report", "planned", "rounds"),
        ("start", "classifiers", "evaluation"),
        ("queue", "tiers", "planned"),
        ("queue", "classes", "planned"),
        ("clean", "persons", "embed"),
    ):
        entry = stages.get(stage) or {}
        needed = entry.get("do", entry).get("params")
        if isinstance(needed, list) and section in needed and section not in sections:
            rule = f"is missing, and the stage {stage} depends on it in dvc.yaml"
            raise ConfigError(f"params.yaml {section}", rule, f"write a line above `{above}`: {section}: {{}}")


def _opened_rounds_stay(params: Params) -> None:
    for path in sorted(layout.ROUNDS.glob("*/state.json")):
        name = path.parent.name
        seen = round_state.load(name)
        if seen is None:
            continue
        entry = params.rounds.get(name)
        if entry is None:
            rule = "people have been asked in this round, so it may not be renamed or removed"
            raise ConfigError(f"rounds.{name} is missing", rule, f"restore it with prev: {seen.prev}")
        if entry.prev != seen.prev:
            value = f"rounds.{name}.prev = {entry.prev!r}"
            raise ConfigError(value, f"the round was opened after {seen.prev!r}", f"set prev: {seen.prev}")
        later = class_changes.since(seen.class_changes)
        for asked in seen.classes:
            for gone in changing.meaning(asked, later):
                if gone not in (*params.dataset.classes, NONE_OF_THESE):
                    raise _lost(gone, name)


def _lost(gone: str, asked_in: str) -> ConfigError:
    """Even a class that nobody chose stays: it was on the page, and an open round may still be answered with it."""
    voted = sorted(layout.ROUNDS.glob("*/votes.csv"))
    count = sum(ledgers.votes(path.parent.name).filter(choice=gone, status="valid").height for path in voted)
    value = f"dataset.classes lacks {gone!r}, for which there are {count} votes"
    rule = f"{asked_in} asked with it, and once people have been asked a class is changed by a command alone"
    return ConfigError(value, rule, f"restore {gone!r}, then: silverprint classes rename|merge|split|retire")
