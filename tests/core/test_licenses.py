import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.licenses import page, spdx


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-sa/4.0", "CC-BY-SA-4.0"),
        ("https://www.creativecommons.org/licenses/by-nc-nd/2.0/deed.de", "CC-BY-NC-ND-2.0"),
        ("https://creativecommons.org/licenses/by/3.0/de/legalcode", "CC-BY-3.0-DE"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://creativecommons.org/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("CC BY-SA 4.0", "CC-BY-SA-4.0"),
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC0", "CC0-1.0"),
        ("MIT", "MIT"),
        ("MIT License", "MIT"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://opensource.org/license/mit/", "MIT"),
        ("https://spdx.org/licenses/CC-BY-4.0.html", "CC-BY-4.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0.txt", "Apache-2.0"),
        ("https://example.org/our-terms", "https://example.org/our-terms"),
        ("  All rights\n reserved ", "All rights reserved"),
        ("https://creativecommons.org/licenses/by/4.0.evil.example/", "https://creativecommons.org/licenses/by/4.0.evil.example/"),
        ("https://evil.example/creativecommons.org/licenses/by/4.0/", "https://evil.example/creativecommons.org/licenses/by/4.0/"),
        ("", None),
        (" \n", None),
    ],
)  # fmt: skip
def test_licences_have_one_name(said: str, meant: str | None) -> None:
    assert spdx(said) == meant


@given(st.text(max_size=700))
def test_any_words_are_kept_short(said: str) -> None:
    found = spdx(said)
    assert found is None or 0 < len(found) <= 500


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("CC-BY-4.0", "https://spdx.org/licenses/CC-BY-4.0.html"),
        ("MIT", "https://spdx.org/licenses/MIT.html"),
        ("CC-BY-NC-3.0-DE", "https://creativecommons.org/licenses/by-nc/3.0/de/"),
        ("https://example.org/our-terms", "https://example.org/our-terms"),
        ("LicenseRef-ours", None),
        ("MIT OR Apache-2.0", None),
        ("All rights reserved", None),
    ],
)
def test_a_licence_that_can_be_read_somewhere_has_its_address(name: str, address: str | None) -> None:
    assert page(name) == address
