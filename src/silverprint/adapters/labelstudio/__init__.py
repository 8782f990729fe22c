"""Label Studio: where people look at pictures and answer."""

from silverprint.adapters.labelstudio.studio import Studio
from silverprint.adapters.labelstudio.types import Annotation, Found, Progress, Project, Pushed, Task

__all__ = ["Annotation", "Found", "Progress", "Project", "Pushed", "Studio", "Task"]
