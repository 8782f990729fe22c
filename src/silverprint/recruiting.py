"""Recruiting as commands know it: a study's row as recruiters take it, its links, and what was decided about whom."""

from collections import defaultdict
from typing import Any, Final

from silverprint import contribute_page
from silverprint.adapters.contribute import inbox, invites
from silverprint.adapters.contribute.invites import Invite
from silverprint.campaign import contributors, studies
from silverprint.config import Params
from silverprint.errors import UsageError
from silverprint.recruiter import Entrance, Recruiter, Study, Submission

LOCK: Final = "recruit"  # two processes that pay at once would not see each other's lines


def study_of(params: Params, row: dict[str, Any]) -> Study:
    theme = contribute_page.theme_of(params, row["source"], row["theme"])
    return studies.of(row, contribute_page.crowd(params, row["source"]).themes[theme])


def entrance(row: dict[str, Any]) -> Entrance:
    signer, address, name = invites.signer(), contribute_page.address(), row["study"]

    def invite(key: str, completes: str) -> Invite:
        return Invite(key, row["source"], row["theme"], row["pictures"], row["until"], completes)

    def personal(participant: str) -> str:
        key = signer.participant(name, participant)
        return f"{address}/i/{signer.invite(invite(key, key))}"

    def came(participants: list[str]) -> list[str]:
        there = {one.invite for one in inbox.read_standing(row["source"]).contributors.values()}
        return [one for one in participants if signer.participant(name, one) in there]

    return Entrance(
        personal=personal,
        code=lambda participant: signer.completion(signer.participant(name, participant)),
        common=f"{address}/s/{signer.entrance(invite(name, name))}",
        common_code=signer.completion(name),
        came=came,
    )


class Judgements:
    """Who came by each participant's link of a source, and what was decided about them, as it is now."""

    def __init__(self, source: str) -> None:
        self._came: dict[str, list[str]] = defaultdict(list)
        for one in inbox.read_standing(source).contributors.values():
            self._came[one.invite].append(one.pseudonym)
        self._decided, self._reasons = contributors.decisions(), contributors.reasons()

    def contributors(self, key: str) -> list[str]:
        """Pseudonyms, in the order in which they came."""
        return self._came.get(key, [])

    def decision(self, key: str) -> str | None:
        """accepted or rejected, where all who came by the link were; else None."""
        said = {self._decided.get(name) for name in self.contributors(key)}
        return said.pop() if len(said) == 1 else None

    def why(self, key: str) -> str:
        """The reasons for it."""
        return "; ".join(sorted({self._reasons.get(name) or "" for name in self.contributors(key)}))


def find(row: dict[str, Any], study: Study, recruiter: Recruiter, key: str) -> Submission:
    signer = invites.signer()
    for submission in recruiter.submissions(study, entrance(row)):
        if signer.participant(study.name, submission.participant) == key:
            return submission
    rule = f"{study.name} has no submission of such a participant"
    raise UsageError(f"participant {key[:80]!r}", rule, "see: silverprint recruit status")
