"""The page's words: the same in every language, and some for whatever may become of a picture."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from silverprint.adapters.contribute.examine import OWN_REASONS
from silverprint.adapters.contribute.texts import LANGUAGES, texts
from tests.helpers.crowd import THEME, add_crowd, found, pattern, running

# Where a reason is written that `examine` or the inbox hands on.
WRITTEN = {
    "imaging/open_image.py": r'Undecodable\("([a-z-]+)"\)',
    "imaging/resource_limits.py": r'Undecodable\("([a-z-]+)"\)',
    "imaging/killable_process.py": r'CallEnded\("([a-z-]+)"\)',
    "imaging/jpeg.py": r'Undecodable\("([a-z-]+)"\)',
    "imaging/decode.py": r'Undecodable\("([a-z-]+)"\)',
    "store/intake/__init__.py": r'reason="([a-z-]+)"',
    "adapters/contribute/examine.py": r'return "([a-z-]+)"',
    "adapters/contribute/inbox.py": r'"(yours|known|enough|full|invite-spent|yours-alike|alike)"',
    "adapters/contribute/pages.py": r'Outcome\("", "([a-z-]+)"\)',
    "adapters/contribute/uploads.py": r'Outcome\("", "([a-z-]+)"\)',
}
SOURCES = Path(__file__).resolve().parents[3] / "src/silverprint"


def flat(words: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in words.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_says_all_that_english_says_with_as_many_numbers(language: str) -> None:
    english, own = dict(flat(texts("en"))), dict(flat(texts(language)))
    assert own.keys() == english.keys()
    for name, text in own.items():
        assert text.strip(), name
        assert text.count("{}") == english[name].count("{}"), name
        assert language == "en" or text != english[name], name


def test_every_reason_has_words() -> None:
    known = {reason for path, said in WRITTEN.items() for reason in re.findall(said, (SOURCES / path).read_text())}
    assert len(known) > 15
    unspoken = (known | set(OWN_REASONS) | {"reserved"}) - texts("en")["reasons"].keys() - {"taken-down"}
    assert not unspoken


def test_a_contributor_reads_every_page_in_chinese(project: Path) -> None:
    said = {name: {**THEME[name], "zh": "花园里的鸟"} for name in ("title", "instructions", "license_words", "consent")}
    add_crowd(said)
    with running() as crowd:
        person = crowd.person()
        words = texts("zh")
        for shown in (person.get(headers={"Accept-Language": "zh-CN, en;q=0.5"}), person.get("?language=zh")):
            assert '<html lang="zh"' in shown.text
            assert words["license_label"] in shown.text
        person.agree(language="zh", agreement=found(r'name="agreement" value="(\w+)"', shown.text))
        shown = person.get("?language=zh")
        assert words["choose"] in shown.text
        answer = person.send(pattern(1), b"no picture")
        assert words["reasons"]["not-an-image"] in answer.text
        assert words["wanted"].format(19) in answer.text
        assert words["code_is"] in person.get("/done").text
        assert words["messages"]["no-invite"] in crowd.person("x").get(headers={"Accept-Language": "zh"}).text
