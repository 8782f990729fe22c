"""Files as a recruiter: links and codes out as CSV, submissions in as CSV, for any platform that knows such lists."""

from pathlib import Path

from silverprint import layout
from silverprint.adapters.recruit import decisions
from silverprint.adapters.recruit.links import Links, decided, participants
from silverprint.console import say
from silverprint.errors import DataError
from silverprint.recruiter import Entrance, Study, Submission


class Files(Links):
    """participants.csv and decisions.csv go to the platform, submissions.csv (participant, code) comes from it.

    All are in var/recruit/<study>, for their owner alone.
    """

    def open(self, study: Study, entrance: Entrance) -> tuple[str, list[str]]:
        path = folder(study) / "participants.csv"
        rows = [(name, entrance.personal(name), entrance.code(name)) for name in participants(study)]
        if not self.dry_run:
            decisions.write(path, ("participant", "link", "code"), rows)
        back = folder(study) / "submissions.csv"
        return study.name, [f"give the platform {path}", f"put its list of submissions (participant, code) in {back}"]

    def submissions(self, study: Study, entrance: Entrance) -> list[Submission]:
        """
        Raises:
            DataError: the list names no participant of the study; or one twice.
        """
        path = folder(study) / "submissions.csv"
        rows = decisions.read_rows(path, ("participant", "code")) if path.exists() else []
        states, known, seen = decided(study), set(participants(study)), set[str]()
        found = []
        for line, row in enumerate(rows, 2):
            name = row["participant"].strip()
            if name not in known or name in seen:
                rule = "is there twice" if name in seen else "is no participant of this study"
                raise DataError(f"{path} line {line}: {name[:80]!r}", rule, "see participants.csv beside it")
            seen.add(name)
            if row["code"].strip().upper() != entrance.code(name):
                say(f"{path} line {line}: participant {name} has another code; not counted as handed in")
                continue
            found.append(Submission(name, states.get(name, "submitted")))
        return found


def folder(study: Study) -> Path:
    return layout.RECRUITING / study.name
