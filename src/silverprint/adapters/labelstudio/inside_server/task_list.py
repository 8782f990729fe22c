"""Address of our own Label Studio that lists a project's tasks in one answer.

`annotate` and `wait` read the list at every look. Label Studio's own comes in pages of objects that its data manager
puts together, with all that a table of tasks can show: a second for two thousand tasks.
"""

import importlib
from collections import defaultdict
from typing import Any, Final

ADDRESS: Final = "api/projects/{}/task-list"  # of a project's number


def install() -> None:
    """Adds the address to those of Label Studio, before its first request."""
    path: Any = importlib.import_module("django.urls").path
    importlib.import_module("core.urls").urlpatterns.insert(0, path(ADDRESS.format("<int:pk>"), _view().as_view()))


def _view() -> Any:
    """[id, data, overlap, number of predictions, people who answered, number of annotations] of each task, by id."""
    api: Any = importlib.import_module("rest_framework.views")
    answers: Any = importlib.import_module("rest_framework.response")
    shortcuts: Any = importlib.import_module("django.shortcuts")
    permissions: Any = importlib.import_module("core.permissions").all_permissions
    projects: Any = importlib.import_module("projects.models").Project.objects
    models: Any = importlib.import_module("tasks.models")

    class View(api.APIView):  # type: ignore[misc]  # Label Studio's packages are not here
        permission_required = permissions.tasks_view

        def get(self, request: Any, pk: int) -> Any:
            own = projects.filter(organization=request.user.active_organization)
            project = shortcuts.get_object_or_404(own, pk=pk)
            given = defaultdict(list)
            for task, person in models.Annotation.objects.filter(task__project=project).values_list(
                "task_id", "completed_by_id"
            ):
                given[task].append(person)
            rows = models.Task.objects.filter(project=project).order_by("id")
            listed = rows.values_list("id", "data", "overlap", "total_predictions")
            return answers.Response([[*row, sorted({*given[row[0]]} - {None}), len(given[row[0]])] for row in listed])

    return View
