"""HTML pages: report, preview of a queue, versions of a release; one file each, no scripts, other files or network."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from silverprint.adapters.html import sentences
from silverprint.adapters.html.view import AugmentationsView, ComparisonView, QueueView, ReleaseDiff, View
from silverprint.core.cleaning.rules import RULES

_MOST_CLASSES = 30  # a wider confusion matrix says less than the list of the commonest mistakes


def render(view: View) -> str:
    """The report; it names no picture in full: what is rejected, and why, may name one that was withdrawn."""
    page = _template("report.html").render(
        view=view,
        verdict=sentences.verdict(view),
        reason_words={rule.reason: rule.words for rule in RULES},
        role_words=sentences.ROLES,
        gain=sentences.gain,
        automatic=sentences.automatic,
        anchoring=sentences.anchoring,
        consistency=sentences.consistency,
        matrix=bool(view.confusion) and len(view.classes) <= _MOST_CLASSES,
    )
    return sentences.with_short_names(page)


def render_queue(view: QueueView) -> str:
    """The page of a round's queue."""
    return _template("queue.html").render(view=view, role_words=sentences.ROLES)


def render_release_diff(view: ReleaseDiff) -> str:
    """The page about two versions of the release."""
    return _template("release_diff.html").render(view=view)


def render_comparison(view: ComparisonView) -> str:
    """The page of compared rounds."""
    return _template("compare.html").render(view=view)


def render_augmentations(view: AugmentationsView) -> str:
    """The page of what fine-tuning would show a network."""
    return _template("augmentations.html").render(view=view)


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("silverprint.adapters.html", "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": sentences.percent,
        "part": sentences.positive_percent,
        "points": sentences.points,
        "count": "{:,}".format,
    }
    return environment.get_template(name)
