"""Recruiting as commands know it: a study's row as recruiters take it, its links, and what was decided about whom.

A study asks for pictures (`source` and `theme` of its row) or for labels (`round`): how these differ is here.
"""

from collections import defaultdict
from collections.abc import Callable, Container
from typing import Any, Final, TypeAlias

from silverprint import contribute_page
from silverprint.adapters.contribute import inbox, invites
from silverprint.adapters.contribute.invites import Invite, Labelling, Signer
from silverprint.campaign import contributors, studies
from silverprint.config import Params
from silverprint.errors import UsageError
from silverprint.recruiter import Entrance, Recruiter, Study, Submission
from silverprint.recruiting.desk import Desk

LOCK: Final = "recruit"  # two processes that pay at once would not see each other's lines


def study_of(params: Params, row: dict[str, Any]) -> Study:
    if studies.labels(row):
        return studies.of(row, params.dataset.title, params.dataset.instructions)
    name = contribute_page.theme_of(params, row["source"], row["theme"])
    theme = contribute_page.crowd(params, row["source"]).themes[name]
    return studies.of(row, *(studies.in_one_language(text) for text in (theme.title, theme.instructions)))


def entrance(row: dict[str, Any]) -> Entrance:
    """How people come in; `came` of a study that labels asks the annotation backend."""
    signer, address, name = invites.signer(), contribute_page.address(), row["study"]
    personal, common, who_came = (_labelling if studies.labels(row) else _giving)(row, signer)

    def key(participant: str) -> str:
        return signer.participant(name, participant)

    def came(participants: list[str]) -> list[str]:
        there = who_came([key(one) for one in participants])
        return [one for one in participants if key(one) in there]

    return Entrance(
        personal=lambda participant: f"{address}/{personal(key(participant))}",
        code=lambda participant: signer.completion(key(participant)),
        common=f"{address}/s/{common}",
        common_code=signer.completion(name),
        came=came,
    )


# A link's own part for a participant's key, that of the common link, and which of some keys came.
_Way: TypeAlias = tuple[Callable[[str], str], str, Callable[[list[str]], Container[str]]]


def _giving(row: dict[str, Any], signer: Signer) -> _Way:
    """Participants came where a picture is given."""

    def invite(key: str) -> Invite:
        return Invite(key, row["source"], row["theme"], row["pictures"], row["until"], completes=key)

    def came(_: list[str]) -> Container[str]:
        standing = inbox.read_standing(row["source"])
        people = standing.contributors.values()
        return {one.invite for one in people if standing.given["contributor", one.pseudonym]}

    return lambda key: f"i/{signer.invite(invite(key))}", signer.entrance(invite(row["study"])), came


def _labelling(row: dict[str, Any], signer: Signer) -> _Way:
    """Participants came where their answers are given."""
    desk = Desk()

    def labelling(key: str) -> Labelling:
        return Labelling(key, row["study"], row["round"], row["answers"], row["until"], completes=key)

    def came(keys: list[str]) -> Container[str]:
        return {key for key in keys if desk.batch(labelling(key)).is_done}

    return lambda key: f"l/{signer.labelling(labelling(key))}", signer.labelling_entrance(labelling(row["study"])), came


def require_wanted(round_name: str, places: int, answers: int) -> None:
    """
    Raises:
        UsageError: nobody is asked about the round, or a study would ask more than it wants of the crowd still.
        UnavailableError, NotAllowedError: the annotation backend.
    """
    desk = Desk()
    pictures, wanted = desk.wanted(round_name)
    if answers > pictures:
        rule = f"{round_name} wants answers about {pictures} pictures still, and a person answers about each once"
        raise UsageError(f"--answers {answers}", rule, f"ask at most {pictures}")
    for row in studies.open_about(round_name):
        given = sum(min(row["answers"], given) for _, given in desk.participants(row["study"], round_name).values())
        wanted -= row["places"] * row["answers"] - given
    if places * answers > wanted:
        rule = f"{round_name} wants {max(wanted, 0)} answers of the crowd, beside those that open studies ask"
        remedy = f"ask for at most {max(wanted, 0) // answers} places; or: silverprint recruit close STUDY"
        raise UsageError(f"{places} places at {answers} answers", rule, remedy)


class Judgements:
    """Who came by each participant's link of a study, and what was decided about them, as it is now.

    Raises:
        UnavailableError, NotAllowedError: the study labels, and the annotation backend is not reached.
    """

    def __init__(self, row: dict[str, Any]) -> None:
        self._came: dict[str, list[str]] = defaultdict(list)
        self._answers: dict[str, str] = {}
        if studies.labels(row):
            for key, (annotator, given) in Desk().participants(row["study"], row["round"]).items():
                self._came[key].append(annotator)
                self._answers[key] = f"{given} of {row['answers']}"
        else:
            for one in inbox.read_standing(row["source"]).contributors.values():
                self._came[one.invite].append(one.pseudonym)
        self._decided, self._reasons = contributors.decisions(), contributors.reasons()

    def contributors(self, key: str) -> list[str]:
        """Pseudonyms, in the order in which they came; of a study that labels the annotator."""
        return self._came.get(key, [])

    def answers(self, key: str) -> str | None:
        """How many of the answers that are asked of a participant are given; None of a study that asks for pictures."""
        return self._answers.get(key)

    def decision(self, key: str) -> str | None:
        """accepted or rejected, where all who came by the link were, or where nobody did the participant; else None."""
        said = {self._decided.get(name) for name in self._meant(key)}
        return said.pop() if len(said) == 1 else None

    def differs(self, key: str) -> bool:
        """Whether of those who came by one link some were accepted and others rejected."""
        return {"accepted", "rejected"} <= {self._decided.get(name) for name in self.contributors(key)}

    def why(self, key: str) -> str:
        """The reasons for it."""
        return "; ".join(sorted({self._reasons.get(name) or "" for name in self._meant(key)}))

    def _meant(self, key: str) -> list[str]:
        """About whom is decided: somebody may hand in a code, and never have come to the page."""
        return self.contributors(key) or [key]


def find(row: dict[str, Any], study: Study, recruiter: Recruiter, key: str) -> Submission:
    signer = invites.signer()
    for submission in recruiter.submissions(study, entrance(row)):
        if signer.participant(study.name, submission.participant) == key:
            return submission
    rule = f"{study.name} has no submission of such a participant"
    raise UsageError(f"participant {key[:80]!r}", rule, "see: silverprint recruit status")
