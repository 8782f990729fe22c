"""Label Studio: where people look at images and annotate them."""

from silverprint.adapters.labelstudio.studio import Studio
from silverprint.adapters.labelstudio.types import Annotation, Progress, Project, PushedTask, StoredTask, Task

__all__ = ["Annotation", "Progress", "Project", "PushedTask", "StoredTask", "Studio", "Task"]
