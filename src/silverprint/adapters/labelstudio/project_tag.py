"""Tag of a project in its description: a sentence for people, then one line of JSON for us."""

import json
from dataclasses import asdict

from silverprint.annotation_backend import Project
from silverprint.config import CROWD

_KEYS = ("campaign", "round", "tier", "queue_sha256", "votes_sha256")


def describe(project: Project) -> str:
    """The description of `project`; `read` is its inverse."""
    document = asdict(project)
    # A sentence so long that the project's card does not show the line of JSON.
    sentence = (
        f"Round {project.round} of {project.campaign}. Open the project and press “Label All Tasks”: pictures come one "
        "by one until there are none left. The last line is for Silverprint; please leave it as it is."
    )
    if project.tier != CROWD:
        sentence = f"For people of the tier “{project.tier}”; answers of others do not count. {sentence}"
    return sentence + "\n" + json.dumps({key: document[key] for key in _KEYS}, sort_keys=True)


def read(project_id: int, title: str, description: str | None) -> Project | None:
    """The project as the server lists it, or None where it is not one of ours."""
    lines = (description or "").strip().splitlines()
    try:
        tag = json.loads(lines[-1])
        said = {key: tag[key] for key in _KEYS}
    except (IndexError, ValueError, TypeError, KeyError):
        return None
    kinds = dict.fromkeys(_KEYS, str) | {"votes_sha256": str | None}
    if not all(isinstance(said[key], kind) for key, kind in kinds.items()):
        return None
    return Project(id=project_id, title=title, **said)
