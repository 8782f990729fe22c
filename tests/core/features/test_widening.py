"""Half precision is widened exactly."""

import numpy as np

from silverprint.core.features.widening import widened


def test_every_finite_number_stays_what_it_is() -> None:
    halves = np.arange(2**16, dtype=np.uint32).astype(np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)].reshape(2, -1)
    single = widened(halves)
    assert single.dtype == np.float32
    assert (single == halves.astype(np.float32)).all()
    assert (np.signbit(single) == np.signbit(halves)).all()
