"""Sheet of questions and answers, as Markdown and JSON: what tables and a person say, and what is still to be said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

MARK: Final = "TO BE FILLED IN BY A PERSON"


@dataclass(frozen=True)
class Item:
    """A question.

    Attributes:
        key: what `release.answers` calls it; of one sheet each once.
        tables: what the campaign's tables say of it, as Markdown; None where they say nothing.
        open: whether only a person can answer it, or what the tables do not say of it.
        figures: the numbers of `tables`, for programs.
        person: what a person answered.
    """

    key: str
    question: str
    tables: str | None = None
    open: bool = False
    figures: Any = None
    person: str | None = None

    @property
    def missing(self) -> bool:
        return self.open and self.person is None


@dataclass(frozen=True)
class Section:
    title: str
    items: tuple[Item, ...]
    level: int = 2  # of its heading; 3 is within the last of 2


@dataclass(frozen=True)
class Sheet:
    title: str
    about: str  # what it follows, and what it counts
    sections: tuple[Section, ...]

    @property
    def items(self) -> Iterable[Item]:
        return (item for section in self.sections for item in section.items)

    def answered(self, answers: Mapping[str, str]) -> "Sheet":
        """With what a person answered, by key; keys of other sheets are left alone."""
        sections = (
            replace(section, items=tuple(replace(item, person=answers.get(item.key)) for item in section.items))
            for section in self.sections
        )
        return replace(self, sections=tuple(sections))

    def to_json(self) -> dict[str, Any]:
        sections = [
            {"title": section.title, "items": [_json(item) for item in section.items]} for section in self.sections
        ]
        missing = [item.key for item in self.items if item.missing]
        return {"title": self.title, "about": self.about, "to_be_filled_in": missing, "sections": sections}

    def to_markdown(self) -> str:
        missing = [item.key for item in self.items if item.missing]
        parts = [f"# {self.title}", self.about]
        if missing:
            parts.append(
                f"**{len(missing)} answers are still a person's.** They are marked {MARK}, with the key under which"
                " `release.answers` in `params.yaml` takes the answer; the next release has it."
            )
        for section in self.sections:
            parts.append(f"{'#' * section.level} {section.title}")
            parts += [_markdown(item) for item in section.items]
        return "\n\n".join(parts) + "\n"


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A table in Markdown; numbers are right-aligned by what the first row holds."""
    lines = [list(row) for row in rows]
    names = list(heads)
    first = lines[0] if lines else []
    rules = ["---:" if isinstance(value, int | float) else "---" for value in first] or ["---"] * len(names)
    shown = [_row(names), f"|{'|'.join(rules)}|", *map(_row, lines)]
    return "\n".join(shown)


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else " ".join(str(value).split()).replace("|", "\\|")


def _json(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {"key": item.key, "question": item.question}
    found["from_tables"], found["from_a_person"] = item.tables, item.person
    if item.figures is not None:
        found["figures"] = item.figures
    return {**found, "to_be_filled_in": item.missing}


def _markdown(item: Item) -> str:
    # Strangers' words are in what the tables say: none becomes a tag.
    tables = (item.tables or "").replace("<", "&lt;")
    parts = [f"**{item.question}**", tables, item.person or ""]
    if item.missing:
        parts.append(f"> {MARK} (`{item.key}`)")
    return "\n\n".join(part.strip() for part in parts if part.strip())
