"""Settings of a project, restored where somebody edited them: answers under other settings would not be ours."""

from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError, canonicalize

from silverprint.adapters.labelstudio import label_config
from silverprint.annotation_backend import Page
from silverprint.errors import DataError

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

_WORDS: Final = "expert_instruction"  # the server rewrites them, a lead may edit them, and they change no answer


def restore(client: "LabelStudio", url: str, project_id: int, page: Page) -> list[str]:
    """Gives the project the settings of `page` again; the names of those that were others.

    Raises:
        DataError: the server at `url` does not take the labelling configuration, for answers were given to another one.
    """
    from label_studio_sdk.core.api_error import ApiError

    there: Any = client.projects.get(id=project_id)
    edited = {
        name: value
        for name, value in label_config.settings(page).items()
        if name != _WORDS and not _same(name, getattr(there, name, None), value)
    }
    if not edited:
        return []
    try:
        client.projects.update(project_id, **edited)
    except ApiError as error:
        if error.status_code != 400:
            raise
        value = f"the labelling configuration of project {project_id} was edited"
        rule = f"{url} does not take it back, since answers were given to another one"
        remedy = "delete in the Data Manager there the answers that do not fit (votes.csv has them); silverprint repro"
        raise DataError(value, rule, remedy) from None
    return sorted(edited)


def _same(name: str, there: object, ours: object) -> bool:
    """Whether two values of a setting mean the same: Label Studio may lay XML out anew."""
    if name != "label_config" or there == ours:
        return there == ours
    try:
        return canonicalize(str(there), strip_text=True) == canonicalize(str(ours), strip_text=True)
    except ParseError:
        return False
