"""Two campaigns of one user at once: random commands in both leave each as its own commands alone do.

An example takes a minute, and smaller ones tell no more than the command that went wrong: so they are drawn by a seed.
"""

import random
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.helpers import one_machine
from tests.helpers.one_machine import CLASSES, PEOPLE, Machine

NAMES = ("bags", "dresses")
BEGIN = ("studio up", "round open r01", "repro")
WHY = "--why tried"


def command(draw: random.Random, name: str) -> list[str]:
    """What somebody types in the folder of a campaign, one line or two that belong together."""
    person, round_name = draw.choice(PEOPLE), draw.choice(("r01", "r02"))
    work = [[f"answer {who}", f"answer {draw.choice(PEOPLE)}", "repro"] for who in (person, person)]
    rounds = [f"add {round_name}", f"open {round_name}", f"open {round_name} --budget 4 --overlap 1"]
    rounds += [f"remove {round_name} {WHY}", f"close {round_name} --early {WHY}", f"redraw {round_name}"]
    rounds += [f"reopen {round_name} --all {WHY}"]
    people = [
        f"pause {person} {WHY}",
        f"retire {person} --yes {WHY}",
        f"resume {person} {WHY}",
        "list",
        "invite dee eve",
    ]
    return draw.choice(
        [
            *work,
            ["repro"],
            [f"studio {draw.choice(('up', 'up', 'down'))}"],
            [f"people {draw.choice(people)}"],
            [f"round {draw.choice(rounds)}"],
            [f"round {draw.choice(rounds)}", "repro"],
            [draw.choice(("status", f"votes import {name}-photos", f"source add more --folder ../more-{CLASSES[0]}"))],
        ]
    )


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both campaigns as `init` made them."""
    folder = tmp_path_factory.mktemp("templates")
    for number, name in enumerate(NAMES):
        one_machine.made(folder, name, count=16, skipped=16 * number)
    return folder


@pytest.mark.soak
@pytest.mark.parametrize(("commands", "seed"), [(12, 7), (200, None)])
def test_each_of_two_campaigns_is_in_the_end_as_if_alone(
    templates: Path, tmp_path: Path, commands: int, seed: int | None
) -> None:
    seed = random.randrange(10**6) if seed is None else seed
    draw = random.Random(seed)
    with ExitStack() as stack:
        together = stack.enter_context(closing(Machine(tmp_path / "both")))
        together.settle(templates, NAMES)
        lines = [(name, line) for line in BEGIN for name in NAMES]
        while len(lines) < commands:
            name = draw.choice(NAMES)
            lines += [(name, line) for line in command(draw, name)]
        for name, line in lines:
            together.type(name, line)
        for name in NAMES:
            alone = stack.enter_context(closing(Machine(tmp_path / name)))
            alone.settle(templates, (name,))
            for line, _ in together.codes[name]:
                alone.type(name, line)
            assert alone.codes[name] == together.codes[name], f"seed {seed}"
            assert one_machine.ended(alone.folder / name) == one_machine.ended(together.folder / name), f"seed {seed}"
    assert {code for codes in together.codes.values() for _, code in codes} >= {0, 75}, f"seed {seed}"
