"""Training of many linear members at once: one matrix product an epoch serves them all.

In a plain loop: to load Lightning takes longer than to learn them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

EPOCHS: Final = 150
LEARNING_RATE: Final = 0.05
PENALTY: Final = 1e-4


def fit(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    weights: NDArray[np.floating],
    *,
    classes: int,
    penalty: float = PENALTY,
    epochs: int = EPOCHS,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One linear classifier for each row of `weights`, all trained together by full-batch Adam.

    The loss of a member is its weighted mean cross-entropy plus penalty / 2 · |W|²: convex, so the start (zero)
    and the thread count (one) are no knobs, and the same input gives the same bytes.

    Args:
        features: (N, D), centred and scaled.
        labels: (N,) class ids 0..classes-1.
        weights: (K, N), at least 0; a zero leaves the example out of that member. Each row has a positive sum.

    Returns:
        weight (K, D, C) and bias (K, C), float32.
    """
    module = _Members(features.shape[1], weights, classes, penalty)
    rows, targets = torch.from_numpy(features), torch.from_numpy(labels)
    optimizer = torch.optim.Adam(module.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    with one_thread():
        for _ in range(epochs):
            optimizer.zero_grad()
            module(rows, targets).backward()
            optimizer.step()
            schedule.step()
    return module.weight.detach().numpy(), module.bias.detach().numpy()


class _Members(nn.Module):
    def __init__(self, width: int, weights: NDArray[np.floating], classes: int, penalty: float) -> None:
        super().__init__()
        members = len(weights)
        self.penalty = penalty
        self.weight = nn.Parameter(torch.zeros(members, width, classes))
        self.bias = nn.Parameter(torch.zeros(members, classes))
        share = weights / weights.sum(axis=1, keepdims=True)
        self.register_buffer("share", torch.as_tensor(share, dtype=torch.float32))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """The loss of all members together."""
        members, width, classes = self.weight.shape
        flat = features @ self.weight.permute(1, 0, 2).reshape(width, members * classes)
        logits = flat.view(-1, members, classes).permute(1, 2, 0) + self.bias[:, :, None]
        losses = functional.cross_entropy(logits, labels.expand(members, -1), reduction="none")
        share: Tensor = self.share  # type: ignore[assignment]
        return (losses * share).sum() + self.penalty / 2 * self.weight.square().sum()


@contextmanager
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
