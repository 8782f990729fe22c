"""Names are compared in Unicode's composed form, and stay as they came."""

from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.unicode_names import match_name, to_nfc

WORDS = st.text(max_size=6) | st.sampled_from(["n\u0303", "\u00f1", "e\u0301a", "\u00e9a", "plain"])


@given(WORDS, st.lists(WORDS, max_size=5))
def test_a_name_is_found_in_whatever_form_it_is_written(word: str, known: list[str]) -> None:
    same = [name for name in known if normalize("NFC", name) == normalize("NFC", word)]
    assert match_name(word, known) == (word if word in known else next(iter(same), None))
    assert to_nfc(word) == normalize("NFC", word)
