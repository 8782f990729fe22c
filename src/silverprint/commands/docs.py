"""silverprint docs: the pages of documentation that came with this version."""

import difflib
import site
import sys
import sysconfig
from pathlib import Path
from typing import Final

import silverprint
from silverprint.console import say
from silverprint.errors import UnavailableError, UsageError

# Below the data folder of an environment; pyproject.toml names it, too.
_INSTALLED: Final = Path("share/doc/silverprint")
_SURELY: Final = "params.md"  # a page that any documentation of ours has


def run(page: str | None = None) -> None:
    """Prints a page as it was written, in Markdown; without one the names and titles of all.

    Args:
        page: params, jobs/open-a-round; as messages name it, docs/params.md, is well, too.

    Raises:
        UnavailableError: the package came without its pages.
        UsageError: there is no such page.
    """
    folder = _folder()
    pages = {
        str(path.relative_to(folder).with_suffix("")): path
        for path in sorted([*folder.glob("*.md"), *folder.glob("jobs/*.md")])
    }
    if page is None:
        titles = {
            name: path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ") for name, path in pages.items()
        }
        sys.stdout.write("".join(f"{name:<32}{title}\n" for name, title in titles.items()))
        say(f"They lie in {folder}; one of them: silverprint docs my-first-campaign")
        return
    name = page.partition("#")[0].removesuffix(".md").removeprefix("docs/")
    if name not in pages:
        near = difflib.get_close_matches(name, pages, 1)
        raise UsageError(
            f"docs {page!r}", "there is no such page", f"did you mean {near[0]}?" if near else "see: silverprint docs"
        )
    sys.stdout.write(pages[name].read_text(encoding="utf-8"))


def _folder() -> Path:
    """In a clone its docs/; else where pip lays data beside the package, in its environment or in the user's folder."""
    package = Path(silverprint.__file__).resolve().parent
    places = [package.parents[1] / "docs"]
    for base in (package.parent, Path(sysconfig.get_path("data")), Path(site.getuserbase())):
        places.append(base / _INSTALLED)
    for place in places:
        if (place / _SURELY).is_file():
            return place
    raise UnavailableError("the documentation", "it did not come with this installation", "install the wheel again")
