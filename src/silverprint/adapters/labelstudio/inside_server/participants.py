"""Participants of studies in our own Label Studio: strangers, who sign in by a link and may do nothing but label.

The community edition has no roles: every account may read everybody's answers, make invitations, delete projects. An
account whose address ends with PARTICIPANTS has no password and gets no token; its session begins with a ticket that
only the administrator can make, holds it to one project, and lets through what the labelling page needs and no more.
"""

import importlib
import json
import re
from collections.abc import Callable
from typing import Any, Final

ADDRESS: Final = "api/participants"  # where the administrator asks for a ticket
SIGN_IN: Final = "sign-in/"  # and where its holder goes with it
PARTICIPANTS: Final = "@participants.invalid"  # as `annotation_backend` has it, which is not at hand here
_TICKET_S: Final = 120
_USER: Final = "participant"  # in the ticket
_PROJECT: Final = "participant-project"  # in the ticket, and in the session
MIDDLEWARE: Final = "participants.LabelsAlone"

# What the page of one project reads and writes, as seen in a browser. {} is the project's number.
_READS: Final = (
    r"/projects/{}/data/?", r"/api/projects/{}/?", r"/api/projects/{}/(next|label-stream-history)/?", r"/api/version/?",
    r"/api/current-user/whoami/?", r"/api/ml/?", r"/api/dm/(columns|project|views)/?", r"/api/label_links/?",
    r"/data/local-files/?", r"/(static|react-app)/.*", r"/favicon\.ico", r"/sign-in/.*",
)  # fmt: skip
_EMPTY: Final[dict[str, Any]] = {  # what it asks for, works without, and would tell of other people
    r"/api/users/?": [],
    r"/api/tasks/?": {"tasks": [], "total": 0, "total_annotations": 0, "total_predictions": 0},
}
_TASK: Final = re.compile(r"/api/tasks/(\d+)/?")  # the way back to a picture that was answered
_OF_TASKS: Final = ("id", "project", "data", "meta", "predictions", "is_labeled", "overlap", "created_at", "updated_at")
_OF_A_TASK: Final = re.compile(r"/api/tasks/(\d+)/(annotations|drafts)/?")
_OWN: Final = re.compile(r"/api/(annotations|drafts)/(\d+)/?")


def make_ticket(user: int, project: int) -> str:
    """A ticket that is good once, for two minutes, in every worker: a row of Django's sessions, which nothing else of
    Label Studio uses, for it keeps the sessions of people in signed cookies.
    """
    store = _sessions().SessionStore
    store.clear_expired()
    ticket = store()
    ticket.update({_USER: user, _PROJECT: project})
    ticket.set_expiry(_TICKET_S)
    ticket.create()
    return str(ticket.session_key)


def take_ticket(ticket: str) -> tuple[int, int] | None:
    """User and project; None where it is none, was taken, or came too late."""
    store = _sessions().SessionStore
    held = store(ticket).load()
    # Of two that come at once with the same one, one alone removes the row.
    taken = store.get_model_class().objects.filter(session_key=ticket).delete()[0]
    return (held[_USER], held[_PROJECT]) if taken and _USER in held else None


def _sessions() -> Any:
    return importlib.import_module("django.contrib.sessions.backends.db")


def settle(settings: Any) -> None:
    """Has every request pass what holds participants to labelling, before Django makes its middleware."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]


def install() -> None:
    """Adds both addresses to those of Label Studio, before its first request."""
    path: Any = importlib.import_module("django.urls").path
    patterns = importlib.import_module("core.urls").urlpatterns
    patterns.insert(0, path(ADDRESS, _view().as_view()))
    patterns.insert(0, path(f"{SIGN_IN}<str:ticket>", _sign_in))


def allowed(method: str, path: str, query: Any, project: int, owns: Callable[[str, int], bool]) -> bool:
    """Whether a participant of this project may ask for it.

    Args:
        query: the address's parameters.
        owns: whether a task, an annotation or a draft of that number is theirs to write to.
    """
    if query.get("project", str(project)) != str(project):
        return False
    if method in ("GET", "HEAD", "OPTIONS"):
        return any(re.fullmatch(one.format(project), path) for one in _READS)
    if task := _OF_A_TASK.fullmatch(path):
        return method == "POST" and owns("tasks", int(task[1]))
    if mine := _OWN.fullmatch(path):
        return method in ("PATCH", "DELETE") and owns(mine[1], int(mine[2]))
    is_next = re.fullmatch(r"/api/dm/actions/?", path) is not None and query.get("id") == "next_task"
    return method == "POST" and (is_next or re.fullmatch(r"/api/dm/views/?", path) is not None)


class LabelsAlone:
    """Django middleware: a participant gets what `allowed` says, and whoever is none of them everything as before."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self._get_response = get_response

    def __call__(self, request: Any) -> Any:
        user = request.user
        if not user.is_authenticated or not user.email.endswith(PARTICIPANTS):
            return self._get_response(request)
        responses: Any = importlib.import_module("django.http")
        for path, nothing in _EMPTY.items():
            if request.method == "GET" and re.fullmatch(path, request.path_info):
                return responses.JsonResponse(nothing, safe=False)
        project = request.session.get(_PROJECT, 0)
        if request.method == "GET" and (task := _TASK.fullmatch(request.path_info)):
            if _owns(user, project, "tasks", int(task[1])):
                return _without_others(self._get_response(request), user)
        elif allowed(
            request.method, request.path_info, request.GET, project, lambda *what: _owns(user, project, *what)
        ):
            return self._get_response(request)
        return responses.HttpResponseForbidden("This account labels one project, and can do nothing else.")


def _without_others(response: Any, user: Any) -> Any:
    """A task as the participant may see it: of what people answered there their own part alone."""
    if response.status_code != 200:
        return response
    task = json.loads(response.content)
    mine = {kind: [one for one in task.get(kind) or () if _is_of(one, user)] for kind in ("annotations", "drafts")}
    responses: Any = importlib.import_module("django.http")
    return responses.JsonResponse({name: task[name] for name in _OF_TASKS if name in task} | mine)


def _is_of(answer: dict[str, Any], user: Any) -> bool:
    said = answer.get("completed_by", answer.get("user"))
    return (said.get("id") if isinstance(said, dict) else said) in (user.id, user.email)


def _owns(user: Any, project: int, kind: str, number: int) -> bool:
    models: Any = importlib.import_module("tasks.models")
    if kind == "tasks":
        found = models.Task.objects.filter(pk=number, project_id=project)
    elif kind == "annotations":
        found = models.Annotation.objects.filter(pk=number, completed_by=user, task__project_id=project)
    else:
        found = models.AnnotationDraft.objects.filter(pk=number, user=user, task__project_id=project)
    return bool(found.exists())


def _view() -> Any:
    """Makes the account of a participant where there is none, and a ticket for it. For the administrator alone."""
    api: Any = importlib.import_module("rest_framework.views")
    answers: Any = importlib.import_module("rest_framework.response")
    permissions: Any = importlib.import_module("rest_framework.permissions")
    users: Any = importlib.import_module("django.contrib.auth").get_user_model().objects
    organisations: Any = importlib.import_module("organizations.models").Organization.objects

    class View(api.APIView):  # type: ignore[misc]  # Label Studio's packages are not here
        permission_classes = (permissions.IsAuthenticated,)

        def post(self, request: Any) -> Any:
            house = organisations.first()
            if request.user.id != house.created_by_id:
                return answers.Response({"detail": "for the administrator"}, status=403)
            email = f"{request.data['name']}{PARTICIPANTS}"
            user = users.filter(email=email).first()
            if user is None:
                user = users.create_user(email=email, username=email, active_organization=house)
                house.add_user(user)
            ticket = make_ticket(user.id, int(request.data["project"])) if user.is_active else None
            return answers.Response({"ticket": ticket})

    return View


def _sign_in(request: Any, ticket: str) -> Any:
    """Signs in whoever comes with a ticket, and leads to the pictures."""
    responses: Any = importlib.import_module("django.http")
    users: Any = importlib.import_module("django.contrib.auth").get_user_model().objects
    found = take_ticket(ticket) if request.method == "GET" else None
    if found is None:
        return responses.HttpResponseNotFound("This link was used, or is too old. Go back to the page that led here.")
    user, project = found
    common: Any = importlib.import_module("users.functions.common")
    common.login(request, users.get(pk=user), backend="django.contrib.auth.backends.ModelBackend")
    request.session[_PROJECT] = project
    return responses.HttpResponseRedirect(f"/projects/{project}/data?labeling=1")
