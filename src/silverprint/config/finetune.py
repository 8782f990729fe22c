"""Knobs of fine-tuning: how a backbone learns on from a round's labels. docs/finetuning.md explains them."""

from typing import Annotated, Final, Literal

from pydantic import Field

from silverprint.config.field_types import Share, frozen

_OF_POOL: Final = {"omega": "omega", "weight": "omega_weight", "ratio": "omega_ratio"}  # on a card
_LATER: Final = ("trained", "lora_rank", "ema", "accumulate", "precision")  # a card without them is as it was before
_Strength = Annotated[float, Field(ge=0, le=10)]


@frozen
class Augment:
    """Random changes of a training picture, drawn anew each time it is shown. 0 or false: none."""

    flip: bool = True  # left to right, every second time
    rotation: Annotated[float, Field(ge=0, le=180)] = 10.0  # degrees, at most, to either side
    crop: Annotated[float, Field(gt=0, le=1)] = 0.7  # share of the area that is kept, at least; 1: all of it
    colour: Annotated[float, Field(ge=0, le=1)] = 0.2  # change of brightness, contrast and saturation, at most
    randaugment: Annotated[int, Field(ge=0, le=30)] = 0  # magnitude of RandAugment's two operations
    mixup: _Strength = 0.0  # alpha of the Beta distribution by which two pictures are blended
    cutmix: _Strength = 0.0  # likewise, of the area that is pasted from another picture

    @property
    def changes_one(self) -> bool:
        """Whether a single picture is changed: `mixup` and `cutmix` take two."""
        return bool(self.flip or self.rotation or self.crop < 1 or self.colour or self.randaugment)


@frozen
class Unlabelled:
    """What pictures that nobody labelled teach a network: weight · Ω is added to the loss of the labels."""

    omega: Literal["none", "entropy", "consistency", "fixmatch", "flexmatch", "freematch", "softmatch"] = "none"
    weight: Annotated[float, Field(gt=0, le=100)] = 1.0  # λ
    ratio: Annotated[int, Field(ge=1, le=64)] = 7  # pictures of the pool for each labelled one in a step, at most


@frozen
class Finetune:
    epochs: Annotated[int, Field(ge=1, le=10_000)] = 20  # times that every training picture is shown
    batch: Annotated[int, Field(ge=4, le=4096)] = 32  # pictures a step, at most
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 0.001  # of the last layer, at its highest
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9  # of sgd
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.01  # of weights; biases and normalisation have none
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 0.8  # of the learning rate, from a twelfth to the one below
    schedule: Literal["cosine", "constant"] = "cosine"  # of the learning rate, behind the warm-up
    warmup: Share = 0.1  # share of the steps in which the learning rate rises from zero
    class_weights: Literal["none", "balanced"] = "none"  # balanced: every class counts alike, however rare
    soft_labels: bool = False  # learn how likely each class is, as the head does, in place of the one label
    trained: Literal["all", "bitfit", "lora"] = "all"  # what learns of the backbone; the last layer always does
    lora_rank: Annotated[int, Field(ge=1, le=256)] = 8  # of the matrices that lora adds
    ema: Annotated[float, Field(ge=0, lt=1)] = 0.0  # decay of the weights' moving average, which is kept; 0: the last
    accumulate: Annotated[int, Field(ge=1, le=1024)] = 1  # batches whose gradients make one step
    precision: Literal["auto", "32-true", "bf16-mixed"] = "auto"  # auto: half on a GPU, single on the processor
    augment: Augment = Augment()
    unlabelled: Unlabelled = Unlabelled()

    @property
    def recipe(self) -> dict[str, object]:
        """The knobs by name, for a model's card; the later ones where one of them is set."""
        later = any(getattr(self, name) != getattr(Finetune, name) for name in _LATER)
        left_out = {"augment", "unlabelled", *(() if later else _LATER)}
        knobs = {name: value for name, value in vars(self).items() if name not in left_out}
        pool = vars(self.unlabelled) if self.unlabelled.omega != "none" else {}
        return {**knobs, **vars(self.augment), **{_OF_POOL[name]: value for name, value in pool.items()}}
