"""silverprint contribute status|withdraw|forget: what people gave, and took back; and an end to who they were."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from silverprint import contribute_page, layout, taken_back
from silverprint.adapters.contribute import inbox, invite_notes, invites
from silverprint.adapters.contribute.examples import crowds
from silverprint.adapters.contribute.standing import Standing
from silverprint.adapters.contribute.take_in import contributor_page
from silverprint.campaign import confirm, released, takedown_lines
from silverprint.config import CrowdSource, Params
from silverprint.console import say
from silverprint.errors import UsageError


@dataclass(frozen=True)
class Crowd:
    """What there is to say of a crowd: rows for tables, and sentences."""

    themes: list[dict[str, Any]]
    contributors: list[dict[str, Any]]
    next: list[str]


def show(params: Params, as_json: bool = False) -> None:
    """Prints each theme, each contributor with the completion code, and what is to be done next.

    Raises:
        DataError: an inbox is damaged.
    """
    unheeded = set(taken_back.unheeded(params))
    found = {name: _crowd(name, crowd, unheeded) for name, crowd in crowds(params).items()}
    if as_json:
        sys.stdout.write(json.dumps({name: vars(one) for name, one in found.items()}, indent=2) + "\n")
        return
    console = Console(highlight=False)
    for name, one in found.items():
        console.print(_table(f"{name}: themes", one.themes))
        if one.contributors:
            console.print(_table(f"{name}: contributors", one.contributors))
        for sentence in one.next:
            console.print(sentence, markup=False, soft_wrap=True)
    if not found:
        say("params.yaml has no source of the kind crowd: see silverprint docs contribute")


def withdraw(params: Params) -> None:
    """Withdraws all that contributors took back once a stage had it: lines of data/takedowns.csv.

    Raises:
        UnavailableError: a source's index is not here.
    """
    asked = taken_back.unheeded(params)
    if not asked:
        say("whatever contributors took back is withdrawn already, or was never taken by a stage")
        return
    raw = takedown_lines.indexes(params)
    found = takedown_lines.draw_up(params, "image", asked, "taken back by the contributor", raw)
    found.write()
    say(f"withdrawn: {found.reached.height} pictures; commit {layout.TAKEDOWNS}; go on: silverprint repro")
    released.tell_held(params, found.reached["image_id"].to_list())


def forget(params: Params, pseudonym: str, yes: bool = False) -> None:
    """Erases who somebody was: the note on their invite, and their session. What they gave stays under the pseudonym.

    Raises:
        UsageError: no such contributor, or it was not confirmed.
    """
    pseudonym = pseudonym.removeprefix(contributor_page(""))
    for name in crowds(params):
        person = inbox.read_standing(name).contributors.get(pseudonym)
        if person is not None:
            break
    else:
        rule = "no crowd of params.yaml has such a contributor"
        raise UsageError(f"contributor {pseudonym!r}", rule, "see: silverprint contribute status")
    confirm.require(f"erase who {pseudonym} is", yes)
    had_note = invite_notes.forget(person.invite)
    inbox.end_session(name, pseudonym)
    say(f"{pseudonym}: {'the note on the invite is erased, and ' if had_note else ''}the session is over")
    say(f"the pictures stay; to withdraw them: silverprint takedown {contributor_page(pseudonym)} --why TEXT")


def _crowd(name: str, crowd: CrowdSource, unheeded: set[str]) -> Crowd:
    standing, waiting = inbox.read_standing(name), inbox.waiting(name)
    signer, notes = invites.signer(), invite_notes.read()
    themes = [
        {
            "theme": title,
            "wanted": theme.wanted,
            "given": standing.given["theme", title],
            "in the inbox": sum(standing.contributors[one.contributor].theme == title for one in waiting),
        }
        for title, theme in crowd.themes.items()
    ]
    people = [
        {
            "contributor": person.pseudonym,
            "theme": person.theme,
            "given": standing.given["contributor", person.pseudonym],
            "since": person.at,
            "invite": person.invite,
            "for": notes.get(person.invite, ""),
            # a participant's of a study: silverprint recruit status
            "code": "" if "." in person.invite else signer.completion(person.pseudonym),
        }
        for person in standing.contributors.values()
    ]
    theme = f" --theme {next(iter(crowd.themes))}" if len(crowd.themes) > 1 else ""
    return Crowd(themes, people, list(_steps(name, theme, standing, len(waiting), unheeded)))


def _steps(name: str, theme: str, standing: Standing, waiting: int, unheeded: set[str]) -> Iterator[str]:
    """What there is to do. A source that was never acquired needs no other revision: its stage has not run."""
    if not standing.contributors:
        start = "" if contribute_page.is_known() else "silverprint contribute up, then "
        steps = f"{start}silverprint contribute invite {name}{theme}"
        yield f"nobody has agreed to give pictures yet; hand out links: {steps}"
    if gone := inbox.taken_back(name) & unheeded:
        yield f"taken back, and in the dataset still: {len(gone)} pictures; {taken_back.COMMAND}"
    if waiting:
        revision = f"raise sources.{name}.revision, then " if layout.raw(name).is_dir() else ""
        yield f"pictures that wait in the inbox: {waiting}; {revision}silverprint repro"


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table
