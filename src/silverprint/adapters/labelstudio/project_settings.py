"""Settings of a project, restored where somebody edited them: answers under other settings would not be ours."""

from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import ParseError, canonicalize

from silverprint.adapters.labelstudio import sdk
from silverprint.adapters.labelstudio.studio import Studio
from silverprint.adapters.labelstudio.types import Project
from silverprint.errors import DataError

_WORDS: Final = "expert_instruction"  # the server rewrites them, a lead may edit them, and they change no answer


def restore(studio: Studio, project: Project, settings: Mapping[str, Any]) -> list[str]:
    """Gives the project `settings` (see `label_config.settings`) again; the names of those that were others.

    Raises:
        DataError: the server does not take the labelling configuration, for answers were given to another one.
        UnavailableError, NotAllowedError: Label Studio.
    """
    from label_studio_sdk.core.api_error import ApiError

    with sdk.translate_failures(studio.url):
        there: Any = studio.client.projects.get(id=project.id)
        edited = {
            name: value
            for name, value in settings.items()
            if name != _WORDS and not _same(name, getattr(there, name, None), value)
        }
        if not edited:
            return []
        try:
            studio.client.projects.update(project.id, **edited)
        except ApiError as error:
            if error.status_code != 400:
                raise
            value = f"the labelling configuration of project {project.id} was edited"
            rule = f"{studio.url} does not take it back, since answers were given to another one"
            remedy = (
                "delete the answers that do not fit in the Data Manager there (they are in votes.csv), then: dvc repro"
            )
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
