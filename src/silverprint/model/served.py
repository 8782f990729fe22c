"""Loader of a model that MLflow keeps: `mlflow.pyfunc.load_model` calls it, and files' bytes are answered.

The folder that it reads has served.json and the weights. It is a copy for its users: DVC keeps the model itself.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from silverprint.config import Embed
from silverprint.errors import DataError, UsageError
from silverprint.model.classifier import Model
from silverprint.model.round_model import loaded

if TYPE_CHECKING:
    import pandas as pd

FACTS: Final = "served.json"  # round, classes, card, embed
IMAGE: Final = "image"  # the column of bytes


def _load_pyfunc(folder: str) -> "Served":
    """What MLflow makes of the folder.

    Raises:
        DataError: it is not readable.
        UnavailableError: weights, or the backbone's library, are not there.
    """
    path = Path(folder) / FACTS
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        knobs: dict[str, Any] = dict(facts["embed"])
        if knobs.get("weights") is not None:
            knobs["weights"] = str(path.parent / knobs["weights"])
        embed, card, classes = Embed(**knobs), facts["card"], tuple(facts["classes"])
        round_name = str(facts["round"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(str(path), f"not readable ({type(error).__name__})", "get the model from MLflow anew") from None
    return Served(Model(round_name, classes, loaded(path.parent, card, embed), card, embed, path.parent))


class Served:
    """The model behind MLflow's interface. `classifier` is the same with all that it can do."""

    def __init__(self, classifier: Model) -> None:
        self.classifier: Final = classifier

    def predict(self, pictures: "pd.DataFrame", _: dict[str, Any] | None = None) -> "pd.DataFrame":
        """`class` and `probabilities`, class -> 0..1, of each picture.

        Args:
            pictures: a column `image`, or only one, of whole files' bytes: JPEG, PNG, WebP, ...

        Raises:
            UsageError: there is no such column.
            DataError: a picture does not decode.
        """
        import pandas as pd

        names = list(pictures.columns)
        if IMAGE not in names and len(names) != 1:
            raise UsageError(f"columns {names}", f"no column {IMAGE!r}", "give files' bytes in it")
        column = pictures[IMAGE if IMAGE in names else names[0]]
        classes = self.classifier.classes
        found = self.classifier.predict_pictures(bytes(data) for data in column)
        said = [dict(zip(classes, row, strict=True)) for row in found.tolist()]
        best = [classes[place] for place in found.argmax(axis=1)]
        return pd.DataFrame({"class": best, "probabilities": said}, index=pictures.index)
