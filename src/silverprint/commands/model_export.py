"""silverprint model export FILE: a round's model as one ONNX file, for those who have neither Python nor a campaign."""

from pathlib import Path

from silverprint import layout
from silverprint.config import Params
from silverprint.console import file_size, say
from silverprint.dvcfiles import missing_outputs
from silverprint.errors import UnavailableError, UsageError
from silverprint.store import evaluations, model_card


def run(params: Params, path: Path, round_name: str | None = None) -> None:
    """Writes the model of `round_name`, or of the newest round that has one, to `path`.

    Raises:
        UsageError: there is no such round, or a folder is in the file's place.
        UnavailableError: there is no model, it or the backbone's weights are not on this disk, or a package is not
            installed.
        ConfigError: `embed` in params.yaml is not what the model was trained with.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(str(path), "no file can be written there", "name a file in a folder that is there")
    name = _round(params, round_name)
    folder = layout.model(name)
    missing_outputs.require_pulled(folder)
    card = model_card.read(folder)

    from silverprint.model import embedder, onnx_file, round_model
    from silverprint.model.backbones import Weights
    from silverprint.model.head import require_same_features

    require_same_features(card, embedder.describe(params.embed, Weights.of(params.embed)), folder)
    learnt = round_model.loaded(folder, card, params.embed)
    facts = {"model_id": card["model_id"], "classes": list(evaluations.known(card)), "size": params.embed.size}
    onnx_file.write(path, learnt, params.embed, facts)
    size = file_size(path.stat().st_size)
    say(f"{path}: model {card['model_id']}, {size}; silverprint docs python says what it takes")


def _round(params: Params, wanted: str | None) -> str:
    if wanted is not None and wanted not in params.rounds:
        raise UsageError(f"round {wanted!r}", "no such round is opened", f"opened: {', '.join(params.chain) or 'none'}")
    for name in reversed(params.chain) if wanted is None else [wanted]:
        if layout.metrics(name).exists() or layout.model(name).exists():
            return name
    raise UnavailableError(wanted or str(layout.ROUNDS), "no model yet", "silverprint status says what is next")
