"""Plan of what is still to be asked: images that share a page are asked about together, as far as they want the same.

An image of which one answer is missing although its page has one (it was left empty, or belongs to somebody retired)
gets a page of its own for the people it lacks: nobody is asked again about the others. Pure functions.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from silverprint.annotation_backend import StoredTask


@dataclass(frozen=True)
class Wanted:
    """What one task is to ask from now on.

    Attributes:
        key: names the task; see `task_key`.
        people: more people to serve it to, 0 or more.
        apart: whether it asks about an image apart from the page that it shares.
    """

    key: str
    image_ids: tuple[str, ...]
    people: int
    apart: bool = False


def plan(missing: Mapping[str, int], page_of: Mapping[str, int]) -> list[Wanted]:
    """What each task is to ask, in the order of asking.

    A page is served to as many people as most of its images still want, the smaller number of two equally common ones.

    Args:
        missing: people still wanted by image_id, in rank order; of the images that may be asked about.
        page_of: the page of the images that share one.
    """
    pages: dict[int, list[str]] = defaultdict(list)
    for image_id in missing:
        if image_id in page_of:
            pages[page_of[image_id]].append(image_id)
    shared = {page: _most_common(missing[image_id] for image_id in ids) for page, ids in pages.items() if len(ids) > 1}
    found: dict[str, Wanted] = {}
    for image_id, people in missing.items():
        page = page_of.get(image_id)
        if page is None or page not in shared:
            found[image_id] = Wanted(image_id, (image_id,), people)
            continue
        found.setdefault(_page_key(page), Wanted(_page_key(page), tuple(pages[page]), shared[page]))
        found[image_id] = Wanted(image_id, (image_id,), max(people - shared[page], 0), apart=True)
    return list(found.values())


def task_key(task: StoredTask, page_of: Mapping[str, int]) -> str | None:
    """A name that tasks have in common if they ask the same: of the image, or of the page; None where a task asks
    nothing of ours.
    """
    if not task.shares_page:
        return task.image_id
    page = next((page_of[image_id] for image_id in task.image_ids if image_id in page_of), None)
    return None if page is None else _page_key(page)


def _page_key(page: int) -> str:
    return f"page {page}"


def _most_common(numbers: Iterable[int]) -> int:
    counts = Counter(numbers)
    return min(counts, key=lambda number: (-counts[number], number))
