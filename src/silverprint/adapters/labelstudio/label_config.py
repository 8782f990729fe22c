"""Labelling page: Label Studio's labelling configuration and instructions."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final, TypeAlias
from xml.sax.saxutils import quoteattr

from silverprint.adapters.labelstudio import grid_config, page_style
from silverprint.annotation_backend import Page
from silverprint.records import NONE_OF_THESE, UNSURE

Groups: TypeAlias = Sequence[tuple[str, Sequence[str]]]  # titles and what stands below them

CONTROL: Final = "choice"
PICTURE: Final = "image"
MODEL: Final = "silverprint"  # the page shows the pre-labels of one model version; which model it was, the queue knows

# A picture is shown as large as fits, and at most four times its own size: Label Studio never enlarges one that is
# zoomed "auto", and what it lays out is enlarged as a whole. List and picture scroll each by itself.
_STYLE: Final = """
  .page { display: flex; gap: 32px; align-items: flex-start }
  .picture { flex: 1 1 0; min-width: 0 }
  .picture [class*=container--] { zoom: 4; height: calc((100vh - 165px) / 4); max-height: none !important }
  .picture .lsf-image-progress { zoom: .25 }
  .picture [class*=filler] { display: none }
  .answers { flex: 0 0 300px; display: flex; flex-direction: column; max-height: calc(100vh - 165px) }
  .answers .lsf-choices { flex: 0 1 auto; min-height: 0; overflow-y: auto }
  .answers input[type=text] { flex: none; margin-bottom: 8px }
  .lsf-choice__item { margin: 2px 0 }
  .lsf-choice__checkbox { display: flex; align-items: center; padding: 7px 10px; border-radius: 6px; font-size: 17px }
  .lsf-choice__checkbox:hover { background: rgba(120, 120, 160, .12) }
  .lsf-choice__checkbox.ant-radio-wrapper-checked { background: rgba(76, 96, 208, .16); font-weight: 600 }
  .lsf-choice__checkbox .lsf-hint { top: 0; margin-left: 10px; font-size: 13px; font-weight: 400; opacity: .65 }
  @media (max-width: 700px) {
    .page { flex-direction: column; gap: 8px; align-items: stretch }
    .picture { flex: none }
    .picture [class*=container--] { height: calc(38vh / 4) }
    .picture .lsf-toolbar, .answers .lsf-hint { display: none }
    .answers { flex: none; max-height: calc(62vh - 150px) }
  }
"""

_END_OF_GROUP: Final = '<View style="border-top: 1px solid rgba(120, 120, 160, .4); margin: 10px 0"/>'

_FIT: Final = 15  # answers that a laptop's screen shows at once
# Enter in it turns the first answer that is left on or off, Ctrl+Enter too; cleaned up, that would be the first of all.
_FILTER: Final = f"""
    <Filter name="filter" toName="{CONTROL}" hotkey="/" minlength="1" cleanup="false"
            placeholder="Type a part of the name [/]"/>"""

_HOW: Final = "Press the key shown beside an answer, then Ctrl+Enter to submit and see the next picture."
_FIND: Final = (
    "Press / and type a part of a name to find an answer: Enter chooses the first that is left. Then click Submit."
)

# Keys that Label Studio's own editor leaves free; the two answers every project has keep theirs whatever the classes.
_CLASS_KEYS: Final = "1234567890qtyiasdfgjlcn"
_FIXED_KEYS: Final = {UNSURE: "z", NONE_OF_THESE: "x"}


def hotkeys(choices: Sequence[str], by_age: Sequence[str] = ()) -> dict[str, str]:
    """A key for each choice, all different; classes beyond the 23 free keys have none and are clicked.

    The choices in `by_age` come first, in that order, so that a key means the same class for good.
    """
    free = iter(_CLASS_KEYS)
    keys: dict[str, str] = {}
    for choice in dict.fromkeys([*(name for name in by_age if name in choices), *choices]):
        key = _FIXED_KEYS.get(choice) or next(free, None)
        if key:
            keys[choice] = key
    return keys


def settings(page: Page) -> dict[str, Any]:
    """A project's settings, by their names in Label Studio, as far as they decide what people see and are served."""
    return {
        "label_config": (
            grid_config.config(page.question, page.choices)
            if page.grid
            else config(page.question, page.choices, page.by_age, page.groups)
        ),
        "expert_instruction": instructions(page.instructions, grid_config.HOW if page.grid else _how(page.choices)),
        "show_instruction": True,
        "show_skip_button": False,
        "enable_empty_annotation": False,
        "show_collab_predictions": True,
        "model_version": MODEL,
        # With these two, everybody is served strictly by task id, that is by rank, until a task has as many answers as
        # its own overlap. Any maximum above 1 makes the order random.
        "sampling": "Sequential sampling",
        "maximum_annotations": 1,
    }


def _how(choices: Sequence[str]) -> str:
    """How to answer; where the list is long, also how to find an answer, and how many have a key."""
    if len(choices) <= _FIT:
        return _HOW
    return f"{_HOW} {len(hotkeys(choices))} of {len(choices)} answers have a key. {_FIND}"


def config(question: str, choices: Sequence[str], by_age: Sequence[str] = (), groups: Groups = ()) -> str:
    """The labelling configuration: the picture, large and zoomable, beside one required choice.

    `choices` are in the order shown, but that those of a group stand together, under its title, where the first of them
    is; their keys are in the order of `by_age`. The picture's address is the task's `image`.
    """
    options = "\n".join(f"        {line}" for line in _options(choices, by_age, groups))
    return f"""<View className="page">
  <Style>{page_style.COMMON}{_STYLE}</Style>
  <View className="picture">
    <Image name="{PICTURE}" value="$image" zoom="true" zoomControl="true" rotateControl="false" defaultZoom="auto"
           horizontalAlignment="center"/>
  </View>
  <View className="answers">
    <Header value={quoteattr(question)} size="4"/>{_FILTER if len(choices) > _FIT else ""}
    <Choices name="{CONTROL}" toName="{PICTURE}" choice="single-radio" required="true"
             requiredMessage="Choose one answer first." showInline="false">
{options}
    </Choices>
  </View>
</View>"""


def _options(choices: Sequence[str], by_age: Sequence[str], groups: Groups) -> Iterator[str]:
    keys = hotkeys(choices, by_age)
    for title, together in _blocks(choices, groups):
        if title is not None:
            yield f'<Header value={quoteattr(title)} size="6"/>'
        elif together[0] != choices[0]:
            yield _END_OF_GROUP
        for choice in together:
            key = f" hotkey={quoteattr(keys[choice])}" if choice in keys else ""
            yield f"<Choice value={quoteattr(choice)}{key}/>"


def _blocks(choices: Sequence[str], groups: Groups) -> Iterator[tuple[str | None, list[str]]]:
    """Choices that stand together, in the order of their first, below the title; without one, those of no group."""
    title_of = {name: title for title, members in groups for name in members}
    of_group = {title: [name for name in choices if title_of.get(name) == title] for title, _ in groups}
    alone: list[str] = []
    for choice in choices:
        title = title_of.get(choice)
        if title is None:
            alone.append(choice)
            continue
        if alone:
            yield None, alone
            alone = []
        if together := of_group.pop(title, None):
            yield title, together
    if alone:
        yield None, alone


def instructions(text: str, how: str = _HOW) -> str:
    """Plain text as the HTML of the page's instructions, one paragraph a line, with how to answer at the end."""
    lines = [*text.strip().splitlines(), how]
    return "".join(f'<p style="margin-bottom: 10px">{escape(line.strip())}</p>' for line in lines if line.strip())


def result(choice: str, place: int | None = None) -> list[dict[str, object]]:
    """`choice` as Label Studio stores an answer or a prediction.

    Args:
        place: of the picture on a grid.
    """
    end = "" if place is None else f"_{place}"
    value = {"choices": [choice]}
    return [{"from_name": CONTROL + end, "to_name": PICTURE + end, "type": "choices", "value": value}]


def answers(stored: object, place: int | None = None) -> tuple[str, ...]:
    """The choices in a stored result, unchecked; on a grid those in a place. The inverse of `result`."""
    items = [item for item in stored if isinstance(item, dict)] if isinstance(stored, list) else []
    here = [item for item in items if place is None or item.get("from_name") == f"{CONTROL}_{place}"]
    values = [item.get("value") for item in here]
    chosen = [value.get("choices") for value in values if isinstance(value, dict)]
    return tuple(str(choice) for choices in chosen if isinstance(choices, list) for choice in choices)
