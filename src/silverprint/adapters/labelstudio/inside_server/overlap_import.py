"""Address of our own Label Studio that imports tasks which ask a number of people each.

Label Studio's own import gives every task the overlap of its project, which stays 1 so that tasks are served in their
order; any other overlap is a request for each task. Here the overlaps are set in the transaction that makes the tasks:
nobody is ever served one with another overlap.
"""

import importlib
from collections import defaultdict
from typing import Any, Final

ADDRESS: Final = "api/projects/{}/import/overlap"  # of a project's number


def install() -> None:
    """Adds the address to those of Label Studio, before its first request."""
    path: Any = importlib.import_module("django.urls").path
    importlib.import_module("core.urls").urlpatterns.insert(0, path(ADDRESS.format("<int:pk>"), _view().as_view()))


def _view() -> Any:
    """Label Studio's view for imports, whose tasks may say their `overlap`."""
    api: Any = importlib.import_module("data_import.api")
    shapes: Any = importlib.import_module("data_import.serializers")
    models: Any = importlib.import_module("tasks.models")
    refusal: Any = importlib.import_module("rest_framework.exceptions").ValidationError

    class Tasks(shapes.TaskSerializerBulk):  # type: ignore[misc]  # Label Studio's packages are not here
        def add_tasks(self, task_annotations: Any, task_predictions: Any, validated_tasks: Any) -> Any:
            overlaps = [task.get("overlap", 1) for task in validated_tasks]
            if any(type(overlap) is not int or overlap < 1 for overlap in overlaps):
                raise refusal("an overlap is a number of people, 1 or more")
            made = super().add_tasks(task_annotations, task_predictions, validated_tasks)
            tasks_of = defaultdict(list)
            for task, overlap in zip(made, overlaps, strict=True):
                task.overlap = overlap
                tasks_of[overlap].append(task.id)
            for overlap, ids in tasks_of.items():
                models.Task.objects.filter(id__in=ids).update(overlap=overlap)
            return made

    class Shape(shapes.ImportApiSerializer):  # type: ignore[misc]
        class Meta(shapes.ImportApiSerializer.Meta):  # type: ignore[misc]
            list_serializer_class = Tasks

    class View(api.ImportAPI):  # type: ignore[misc]
        serializer_class = Shape

    return View
