"""Lessons of pictures without a label: Ω of L = cross-entropy of the labels + λ Ω, one file for each idea.

Each is a module that is called once a step, and keeps what it has to remember in buffers: so a checkpoint holds it.
"""

from typing import Final

from silverprint.model.finetune.omega.consistency import Consistency
from silverprint.model.finetune.omega.contract import Omega
from silverprint.model.finetune.omega.entropy import Entropy
from silverprint.model.finetune.omega.fixmatch import FixMatch
from silverprint.model.finetune.omega.flexmatch import FlexMatch
from silverprint.model.finetune.omega.freematch import FreeMatch
from silverprint.model.finetune.omega.softmatch import SoftMatch

__all__ = ["OMEGAS", "Omega"]

# By the names of `model.finetune.unlabelled.omega`: made for C classes and N pictures of the pool.
OMEGAS: Final[dict[str, type[Omega]]] = {
    "entropy": Entropy,
    "consistency": Consistency,
    "fixmatch": FixMatch,
    "flexmatch": FlexMatch,
    "freematch": FreeMatch,
    "softmatch": SoftMatch,
}
