"""Page with many pictures: Label Studio's labelling configuration, in which a Repeater shows a cell for each."""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import quoteattr

from silverprint.adapters.labelstudio import page_style

CONTROL: Final = "choice_{{idx}}"
PICTURE: Final = "image_{{idx}}"
HOW: Final = (
    "Pictures that share a page have their answers already. Open the list below a picture whose answer is wrong, and "
    "choose the right one. Then press Ctrl+Enter to submit the page and see the next one."
)

# Without a key of its own a choice would get a letter or a digit, which would change one picture of many.
_NO_KEY: Final = quoteattr("f24")

_STYLE: Final = """
  .lsf-hint { display: none }
  .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(140px, 1fr)); gap: 12px 10px }
  .grid div:has(.cell) { display: contents }
  .cell { min-width: 0 }
  .cell [class*=filler], .cell canvas, .cell .konvajs-content, .cell .lsf-toolbar { display: none }
  .cell .lsf-image { position: static !important; width: 100% !important; height: 130px !important }
  .cell .lsf-image img { width: 100% !important; height: 100% !important; object-fit: contain; clip: auto !important }
  .grid:not(:has(div + div .cell)) { grid-template-columns: minmax(0, 480px) }
  .grid:not(:has(div + div .cell)) .lsf-image { height: 50vh !important }
"""


def config(question: str, choices: Sequence[str]) -> str:
    """The labelling configuration: `items` of a task side by side, each with one required choice."""
    options = "\n".join(f"          <Choice value={quoteattr(choice)} hotkey={_NO_KEY}/>" for choice in choices)
    return f"""<View>
  <Style>{page_style.COMMON}{_STYLE}</Style>
  <Header value={quoteattr(question)} size="4"/>
  <Header value="$hint" size="5"/>
  <View className="grid">
    <Repeater on="$items" indexFlag="{{{{idx}}}}">
      <View className="cell">
        <Image name="{PICTURE}" value="$items[{{{{idx}}}}].image" zoom="false" zoomControl="false"
               rotateControl="false"/>
        <Choices name="{CONTROL}" toName="{PICTURE}" choice="single" layout="select" required="true"
                 requiredMessage="Each picture has one answer.">
{options}
        </Choices>
      </View>
    </Repeater>
  </View>
</View>"""
