"""Shapes of what the head, its losses and every Ω pass on."""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

Rows = Float[NDArray[np.floating], "n d"]  # as the caller has them, or as a view makes them
ClassIds = Int[NDArray[np.integer], " n"]
Labelled = Bool[NDArray[np.bool_], " n"]  # whether a label is among those meant
RowWeights = Float[NDArray[np.floating], " n"]
MemberWeights = Float[NDArray[np.floating], "m n"]
Shares = Float[NDArray[np.floating], " c"]
Distributions = Float[NDArray[np.floating], "n c"]
Logits = Float[NDArray[np.floating], "n c"]
MemberLogits = Float[NDArray[np.floating], "m n c"]
Weight = Float[NDArray[np.floating], "d c"]  # the last row is the bias
Members = Float[NDArray[np.floating], "m d c"]
Losses = Float[NDArray[np.floating], " n"]
