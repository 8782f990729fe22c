"""Training of one round: its inputs, the model that is made of them or kept, and its figures."""

import json
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import console, layout
from silverprint.campaign import brought_labels, class_changes, evaluation_draws, ledgers
from silverprint.config import Params
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.evaluation import accuracy, stopping, weighted
from silverprint.core.evaluation.training_set import Examples, examples, of_no_class, unlabelled
from silverprint.core.features import block_weights
from silverprint.core.features.lens import Lens
from silverprint.core.features.projection import SAMPLE
from silverprint.core.semisupervised import MOST
from silverprint.errors import DataError, restore_remedy
from silverprint.records import (
    BELIEVED,
    EVALUATION,
    HELD_OUT,
    LABELS,
    MANIFEST,
    NONE_OF_THESE,
    STOP_SET,
    UNHEARD,
    empty,
)
from silverprint.stages.train import first_classifier
from silverprint.stages.train.brought import Taught, figures, teach
from silverprint.stages.train.control_trial import control_trial
from silverprint.stages.train.lesson import Lesson
from silverprint.stages.train.none_of_these import Rejection
from silverprint.stages.train.trainers import TRAINERS, Material
from silverprint.store import evaluations, files, json_files, model_card, tables
from silverprint.store.features import Features
from silverprint.store.files import replacing_folder

if TYPE_CHECKING:
    from silverprint.model.round_model import RoundModel


class Trained(NamedTuple):
    model: "RoundModel"
    card: dict[str, Any]
    held_out: pl.DataFrame  # HELD_OUT
    brought: Taught  # what sources taught
    rejection: Rejection | None  # what tells pictures of no class, where people found some


class Train:
    """One round's inputs, and what is made of them."""

    def __init__(self, params: Params, round_name: str, keep_model: bool) -> None:
        self.params, self.round, self.keep_model = params, round_name, keep_model
        # A model's outputs stand in the order of the classes that it was trained with.
        kept = model_card.read(layout.model(round_name))["classes"] if keep_model else None
        self.classes: tuple[str, ...] = tuple(kept or params.dataset.classes)
        self.seed = zlib.crc32(f"{params.seed} {round_name}".encode())
        self.manifest = tables.read(layout.MANIFEST, MANIFEST)
        self.labels = tables.read(layout.labels(round_name) / "labels.parquet", LABELS)
        if keep_model:  # what it says can be compared with labels of its own classes alone
            self.labels = self.labels.with_columns(evaluations.as_then(layout.model(round_name), self.labels["label"]))
        self.withdrawn = ledgers.withdrawn_images()
        self.examples: Examples = examples(
            self.labels, self.manifest, classes=self.classes, withdrawn=self.withdrawn, binding=BINDING
        )
        judged = self.examples.evaluation
        self.judged = judged.with_columns(evaluation_draws.weights(judged["image_id"], self._rounds()))
        self.unlabelled = unlabelled(self.labels, self.manifest, withdrawn=self.withdrawn, most=MOST)
        self.features = Features(layout.EMBED)

    def run(self, replaced: list[dict[str, Any]]) -> None:
        """`replaced`: earlier figures of the round that a withdrawal undid, kept in metrics.json."""
        training, judged = self.examples.training, self.judged
        lesson = self.lesson()
        model, card, held_out, brought, rejection = self._kept() if self.keep_model else self.made(lesson)
        rows, truth = self._arrays(judged)
        weights = weighted.weights_of(judged)
        probabilities = model.predict(judged["image_id"].to_list()).mean(axis=0)
        metrics = {
            "round": self.round,
            "model_id": card["model_id"],
            "labels": training.height,
            "votes": self._votes(),
            "features": block_weights.describe(card.get("block_weights", dict.fromkeys(lesson.lens.weights, 1.0))),
            "evaluation": accuracy.overall_accuracy(probabilities, truth, weights),
            "per_class": accuracy.per_class_accuracy(probabilities.argmax(axis=1), truth, self.classes, weights),
            "control": control_trial(
                self.round, training, lesson, rows, truth, weights, classes=len(self.classes), seed=self.seed
            ),
            **first_classifier.figures(self.params, self.round, judged, self.classes),
            **({"brought": figures(self.round, card)} if brought.believed.height else {}),
            **({"replaced": replaced} if replaced else {}),
        }
        with replacing_folder(layout.model(self.round)) as folder:
            tables.write(self.predictions(probabilities), folder / "evaluation.parquet", EVALUATION)
            tables.write(self.stop_set(model), folder / "stop-set.parquet", STOP_SET)
            tables.write(held_out, folder / "held-out.parquet", HELD_OUT)
            if brought.believed.height:
                tables.write(brought.believed, folder / brought_labels.NAME, BELIEVED)
            if rejection is not None:
                rejection.save(folder)
            model.save(folder, card)
        files.write_text(layout.metrics(self.round), json.dumps(metrics, indent=2) + "\n")
        right = metrics["evaluation"]["accuracy"]
        judged_text = f"{right:.1%} right on {judged.height} pictures" if judged.height else "nothing to judge it on"
        console.say(f"train {self.round}: {training.height} labels{_taught(card)}, {judged_text}")

    def lesson(self) -> Lesson:
        """
        Raises:
            DataError: the labels are of fewer than two classes.
        """
        training = self.examples.training
        self._require_classes(training)
        x, y = self._arrays(training)
        pool = self.features.gathered(pl.Series(self.unlabelled, dtype=pl.String))
        lens = Lens.of(np.concatenate([pool[:SAMPLE], x]), self.features.blocks, x, y)
        return Lesson(x, y, self._unheard(training["image_id"], y), pool, lens)

    def _kept(self) -> Trained:
        """The model that is there."""
        from silverprint.model.round_model import opened

        folder = layout.model(self.round)
        card = model_card.read(folder)
        brought = Taught(brought_labels.believed(self.round))
        return Trained(opened(folder, card, self.params), card, self._kept_held_out(), brought, Rejection.kept(folder))

    def made(self, lesson: Lesson) -> Trained:
        """A new model."""
        training, lens = self.examples.training, lesson.lens
        said = brought_labels.lesson(
            self.round, self.labels, self.manifest, training, classes=self.classes, withdrawn=self.withdrawn
        )
        brought = teach(said, self.features, lens, self.seed)
        given = Material(
            self.round,
            self.classes,
            training,
            lesson.labels,
            lesson.unheard,
            lesson.rows,
            self.unlabelled,
            lesson.pool,
            self.features,
            lens,
            brought,
            self.seed,
        )
        made = TRAINERS[self.params.model.trainer](self.params, given)
        foreign = of_no_class(self.labels, self.manifest, withdrawn=self.withdrawn, binding=BINDING)
        rejection = Rejection.learnt(given, foreign)
        card = self._card(made.model, training, lens) | {"learning": made.facts} | brought.card(made.facts)
        card |= rejection.card if rejection is not None else {}
        held = made.held_out.tolist()
        held_out = pl.DataFrame({"image_id": training["image_id"], "probabilities": held}, schema=HELD_OUT)
        return Trained(made.model, card, held_out, brought, rejection)

    def _arrays(self, rows: pl.DataFrame) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        index = {name: number for number, name in enumerate(self.classes)}
        labels = np.array([index[label] for label in rows["label"]], dtype=np.int64)
        return self.features.matrix(rows["image_id"].to_list()), labels

    def _unheard(self, image_ids: pl.Series, y: NDArray[np.int64]) -> NDArray[np.int64]:
        """`y` with the labels as they are without a model's voice. It is heard of chosen pictures and not of random
        ones, and the strategy is not to be praised for it.
        """
        path = layout.labels(self.round) / "unheard.parquet"
        if not path.exists():  # labels of an earlier version, which heard none
            return y
        unheard = dict(tables.read(path, UNHEARD).iter_rows())
        places = {name: number for number, name in enumerate(self.classes)}
        said = zip(image_ids, y.tolist(), strict=True)
        return np.array([places.get(unheard.get(name, ""), own) for name, own in said], dtype=np.int64)

    def _require_classes(self, training: pl.DataFrame) -> None:
        found = training["label"].n_unique()
        if found < 2:
            value = f"{layout.labels(self.round)}: {training.height} usable labels of {found} class(es)"
            remedy = f'silverprint round reopen {self.round} --extra 1 --why "...", or see the votes\' statuses'
            raise DataError(value, "a model needs labels of at least two classes", remedy)

    def _card(self, model: "RoundModel", training: pl.DataFrame, lens: Lens) -> dict[str, Any]:
        return {
            "model_id": f"{self.round}-{model.digest()[:10]}",
            "round": self.round,
            "classes": list(self.classes),
            "trained_on": training["image_id"].to_list(),
            "params": {**self.params.model.recipe, "seed": self.params.seed},
            "features": self.features.description,
            "block_weights": lens.weights,
            **({"trainer": "finetune"} if self.params.model.trainer == "finetune" else {}),
            **({"class_changes": [change.at for change in seen]} if (seen := class_changes.changes()) else {}),
        }

    def _votes(self) -> int:
        path = layout.labels(self.round) / "quality.json"
        return int(json_files.read(path, "votes_total", remedy=restore_remedy(path.parent))["votes_total"])

    def predictions(self, probabilities: NDArray[np.float32]) -> pl.DataFrame:
        """EVALUATION, from what a model says of the evaluation pictures, (n, C)."""
        judged = self.judged
        return pl.DataFrame(
            {
                "image_id": judged["image_id"],
                "label": judged["label"],
                "predicted": [self.classes[index] for index in probabilities.argmax(axis=1)],
                "confidence": probabilities.max(axis=1).astype(np.float64),
                "probabilities": probabilities.astype(np.float64).tolist(),
                "weight": judged["weight"],
            },
            schema=EVALUATION,
        )

    def stop_set(self, model: "RoundModel") -> pl.DataFrame:
        """What the model predicts of pictures that nobody labelled: by it `status` sees whether models still change."""
        pool = self.manifest.filter("kept")["image_id"]
        image_ids = stopping.stop_set(set(pool) - set(self.labels["image_id"]))
        places = model.predict(image_ids).mean(axis=0).argmax(axis=1)
        return pl.DataFrame({"image_id": image_ids, "predicted": [self.classes[place] for place in places]}, STOP_SET)

    def _kept_held_out(self) -> pl.DataFrame:
        """The held-out predictions of a model that stays; empty where an earlier version wrote none."""
        path = layout.model(self.round) / "held-out.parquet"
        return tables.read(path, HELD_OUT) if path.exists() else empty(HELD_OUT)

    def _rounds(self) -> list[str]:
        """The rounds up to this one."""
        return list(self.params.chain[: self.params.chain.index(self.round) + 1])


def _taught(card: dict[str, Any]) -> str:
    """What else taught the model, for the closing line."""
    found = card.get("none_of_these")
    none = f", {found['answers']} answers {NONE_OF_THESE!r} (AUC {found['auc']:.2f})" if found else ""
    learning = card.get("learning") or {}
    taught = f" and {learning['pool']} unlabelled pictures ({learning['omega']})" if "pool" in learning else ""
    if card.get("trainer") == "finetune":
        return f"{taught} fine-tuned the backbone{none}"
    if card.get("brought_trained_on"):
        taught += f" and {len(card['brought_trained_on'])} labels that sources brought"
    return taught + none
