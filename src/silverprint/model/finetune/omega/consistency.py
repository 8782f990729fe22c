"""Consistency: a picture is judged alike, however strongly it is changed."""

from torch import Tensor
from torch.nn import functional

from silverprint.model.finetune.omega.contract import Omega


class Consistency(Omega):
    """Ω = mean KL(guess ‖ p). Source: Xie et al. 2020, UDA, arXiv:1904.12848, section 2.2, without its sharpening."""

    def forward(self, logits: Tensor, guess: Tensor, places: Tensor) -> Tensor:
        return functional.kl_div(logits.log_softmax(dim=1), guess, reduction="batchmean")
