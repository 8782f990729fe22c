"""check: params.yaml, dvc.yaml and the rounds on disk agree. Every stage is linted; this one is the first that runs."""

from silverprint import layout
from silverprint.adapters import prediction_table
from silverprint.campaign import class_list, crowd_steps, idle_knobs, ledgers, lint, round_state
from silverprint.config import START, ImagenetClassifier, Params, TableClassifier
from silverprint.console import say
from silverprint.store import files


def run(params: Params) -> None:
    lint.lint(params)
    _read_by_hand(params)
    _require_classifier(params)
    class_list.write_numbers(params)
    for sentence in (*class_list.newer_class_hints(params), *idle_knobs.hints(params), *crowd_steps.hints(params)):
        say(sentence)
    if waiting := _unasked(params):
        say(
            f"{', '.join(waiting)}: under `rounds` in params.yaml, so silverprint repro asks people once the round "
            "before is closed; to plan them instead, the last one first: "
            f"silverprint round remove {waiting[-1]} --why planned"
        )
    files.write_text(layout.CHECK / "agreed", "yes\n")


def _read_by_hand(params: Params) -> None:
    """What people write by hand is read before a stage needs it, so that a slip is told at once.

    Raises:
        ConfigError: the first line that breaks a rule.
    """
    ledgers.excluded_images()
    ledgers.included_images(params.round_names)
    ledgers.waivers(params.round_names)


def _require_classifier(params: Params) -> None:
    """Before the crawl, not after it. Once its predictions are here, nobody needs the file that they came from."""
    for name, classifier in params.classifiers.items():
        if isinstance(classifier, ImagenetClassifier):
            from silverprint.model import imagenet

            words = [word for said in classifier.classes.values() for word in said]
            imagenet.require_known(f"classifiers.{name}.classes", words)
        elif (layout.model(START) / "scores.parquet").exists():
            continue
        elif isinstance(classifier, TableClassifier):
            prediction_table.require_file(name, classifier)
        else:
            from silverprint.model import zero_shot

            zero_shot.require_readable(f"classifiers.{name}", classifier, params.dataset.classes, params.embed.backbone)


def _unasked(params: Params) -> list[str]:
    """Opened rounds that follow one that is not closed: written there by hand, or by a version that opened them so."""
    states = [round_state.load(name) for name in params.chain]
    first = next((n for n, state in enumerate(states) if state is None or state.status != "closed"), len(states))
    return list(params.chain[first + 1 :])
