"""dvc.yaml of a campaign, stage by stage: the tool's stages are exchanged, the team's own stay where they are."""

from collections.abc import Collection
from dataclasses import replace

from silverprint import layout
from silverprint.campaign.upgrade import history
from silverprint.campaign.upgrade.text_merge import Merge, Merged, Refused, merge
from silverprint.dvcfiles import pipeline_blocks
from silverprint.dvcfiles.pipeline_blocks import Pipeline

_FILE = str(layout.PIPELINE)


def upgrade(text: str, known_sources: Collection[str], sources: Collection[str], git: Merge) -> Merged:
    """
    Args:
        text: of the campaign's dvc.yaml.
        known_sources: all sources that it may name.
        sources: those that it names afterwards.

    Raises:
        ConfigError: its stages cannot be told apart.
    """
    ours, new = pipeline_blocks.split(text), pipeline_blocks.split(history.template(_FILE))
    lines = _first_lines(ours)
    head = merge(ours.head, history.known(_FILE), new.head, git, _FILE)
    found: dict[str, Merged] = {}
    for stage, block in new.stages.items():
        if stage not in ours.stages:
            found[stage] = Merged(block, edited=False)
            continue
        mine = pipeline_blocks.without_sources(ours.stages[stage], known_sources)
        merged = merge(mine, history.known(history.stage_piece(stage)), block, git, _FILE, 0)
        refused = (
            replace(one, line=lines[stage] + _whole_line(ours.stages[stage], known_sources, one.line))
            for one in merged.refused
        )
        found[stage] = replace(merged, refused=tuple(refused))
    gone = [_gone(stage, block, lines[stage]) for stage, block in ours.stages.items() if stage not in new.stages]
    blocks = {stage: pipeline_blocks.with_sources(piece.text, sources) for stage, piece in found.items()}
    own = {stage for stage in ours.stages if stage not in new.stages and stage not in history.stages()}
    every = [head, *found.values(), *gone]
    return Merged(
        Pipeline(head.text, _in_order(blocks, ours.stages, own), ours.tail).text(),
        edited=bool(own) or any(piece.edited for piece in every),
        refused=tuple(one for piece in every for one in piece.refused),
    )


def _first_lines(pipeline: Pipeline) -> dict[str, int]:
    """On which line of the file each block begins."""
    at, found = pipeline.head.count("\n") + 1, {}
    for stage, block in pipeline.stages.items():
        found[stage] = at
        at += block.count("\n")
    return found


def _whole_line(block: str, names: Collection[str], line: int) -> int:
    """The line of `block` that is `line` once the lines of its sources are one; counted from 0."""
    lines = block.splitlines(keepends=True)
    whole = range(1, len(lines))
    shorter = (pipeline_blocks.without_sources("".join(lines[:end]), names).count("\n") for end in whole)
    return next((end - 1 for end, count in zip(whole, shorter, strict=True) if count > line), len(lines) - 1)


def _gone(stage: str, block: str, line: int) -> Merged:
    """A stage that this version does not have: the team's own, or one that the tool had, which goes unless edited."""
    known = history.known(history.stage_piece(stage))
    if not known or block.rstrip() in (text.rstrip() for text in known):
        return Merged("", edited=not known)
    return Merged(block, edited=True, refused=(Refused(_FILE, line, tuple(block.splitlines()), ()),))


def _in_order(blocks: dict[str, str], ours: dict[str, str], own: Collection[str]) -> dict[str, str]:
    """The tool's stages in their order; each of the team's own behind the stage that it stood behind."""
    order = list(blocks)
    before: str | None = None
    for stage in ours:
        if stage in own:
            order.insert(order.index(before) + 1 if before in order else 0, stage)
        if stage in order:
            before = stage
    return {stage: blocks[stage] if stage in blocks else ours[stage] for stage in order}
