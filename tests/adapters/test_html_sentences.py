"""Sentences of pages: no picture is named in full, and what is drawn stays as it is."""

from base64 import b64encode

from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.html.sentences import with_short_names

IDS = st.text("0123456789abcdef", min_size=64, max_size=64)
AROUND = st.text("0af.-/!:g \n", max_size=9)


@given(st.lists(st.tuples(AROUND, IDS, AROUND), min_size=1, max_size=4))
def test_nobody_is_named_in_full(parts: list[tuple[str, str, str]]) -> None:
    said = with_short_names("".join(map("".join, parts)))
    assert not any(image_id in said for _, image_id, _ in parts)


@given(AROUND.filter(lambda text: not text[-1:].isalnum()), IDS, st.text("gz.!-/", max_size=5))
def test_the_first_12_digits_stay(before: str, image_id: str, after: str) -> None:
    assert with_short_names(before + image_id + after) == before + image_id[:12] + after


@given(st.text("0123456789abcdefAZ+/", max_size=300))
def test_other_text_and_pictures_stay(data: str) -> None:
    page = f'<img src="data:image/png;base64,{b64encode(data.encode()).decode()}"><img src="data:x;base64,{data}">'
    assert with_short_names(page) == page
    assert with_short_names("0" * 63 + "g") == "0" * 63 + "g"
