"""Label Studio: where people look at images and annotate them."""

from silverprint.adapters.labelstudio.studio import Studio
from silverprint.adapters.labelstudio.types import Annotation, Found, Progress, Project, Pushed, Task

__all__ = ["Annotation", "Found", "Progress", "Project", "Pushed", "Studio", "Task"]
