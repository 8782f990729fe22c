"""train@r: a model from the labels so far, its accuracy on the evaluation set, the strategy's gain over the control."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from silverprint import console, layout
from silverprint.adapters import tracking
from silverprint.campaign import brought_labels, class_changes, ledgers, round_state
from silverprint.config import START, Params
from silverprint.core.brought_labels.belief import Brought, believe
from silverprint.core.cleaning.rules import BINDING
from silverprint.core.evaluation import accuracy, stopping
from silverprint.core.evaluation.strategy_gain import gain, trials
from silverprint.core.evaluation.training_set import Examples, examples, unlabelled
from silverprint.core.features import block_weights
from silverprint.core.features.lens import Lens
from silverprint.core.features.projection import SAMPLE
from silverprint.core.queue.reasons import INCLUDED
from silverprint.core.semisupervised import MOST, Doubtful
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import DataError, UnavailableError, restore_remedy
from silverprint.records import BELIEVED, EVALUATION, HELD_OUT, LABELS, MANIFEST, STOP_SET, UNHEARD, conform, empty
from silverprint.store import evaluations, files, json_files, model_card, tables
from silverprint.store.features import Features
from silverprint.store.files import replacing_folder

if TYPE_CHECKING:
    from silverprint.model.head import Head


def run(params: Params, round_name: str) -> None:
    """Writes data/rounds/<round>/model and metrics.json, then shows the round in MLflow where there is one.

    Sealed once the next round is open, for its queue's receipts name this model: then only a withdrawal touches it. A
    withdrawn training picture makes a new model; a withdrawn evaluation picture makes new figures.

    Raises:
        UnavailableError: an input or the output was not pulled.
        DataError: the gate is not passed, or there are too few labels.
    """
    missing_outputs.require_pulled(layout.model(round_name), layout.CLEAN, layout.EMBED, layout.labels(round_name))
    withdrawn = ledgers.withdrawn_images()
    sealed = _sealed(params, round_name)
    if sealed and not withdrawn & (_trained_on(round_name) | _judged_on(round_name)):
        _require_metrics(round_name)
        console.say(f"train {round_name}: the next round is open, its model stays as it is")
        return
    _require_gate(round_name)
    replaced = _replaced(round_name, withdrawn)
    keep_model = sealed and not withdrawn & _trained_on(round_name)
    Train(params, round_name, keep_model).run(replaced)
    tracking.after_round(params, round_name)


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
        withdrawn = ledgers.withdrawn_images()
        self.examples: Examples = examples(
            self.labels, self.manifest, classes=self.classes, withdrawn=withdrawn, binding=BINDING
        )
        self.unlabelled = unlabelled(self.labels, self.manifest, withdrawn=withdrawn, most=MOST)
        self.features = Features(layout.EMBED)

    def run(self, replaced: list[dict[str, Any]]) -> None:
        """`replaced`: earlier figures of the round that a withdrawal undid, kept in metrics.json."""
        from silverprint.model.head import Head
        from silverprint.model.learning import Material, learn

        training, judged = self.examples
        self._require_classes(training)
        x, y = self._arrays(training)
        pool = self.features.gathered(pl.Series(self.unlabelled, dtype=pl.String))
        lens = Lens.of(np.concatenate([pool[:SAMPLE], x]), self.features.blocks, x, y)
        if self.keep_model:
            head, card = Head.load(layout.model(self.round)), model_card.read(layout.model(self.round))
            held_out, brought = self._kept_held_out(), Taught(brought_labels.believed(self.round))
        else:
            random = (training["role"] == "control").to_numpy()
            brought = self._brought(training, lens)
            material = Material(lens(x), y, random, lens(pool), len(self.classes), brought.ways)
            learnt = learn(material, lens, self.params.model, self.seed)
            head, held = learnt.head, learnt.held_out.tolist()
            card = self._card(head, training, lens) | {"learning": learnt.facts} | brought.card(learnt.facts)
            held_out = pl.DataFrame({"image_id": training["image_id"], "probabilities": held}, schema=HELD_OUT)
        rows, truth = self._arrays(judged)
        probabilities = head.predict(rows).mean(axis=0)
        metrics = {
            "round": self.round,
            "model_id": card["model_id"],
            "labels": training.height,
            "votes": self._votes(),
            "features": block_weights.describe(card.get("block_weights", dict.fromkeys(lens.weights, 1.0))),
            "evaluation": accuracy.overall_accuracy(probabilities, truth),
            "per_class": accuracy.per_class_accuracy(probabilities.argmax(axis=1), truth, self.classes),
            "control": self._control(lens(x), self._unheard(training["image_id"], y), lens(rows), truth),
            **self._classifier(judged),
            **({"brought": self._brought_figures(card)} if brought.believed.height else {}),
            **({"replaced": replaced} if replaced else {}),
        }
        with replacing_folder(layout.model(self.round)) as folder:
            tables.write(self._predictions(judged, probabilities), folder / "evaluation.parquet", EVALUATION)
            tables.write(self._stop_set(head), folder / "stop-set.parquet", STOP_SET)
            tables.write(held_out, folder / "held-out.parquet", HELD_OUT)
            if brought.believed.height:
                tables.write(brought.believed, folder / brought_labels.NAME, BELIEVED)
            head.save(folder, card)
        files.write_text(layout.metrics(self.round), json.dumps(metrics, indent=2) + "\n")
        right = metrics["evaluation"]["accuracy"]
        judged_text = f"{right:.1%} right on {judged.height} pictures" if judged.height else "nothing to judge it on"
        learning = card.get("learning")
        taught = f" and {learning['pool']} unlabelled pictures ({learning['omega']})" if learning else ""
        if card.get("brought_trained_on"):
            taught += f" and {len(card['brought_trained_on'])} labels that sources brought"
        console.say(f"train {self.round}: {training.height} labels{taught}, {judged_text}")

    def _classifier(self, judged: pl.DataFrame) -> dict[str, Any]:
        """`classifier`: how right the one that was there before the first round is, by what this round's queue says.

        Args:
            judged: the evaluation pictures; `pictures` is their number, and `n` that of those it predicted.
        """
        queue = ledgers.queue(self.round).drop_nulls("model_id")
        if self.params.rounds[self.round].prev != START or queue.is_empty():
            return {}
        said = judged.join(queue.select("image_id", "predicted", sure="confidence"), on="image_id")
        index = {name: number for number, name in enumerate(self.classes)}
        labels, predicted = (
            np.array([index[name] for name in said[c]], dtype=np.int64) for c in ("label", "predicted")
        )
        found = accuracy.accuracy_of(predicted, said["sure"].to_numpy(), labels)
        model_id = queue["model_id"][0]
        share = f"{found['accuracy']:.1%} right on {found['n']}" if found["n"] else "predicts none"
        console.say(f"train {self.round}: {model_id}, which was there before, {share} of {judged.height} pictures")
        return {"classifier": {"model_id": model_id, "pictures": judged.height, **found}}

    def _brought(self, training: pl.DataFrame, lens: Lens) -> "Taught":
        """What sources brought, how likely each label is right, and the ways to learn from it."""
        withdrawn = ledgers.withdrawn_images()
        said = brought_labels.lesson(
            self.round, self.labels, self.manifest, training, classes=self.classes, withdrawn=withdrawn
        )
        if said is None:
            return Taught(empty(BELIEVED))
        names = said.rows["image_id"].to_list()
        rows = np.concatenate([lens(batch) for batch in self.features.batches(names)])
        brought = Brought(rows, said.labels, said.sources, said.teaches)
        belief = believe(brought, told=said.told, classes=len(self.classes), seed=self.seed)
        right = pl.Series("right", belief.right.round(6))
        taught = said.rows["image_id"][belief.taught(self.seed)].to_list()
        return Taught(conform(said.rows.with_columns(right), BELIEVED), belief.ways(self.seed), taught)

    def _brought_figures(self, card: dict[str, Any]) -> dict[str, Any]:
        """How many brought labels the model learnt from, and what people measured of each source."""
        sources = brought_labels.measured(self.round)
        return {"trained_on": len(card.get("brought_trained_on", [])), "sources": dict(sources)}

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

    def _card(self, head: "Head", training: pl.DataFrame, lens: Lens) -> dict[str, Any]:
        return {
            "model_id": f"{self.round}-{head.digest()[:10]}",
            "round": self.round,
            "classes": list(self.classes),
            "trained_on": training["image_id"].to_list(),
            "params": {**vars(self.params.model), "seed": self.params.seed},
            "features": self.features.description,
            "block_weights": lens.weights,
            **({"class_changes": [change.at for change in seen]} if (seen := class_changes.changes()) else {}),
        }

    def _votes(self) -> int:
        path = layout.labels(self.round) / "quality.json"
        return int(json_files.read(path, "votes_total", remedy=restore_remedy(path.parent))["votes_total"])

    def _predictions(self, judged: pl.DataFrame, probabilities: NDArray[np.float32]) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "image_id": judged["image_id"],
                "label": judged["label"],
                "predicted": [self.classes[index] for index in probabilities.argmax(axis=1)],
                "confidence": probabilities.max(axis=1).astype(np.float64),
                "probabilities": probabilities.astype(np.float64).tolist(),
            },
            schema=EVALUATION,
        )

    def _stop_set(self, head: "Head") -> pl.DataFrame:
        """What the model predicts of pictures that nobody labelled: by it `status` sees whether models still change."""
        pool = self.manifest.filter("kept")["image_id"]
        image_ids = stopping.stop_set(set(pool) - set(self.labels["image_id"]))
        places = head.predict(self.features.matrix(image_ids)).mean(axis=0).argmax(axis=1)
        return pl.DataFrame({"image_id": image_ids, "predicted": [self.classes[place] for place in places]}, STOP_SET)

    def _kept_held_out(self) -> pl.DataFrame:
        """The held-out predictions of a model that stays; empty where an earlier version wrote none."""
        path = layout.model(self.round) / "held-out.parquet"
        return tables.read(path, HELD_OUT) if path.exists() else empty(HELD_OUT)

    def _by_strategy(self) -> list[str]:
        queue = ledgers.queue(self.round)
        return queue.filter((pl.col("role") == "train") & (pl.col("strategy") != INCLUDED))["image_id"].to_list()

    def _control(
        self, x: NDArray[np.float32], y: NDArray[np.int64], rows: NDArray[np.float32], truth: NDArray[np.int64]
    ) -> dict[str, Any] | None:
        """Accuracy with k chosen labels and with k random ones, the gain with its interval, and what k can show.

        The models of both kinds learn from labels alone: there are a hundred of them, and so they take seconds.

        Args:
            x, rows: (L, k) of the labels and (n, k) of the evaluation pictures, as the lens shows them.
        """
        from silverprint.model.learning import train_members

        found = trials(self.examples.training, self.round, self._by_strategy(), seed=self.seed)
        if found is None or not len(truth):
            return None
        head = train_members(x, y, found.weights, classes=len(self.classes))
        measured = gain(found, head.predict(rows).argmax(axis=2) == truth)
        figures = {
            "chosen": measured.chosen,
            "random": measured.random,
            "gain": measured.gain,
            "gain_low": measured.low,
            "gain_high": measured.high,
            "gain_detectable": measured.detectable,
        }
        return {"k": measured.k, **{name: round(figure, 6) for name, figure in figures.items()}}


@dataclass(frozen=True)
class Taught:
    """
    Attributes:
        believed: BELIEVED of what sources brought.
        ways: how a model may learn from it, and `image_ids` of the pictures that these are about.
    """

    believed: pl.DataFrame
    ways: Sequence[Doubtful] = ()
    image_ids: Sequence[str] = ()

    def card(self, facts: dict[str, Any]) -> dict[str, Any]:
        """What the card says of brought labels: the pictures, where a way was taken."""
        taken = facts.get("brought", "none") != "none"
        return {"brought_trained_on": list(self.image_ids)} if taken else {}


def _sealed(params: Params, round_name: str) -> bool:
    """Whether the next round's receipts name this round's model."""
    later = params.chain[params.chain.index(round_name) + 1 :]
    return bool(later) and round_state.is_opened(later[0]) and (layout.model(round_name) / model_card.NAME).exists()


def _replaced(round_name: str, withdrawn: frozenset[str]) -> list[dict[str, Any]]:
    """The figures that withdrawals undid, in their order: those on record, and the present ones if they fall now."""
    path, model = layout.metrics(round_name), layout.model(round_name)
    if not path.exists() or not (model / model_card.NAME).exists():
        return []
    figures = json_files.read(path, "model_id", "labels", "evaluation", remedy=f"run: git checkout {path}")
    earlier: list[dict[str, Any]] = figures.get("replaced", [])
    if not withdrawn & (_trained_on(round_name) | _judged_on(round_name)):
        return earlier
    judged = figures["evaluation"]
    fallen = {"model_id": figures["model_id"], "labels": figures["labels"]}
    return [*earlier, {**fallen, "accuracy": judged["accuracy"], "n": judged["n"]}]


def _trained_on(round_name: str) -> frozenset[str]:
    card = model_card.read(layout.model(round_name))
    return frozenset([*card["trained_on"], *card.get("brought_trained_on", [])])


def _judged_on(round_name: str) -> frozenset[str]:
    return frozenset(tables.read(layout.model(round_name) / "evaluation.parquet", EVALUATION)["image_id"])


def _require_metrics(round_name: str) -> None:
    path = layout.metrics(round_name)
    if not path.exists():
        raise UnavailableError(str(path), "the sealed round's figures are not there", f"run: git checkout {path}")


def _require_gate(round_name: str) -> None:
    path = layout.gate(round_name)
    gate = json_files.read(path, "passed", "waived", remedy=f"run: dvc repro gate@{round_name}")
    if not gate["passed"] and not gate["waived"]:
        remedy = f'silverprint round reopen {round_name} --extra 1 --why "...", or a line in {layout.WAIVERS}'
        raise DataError(str(path), "the labels failed the gate", remedy)
