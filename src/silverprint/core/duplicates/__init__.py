"""Duplicates of pictures: exact copies, near-duplicates among perceptual hashes, look-alikes; and groups of them."""

from silverprint.core.duplicates.multi_index_hashing import (
    TooManyPairs,
    near_duplicate_groups,
    near_duplicate_pairs,
    near_others,
)

__all__ = ["TooManyPairs", "near_duplicate_groups", "near_duplicate_pairs", "near_others"]
