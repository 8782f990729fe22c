"""What a crawl remembers is what a set and a dictionary would, in a few bytes each."""

import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.crawl.pending import PendingImages
from silverprint.adapters.crawl.seen import SeenAddresses, SeenAnswers
from silverprint.errors import DiskError
from silverprint.fetch_result import Answer, Showing, StoredBytes
from silverprint.records import RAW, empty
from silverprint.store import ShardReader, ShardWriter
from silverprint.store.intake import Intake
from tests.helpers.web_pictures import encoded

URLS = st.sampled_from(["http://a/1", "http://a/1\n", "\nhttp://a/1", "http://a/\udce9", ""]) | st.text(max_size=3)
TEXT = st.none() | st.text(max_size=5)
KEPT = st.sampled_from([None, StoredBytes([b"bytes"], "0" * 64)])
OUTCOMES = st.sampled_from(["present", "refused", "failed"])
ANSWERS = st.builds(
    Answer, OUTCOMES, TEXT, st.none(), TEXT, TEXT, st.integers(0), TEXT, TEXT, TEXT, st.just("n/a"), TEXT, KEPT
)


@given(st.lists(URLS))
def test_addresses_are_a_set(urls: list[str]) -> None:
    found, expected = SeenAddresses(), set[str]()
    for url in urls:
        assert found.add(url) == (url not in expected)
        expected.add(url)


@given(st.lists(st.tuples(URLS, st.none() | ANSWERS)))
def test_answers_are_a_dictionary(steps: list[tuple[str, Answer | None]]) -> None:
    found, expected = SeenAnswers(), dict[str, Answer]()
    for url, answer in steps:
        if answer is not None:
            expected[url] = answer._replace(kept=None)  # what is kept of the bytes goes into the shard
            found.put(url, answer._replace(data=b"bytes"))
        assert found.get(url) == expected.get(url)
    assert len(found) == sum(answer is not None for _, answer in steps)
    found.close()


@pytest.mark.slow
def test_a_picture_costs_a_crawl_a_few_bytes() -> None:
    """Four times the pictures: what is held grows by less than 48 bytes each, at any moment by less than 200."""

    def held(pictures: int) -> tuple[int, int]:
        tracemalloc.start()
        pages, answers = SeenAddresses(), SeenAnswers()
        for number in range(pictures):
            url = f"https://shop.example/pictures/large/{number:09}.jpg"
            pages.add(f"{url}.html")
            answers.put(url, Answer("present", image_id=f"{number:064x}", etag=f'"{number:032x}"', status=200))
        found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        answers.close()
        return found

    few, many = held(15_000), held(60_000)
    assert many[0] - few[0] < 48 * 45_000
    assert many[1] - few[1] < 200 * 45_000


def test_each_address_is_asked_for_once_and_each_showing_is_a_row(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with ShardWriter(tmp_path, max_pictures=10) as writer:
        pictures = PendingImages(Intake(writer, "web", empty(RAW)), lambda *counts: told.append(counts))
        shown = [Showing("http://a/1.jpg", f"http://a/{page}") for page in range(3)]
        assert [pictures.must_ask(showing) for showing in shown[:2]] == [True, False]
        pictures.settle("http://a/1.jpg", Answer("present", data=encoded(1), status=200))
        assert not pictures.must_ask(shown[2])
        pictures.at_fault = True
        assert pictures.must_ask(Showing("http://a/2.jpg"))
        pictures.settle("http://a/2.jpg", Answer("failed", "http-404"))
        pictures.close()
    rows = ShardReader(tmp_path).index()
    assert rows["page_url"].to_list() == [showing.page_url for showing in shown]
    assert rows["outcome"].to_list() == ["stored", "duplicate", "duplicate"]
    assert told[-1] == (2, 2)


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("r+b", buffering=0) as full:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda: full)
        with pytest.raises(DiskError, match="no space left"):
            SeenAnswers().put("http://a/1", Answer("failed", "empty"))
