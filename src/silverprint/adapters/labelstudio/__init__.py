"""Label Studio: where people look at images and annotate them."""

from silverprint.adapters.labelstudio.studio import Studio

__all__ = ["Studio"]
