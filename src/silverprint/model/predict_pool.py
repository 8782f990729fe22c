"""Predictions of a head for many images, in the way that is over soonest. All ways come to the same bytes.

Lightning drives every GPU that there is, and takes seconds to load. Without a GPU a small pool is predicted meanwhile.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from silverprint.core.jobs import Run
from silverprint.model.head import Head
from silverprint.model.predict_in_jobs import is_small, is_worth_it, predict_in_jobs
from silverprint.store.features import Features


def predict_pool(
    head: Head, features: Features, image_ids: Sequence[str], what: str | None = None, machines: Run | None = None
) -> NDArray[np.float32]:
    """The members' probabilities, (M, N, C) float32, rows in the order of `image_ids`.

    Args:
        what: the name of this work, where its progress is to be shown.
        machines: does jobs on other machines, where there are some.

    Raises:
        DataError: a picture has no features.
    """
    if is_small(head, features, len(image_ids)):
        return predict_in_jobs(head, features, image_ids, map, what)
    if machines is not None and is_worth_it(head, features, len(image_ids)):
        return predict_in_jobs(head, features, image_ids, machines, what)
    from silverprint.model.predict import predict  # loads Lightning

    return predict(head, features, image_ids, what=what)
