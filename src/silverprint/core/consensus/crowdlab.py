"""CROWDLAB: votes and a model's probabilities, weighed by how well each agrees; cleanlab's.

Source: Goh, Tkachenko & Mueller 2022, "CROWDLAB: Supervised learning to infer consensus labels and quality scores for
data with multiple annotators", arXiv:2210.06812.
"""

import warnings

import numpy as np
import polars as pl

from silverprint.core.consensus import decision
from silverprint.core.consensus.vote_arrays import VoteArrays
from silverprint.errors import ConfigError


def decide(cast: VoteArrays) -> pl.DataFrame:
    """image_id, label, confidence (cleanlab's quality of the consensus).

    Raises:
        ConfigError: an image with a vote has no probabilities, or cleanlab cannot work with these votes.
    """
    without = len(cast.images) if cast.predicted is None else int(np.isnan(cast.predicted[:, 0]).sum())
    if cast.predicted is None or without:
        value = f"consensus method = 'crowdlab' with {without} of {len(cast.images)} pictures without probabilities"
        rule = "it needs a model's probabilities for every picture with a vote"
        raise ConfigError(value, rule, "use auto, which takes what there is, or dawid-skene")
    from cleanlab.multiannotator import get_label_quality_multiannotator

    said = np.full((len(cast.images), len(cast.annotators)), np.nan)
    said[cast.image, cast.annotator] = cast.choice
    state = np.random.get_state()
    np.random.seed(0)  # it breaks ties by numpy's global generator
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class that no consensus is for
            found = get_label_quality_multiannotator(
                said,
                cast.predicted,
                verbose=False,
                return_detailed_quality=False,
                return_annotator_stats=False,
            )["label_quality"]
    except ValueError as error:  # one annotator alone, for example
        raise ConfigError("consensus method = 'crowdlab'", f"cleanlab says: {error}", "use auto") from error
    finally:
        np.random.set_state(state)
    labels = found["consensus_label"].to_numpy(dtype=np.int64)
    return decision.table(cast, labels, found["consensus_quality_score"].to_numpy(dtype=np.float64))
