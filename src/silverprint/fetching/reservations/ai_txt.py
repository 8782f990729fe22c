"""ai.txt of Spawning (site.spawning.ai/spawning-ai-txt): which files of a site may become part of data for training.

It is written like a robots.txt, with endings of files: `User-Agent: *`, `Disallow: *.jpg`. Other files that go by the
same name (with other keys) say nothing here.
"""

from silverprint.core.reservations import Statement
from silverprint.fetching.robots.rules import RobotsTxt


class AiTxt:
    """
    Args:
        content: of the file, as it came; read as a robots.txt is.
    """

    def __init__(self, content: bytes) -> None:
        self._rules = RobotsTxt(content)

    def statement(self, url: str, agent: str) -> Statement | None:
        """What it says of `url`; an ending counts in any case (.JPG)."""
        said = {self._rules.ruling(spelt, agent) for spelt in (url, url.lower())} - {None}
        if not said:
            return None
        forbids = False in said
        return Statement("ai-txt", "disallow" if forbids else "allow", "ai.txt", forbids)
