"""Child with the sockets: whatever bodies come, and in whatever order, each result arrives."""

import threading
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from silverprint.adapters.urls.fetcher import ring_buffer
from silverprint.adapters.urls.fetcher.messages import FetchSettings, Request
from silverprint.adapters.urls.fetcher.parent import FetcherProcess
from silverprint.adapters.urls.fetcher.ring_buffer import HOT, Ring, memory_file
from silverprint.core.cleaning.takedowns import NOTHING
from tests.helpers.tinysite import Reply, serving

SECONDS = 60.0  # for what takes two: after them the child is ended, and what is missing is seen


def bodies(sizes: Sequence[int]) -> list[int | None]:
    """Sizes of the bodies that come back from one host that is asked for so many bytes, one after the other."""
    by_path = {f"/{size}": Reply(bytes(size), headers={"Content-Type": "image/jpeg"}) for size in {*sizes}}
    found: dict[int, int | None] = {}
    with serving({**by_path}) as site:
        manner = FetchSettings("tests/1.0", 10, 2 * HOT, 1, (site.host,), NOTHING, ())
        with FetcherProcess(manner) as sockets:
            watch = threading.Timer(SECONDS, sockets.stop)
            watch.start()
            sockets.order([Request(place, f"{site.address}/{size}") for place, size in enumerate(sizes)])
            while len(found) < len(sizes) and (results := sockets.receive()):
                for result in results:
                    body = sockets.body(result)
                    found[result.number] = None if body is None else len(body)
            watch.cancel()
    return [found.get(place) for place in range(len(sizes))]


@pytest.mark.slow
@pytest.mark.parametrize(
    "first", [[0], [10, 0, 20], [HOT - 1_000, 500]], ids=["an empty body", "one among others", "a ring almost full"]
)
def test_a_body_that_finds_no_room_gets_it_however_many_are_under_way(first):
    sizes = [*first, HOT + 1, *[7] * 70]  # fewer would make the parent say what is free at once
    assert bodies(sizes) == sizes


@example([(0, 0), (1, 0)])
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 4)), max_size=60))
def test_what_is_put_is_there_until_it_is_freed_and_an_empty_ring_has_room(steps):
    ring, held = Ring(memory_file(200), 200), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ring_buffer, "HOT", 50)
        for number, (size, freed) in enumerate(steps):
            data = bytes([number]) * size
            place = ring.put(data)
            assert place is not None or sum(map(len, (body for _, body in held))) > 0
            held += [] if place is None else [(place, data)]
            assert [ring.get(at, len(body)) for at, body in held] == [body for _, body in held]
            done = min(freed, len(held))
            ring.free(done)
            held = held[done:]
