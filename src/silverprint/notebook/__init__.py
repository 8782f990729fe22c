"""Campaign for notebooks: its tables, pictures, features and models, typed and read only. `silverprint.open` gives it.

Nothing below the campaign's folder is ever written, and nothing of a withdrawn picture is given.
"""

from silverprint.notebook.campaign import Campaign
from silverprint.notebook.model import Model

__all__ = ["Campaign", "Model"]
