"""Answers in the Label Studio of this machine, by account, read from its database: it need not run."""

import sqlite3
from collections.abc import Mapping
from typing import Final, TypeAlias

from silverprint import layout
from silverprint.errors import DataError
from silverprint.records import VOTES
from silverprint.store import tables

DATABASE: Final = layout.STUDIO / "data/label_studio.sqlite3"
_ANSWERS: Final = """
    SELECT htx_user.email, htx_user.id, task_completion.created_at
    FROM task_completion JOIN htx_user ON htx_user.id = task_completion.completed_by_id
"""

# A person's number on the server and the microsecond of an answer, as votes.csv has it: no two servers share both.
Answer: TypeAlias = tuple[str, str]


def by_email() -> Mapping[str, frozenset[Answer]]:
    """Every answer that is in the database, by the account that gave it; none where there is no database.

    Raises:
        DataError: the database is not readable.
    """
    if not DATABASE.exists():
        return {}
    found: dict[str, set[Answer]] = {}
    try:
        connection = sqlite3.connect(f"{DATABASE.resolve().as_uri()}?mode=ro", uri=True)
        try:
            for email, number, at in connection.execute(_ANSWERS):
                found.setdefault(email, set()).add((str(number), f"{at.replace(' ', 'T')}Z"))
        finally:
            connection.close()
    except sqlite3.Error as error:
        rule = f"who answered there cannot be read ({error})"
        raise DataError(str(DATABASE), rule, "look into it, or remove this clone yourself") from None
    return {email: frozenset(answers) for email, answers in found.items()}


def unknown_annotators(simulated: frozenset[str]) -> list[str]:
    """Whoever answered and is none of the `simulated` accounts: e-mail addresses, and pseudonyms of pulled votes.

    A pseudonym is a simulated person's where one of its votes is an answer that this person gave in the database.
    """
    known = by_email()
    theirs = frozenset[Answer]().union(*(known[email] for email in simulated & known.keys()))
    pulled: dict[str, bool] = {}  # whether the pseudonym is a simulated person's
    for path in sorted(layout.ROUNDS.glob("*/votes.csv")):
        for annotator, at in tables.read_ledger(path, VOTES).select("annotator", "created_at").iter_rows():
            pulled[annotator] = pulled.get(annotator, False) or (annotator.rpartition("-")[2], at) in theirs
    return sorted({*known.keys() - simulated, *(who for who, is_theirs in pulled.items() if not is_theirs)})
