"""Kernels of `confusions`, compiled: loops over votes that need no memory beside their results."""

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def add(image: Any, annotator: Any, choice: Any, likely: Any, counting: Any, counts: Any) -> None:
    for vote in range(len(image)):
        if counting[image[vote]]:
            for k in range(likely.shape[1]):
                counts[annotator[vote], choice[vote], k] += likely[image[vote], k]


@njit(cache=True)
def read(
    begins: Any, annotator: Any, choice: Any, likely: Any, counting: Any, counts: Any, whole: Any,
    concentration: Any, sums: Any, belongs: Any, prior: Any, found: Any, evidence: Any,
) -> None:  # fmt: skip
    """Writes each image's probabilities into `found`, and the log-likelihood of its votes into `evidence`.

    A vote's likelihood is a mixture over the types of its annotator; neither the type nor the counts know of the image.
    """
    images, size = likely.shape
    kinds = len(concentration)
    says = np.empty((kinds, size))
    for i in range(images):
        found[i], evidence[i] = prior[i], 0.0
        for vote in range(begins[i], begins[i + 1]):
            a, said = annotator[vote], choice[vote]
            mixed = np.zeros(size)
            total = 0.0
            for g in range(kinds):
                met = 0.0
                for k in range(size):
                    own = likely[i, k] if counting[i] else 0.0
                    seen = max(counts[a, said, k] - own, 0.0)
                    of = max(whole[a, k] - own, 0.0)
                    says[g, k] = (concentration[g, said, k] + seen) / (sums[g, k] + of)
                    met += likely[i, k] * says[g, k]
                weight = belongs[a, g] / max(met, 1e-300) if counting[i] else belongs[a, g]
                total += weight
                for k in range(size):
                    mixed[k] += weight * says[g, k]
            norm = 0.0
            for k in range(size):
                found[i, k] *= mixed[k] / total
                norm += found[i, k]
            evidence[i] += np.log(norm)
            for k in range(size):
                found[i, k] /= norm
