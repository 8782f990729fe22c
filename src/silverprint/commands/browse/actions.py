"""Actions of the page: what a selection becomes in data/include.csv, exclude.csv, gold.csv and takedowns.csv."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from silverprint import layout
from silverprint.adapters import git
from silverprint.adapters.browse.pool import Action, Change, Field, Said
from silverprint.campaign import gold_list, picks, takedown_lines
from silverprint.campaign.gold_additions import GoldAdditions, Wanted
from silverprint.config import Params
from silverprint.errors import UsageError

_WHY: Final = Field("why", "Why? It is kept in Git")
_NEXT: Final = "Commit it; the next queue follows it: silverprint repro."
_KNOWN: Final = "the list has them already"


def actions(params: Params) -> Mapping[str, Action]:
    by = Field("by", "Who says so?", value=git.who(Path.cwd()))
    rounds = picks.rounds_to_come(params)
    asked = Field("round", "In which round?", rounds, rounds[0] if rounds else "")
    label = Field("label", "The label that is known", gold_list.answers(params))
    idle = "" if rounds else "Every round has asked people already: open or plan another."
    return {
        "include": Action(
            "Include",
            "People are asked about these first, in one round.",
            (asked, _WHY, by),
            partial(_include, params),
            idle,
        ),
        "exclude": Action(
            "Exclude", "Nobody is ever asked about these, nor about near-duplicates of them.", (_WHY, by), _exclude
        ),
        "gold": Action(
            "Gold", "Their label is known; people's answers are checked by them.", (label, _WHY), partial(_gold, params)
        ),
        "takedown": Action(
            "Take down",
            "They are withdrawn with all copies of the same pixels: from queues, training and the next release.",
            (_WHY,),
            partial(_take_down, params),
        ),
    }


def _include(params: Params, image_ids: Sequence[str], said: Said) -> Change:
    """Pictures that the round cannot ask about get no line: its queue would leave them out.

    Raises:
        UsageError: the round asked people meanwhile.
    """
    name = said["round"]
    if name not in picks.rounds_to_come(params):
        raise UsageError(f"round {name!r}", "it has asked people meanwhile", "start silverprint browse again")
    barred = picks.barred(params, name, image_ids)
    free = [image_id for image_id in image_ids if image_id not in barred]
    lines = picks.include_lines(params, name, free, said["why"], said["by"])
    left = [*Counter(barred.values()).items(), (_KNOWN, len(free) - lines.height)]
    return Change(str(layout.INCLUDE), lines, _some(left), _NEXT, partial(picks.include, params, lines))


def _exclude(image_ids: Sequence[str], said: Said) -> Change:
    lines = picks.exclude_lines(image_ids, said["why"], said["by"])
    left = [(_KNOWN, len(image_ids) - lines.height)]
    return Change(str(layout.EXCLUDE), lines, _some(left), _NEXT, partial(picks.exclude, lines))


def _gold(params: Params, image_ids: Sequence[str], said: Said) -> Change:
    additions = GoldAdditions(params)
    wanted = [Wanted.typed(params, image_id, said["label"], said["why"]) for image_id in image_ids]
    refused = [None if (why := additions.refusal(one)) is None else why.rule for one in wanted]
    free = [one for one, why in zip(wanted, refused, strict=True) if why is None]
    lines = additions.lines(free)
    left = [*Counter(why for why in refused if why).items(), (_KNOWN, len(free) - lines.height)]
    after = f"Commit it; a round asks about rounds.<name>.gold of them. {_NEXT}"
    return Change(str(layout.GOLD), lines, _some(left), after, partial(additions.write, lines))


def _take_down(params: Params, image_ids: Sequence[str], said: Said) -> Change:
    raw = takedown_lines.indexes(params)
    found = takedown_lines.draw_up(params, "image", list(image_ids), said["why"], raw)
    after = "They are not shown any more. Commit it, then: silverprint repro. What else: silverprint docs takedowns"
    return Change(str(layout.TAKEDOWNS), found.new, (), after, found.write)


def _some(left: Sequence[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    return [(why, number) for why, number in left if number]
