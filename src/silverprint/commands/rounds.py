"""silverprint round open | redraw | reopen: the only hands that change rounds in params.yaml and asks.csv."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
from ruamel.yaml.comments import CommentedMap

from silverprint import config, layout
from silverprint.campaign import ledgers, state, yamlfile
from silverprint.config import Params
from silverprint.console import say
from silverprint.errors import ConfigError, DataError, UnavailableError, UsageError
from silverprint.records import ASKS, LABELS, empty
from silverprint.store import tables


def open_round(params: Params, name: str, strategy: str | None, budget: int | None) -> None:
    """Adds `name` after the last round; of a round that is already there, only makes its file of asks."""
    if name not in params.rounds:
        document = yamlfile.read(layout.PARAMS)
        last = document["rounds"][params.last]
        entry = CommentedMap((key, value) for key, value in last.items() if key != "draw")
        entry.fa.set_flow_style()
        entry.update({"prev": params.last} | _given(strategy=strategy, budget=budget))
        document["rounds"][name] = entry
        document["last"] = name
        config.check(yamlfile.plain(document))
        yamlfile.write(document, layout.PARAMS)
    if not layout.asks(name).exists():
        tables.write_ledger(empty(ASKS), layout.asks(name), ASKS, ["image_id"])
    say(f"{name} is open after {config.load().rounds[name].prev}; go on: dvc repro")


def redraw(params: Params, round_name: str) -> None:
    """Asks for another draw of a queue that nobody has seen."""
    if state.opened(round_name):
        raise ConfigError(
            f"{round_name} is open", "its queue is final since its first push", "open another: silverprint round open"
        )
    document = yamlfile.read(layout.PARAMS)
    document["rounds"][round_name]["draw"] = params.rounds[round_name].draw + 1
    yamlfile.write(document, layout.PARAMS)
    say(f"{round_name} will be drawn again; go on: dvc repro")


def reopen(params: Params, round_name: str, extra: int, everything: bool, why: str) -> None:
    """Appends asks: `extra` more people for each disputed picture of the round, or for every one."""
    current = state.load(round_name)
    if current is None or current.status != "closed":
        raise ConfigError(f"{round_name} is not closed", "only a closed round can be re-opened", "silverprint status")
    if extra < 1:
        raise UsageError(f"--extra {extra}", "must be at least 1", "silverprint round reopen --extra 1")
    chosen = _pictures(round_name, everything)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    more = pl.DataFrame({"image_id": chosen}).with_columns(extra=pl.lit(extra), reason=pl.lit(why), asked_at=pl.lit(at))
    asks = pl.concat([ledgers.asks(round_name), more.cast(dict(ASKS))])  # type: ignore[arg-type]
    tables.write_ledger(asks, layout.asks(round_name), ASKS, ["asked_at", "image_id"])
    say(f"{round_name} asks {extra} more about {len(chosen)} pictures; go on: dvc repro")


def _pictures(round_name: str, everything: bool) -> list[str]:
    asked = ledgers.queue(round_name)["image_id"]
    if everything:
        return sorted(asked)
    path = layout.labels(round_name) / "labels.parquet"
    if not path.exists():
        raise UnavailableError(
            str(path), "which pictures are disputed is not known here", f"run: dvc pull {path.parent}"
        )
    labels = tables.read(path, LABELS)
    disputed = labels.filter(
        pl.col("image_id").is_in(asked.implode()) & ((pl.col("agreement") < 1) | pl.col("label").is_null())
    )
    if disputed.is_empty():
        raise DataError(f"{round_name} has no disputed picture", "there is nothing to ask again", "use --all")
    return sorted(disputed["image_id"])


def _given(**options: Any) -> dict[str, Any]:
    return {key: value for key, value in options.items() if value is not None}
