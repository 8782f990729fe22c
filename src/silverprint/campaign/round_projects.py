"""Projects of a round on the annotation backend, and the answers in them that votes.csv does not have."""

from silverprint.annotation_backend import Annotation, AnnotationBackend, Project
from silverprint.campaign import ledgers
from silverprint.campaign.round_state import State


def projects_of(backend: AnnotationBackend, state: State) -> list[Project]:
    """The oldest first; those, too, whose note somebody removed."""
    found = backend.find_all(state.campaign, state.round)
    image_ids = set(ledgers.queue(state.round)["image_id"])
    for tier, id_ in (state.projects or {}).items():
        if id_ not in {project.id for project in found}:
            lost = Project(id_, "", state.campaign, state.round, tier, state.queue_sha256, None)
            if (again := backend.retag(lost, image_ids)) is not None:
                found.append(again)
    return found


def late_answers(backend: AnnotationBackend, state: State) -> list[Annotation]:
    """The answers about the round's images that came after its last pull."""
    known = set(ledgers.votes_so_far(state.round)["annotation_id"])
    asked = set(ledgers.queue(state.round)["image_id"])
    given = [one for project in projects_of(backend, state) for one in backend.annotations(project)]
    return [one for one in given if one.image_id in asked and one.annotation_id not in known]
