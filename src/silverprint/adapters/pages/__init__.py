"""The report as one HTML file: no script, no other file, no network."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from silverprint.adapters.pages import words
from silverprint.adapters.pages.view import View

_MOST_CLASSES = 30  # a wider confusion matrix says less than the list of the commonest mistakes


def render(view: View) -> str:
    environment = Environment(
        loader=PackageLoader("silverprint.adapters.pages", "."),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": words.percent, "points": words.points, "count": "{:,}".format}
    return environment.get_template("report.html").render(
        view=view,
        verdict=words.verdict(view),
        reason_words=words.REASONS,
        role_words=words.ROLES,
        gain=words.gain,
        matrix=bool(view.confusion) and len(view.classes) <= _MOST_CLASSES,
    )
