"""Campaign for notebooks: its tables, pictures, features and models, typed and read only. `silverprint.open` gives it.

Nothing below the campaign's folder is ever written, and nothing of a withdrawn picture is given.
"""

from silverprint.model.classifier import Model
from silverprint.notebook.campaign import Campaign

__all__ = ["Campaign", "Model"]
