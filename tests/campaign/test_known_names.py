"""What params.yaml names must be known: strategies, licences, CSS selectors."""

from dataclasses import replace

import pytest

from silverprint import config
from silverprint.campaign import known_names
from silverprint.config import ArchiveSource, Params, WebSource
from silverprint.core.licenses import recognise
from silverprint.core.selection import STRATEGIES
from silverprint.errors import ConfigError

pytestmark = pytest.mark.usefixtures("project")


def with_strategy(name: str, strategy: str) -> Params:
    params = config.load()
    return replace(params, rounds=params.rounds | {name: replace(params.rounds[name], strategy=strategy)})


def with_license(license_: str) -> Params:
    params = config.load()
    partner = params.sources["partner"]
    assert isinstance(partner, ArchiveSource)
    return replace(params, sources=params.sources | {"partner": replace(partner, license=license_)})


def with_hint(key: str, selector: str) -> Params:
    params = config.load()
    web = params.sources["web"]
    assert isinstance(web, WebSource)
    return replace(params, sources=params.sources | {"web": replace(web, **{key: selector})})


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_a_known_strategy_is_taken_where_there_is_a_model(strategy: str) -> None:
    known_names.check(with_strategy("r02", strategy))


@pytest.mark.parametrize("name", ["r01", "r02"])
def test_an_unknown_strategy_is_refused(name: str) -> None:
    message = rf"rounds\.{name}\.strategy = 'oracle': no such.*use one of: {', '.join(sorted(STRATEGIES))}"
    with pytest.raises(ConfigError, match=message):
        known_names.check(with_strategy(name, "oracle"))


def test_the_first_round_has_no_model() -> None:
    for strategy in ("maxherding", "random"):
        known_names.check(with_strategy("r01", strategy))
    with pytest.raises(ConfigError, match=r"rounds\.r01\.strategy = 'margin': needs .* a model.*cold start"):
        known_names.check(with_strategy("r01", "margin"))


def test_a_selector_of_thousands_of_parts_is_told() -> None:
    params = config.load()
    web = replace(params.sources["web"], page="a " * 2_000)
    with pytest.raises(ConfigError, match=r"sources\.web\.page has 4,000 characters: at most 1,000"):
        known_names.check(replace(params, sources={"web": web}))


def test_one_member_cannot_disagree() -> None:
    params = with_strategy("r02", "bald")
    for model, told in (({"members": 1}, r"members = 1"), ({"trainer": "finetune"}, r"trainer = 'finetune'")):
        with pytest.raises(ConfigError, match=rf"r02\.strategy = 'bald' with model\.{told}: needs 2 or more"):
            known_names.check(replace(params, model=replace(params.model, **model)))


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("MIT", "MIT"), ("mit", "MIT"), ("CC BY 4.0", "CC-BY-4.0"), ("gpl-3.0-only", "GPL-3.0-only"),
        ("https://creativecommons.org/licenses/by/2.5/ch/", "CC-BY-2.5-CH"), ("LicenseRef-own", "LicenseRef-own"),
        ("https://shop.example/terms", "https://shop.example/terms"), ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("nonsense", None), ("", None), (" ", None), ("https://", None), ("all rights reserved", None),
        ("MIT\nMIT", None),
    ],
)  # fmt: skip
def test_a_licence_is_known_by_one_name(said: str, name: str | None) -> None:
    assert recognise(said) == name


@pytest.mark.parametrize("said", ["nonsense", "", "all rights reserved", "gpl-3.0-only"])
def test_a_source_with_an_unknown_licence_is_refused(said: str) -> None:
    with pytest.raises(ConfigError, match=r"sources\.partner\.license = "):
        known_names.check(with_license(said))


@pytest.mark.parametrize("said", ["mit", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/", "LicenseRef-a"])
def test_a_source_may_say_its_licence_as_a_page_would(said: str) -> None:
    known_names.check(with_license(said))


@pytest.mark.parametrize(("said", "remedy"), [("mit", "did you mean MIT"), ("nonsense", "spdx.org"), ("", "spdx.org")])
def test_an_allowed_licence_is_written_as_the_manifest_has_it(said: str, remedy: str) -> None:
    params = config.load()
    params = replace(params, clean=replace(params.clean, licenses=("CC0-1.0", said)))
    with pytest.raises(ConfigError, match=rf"clean\.licenses\.1 = {said!r}.*{remedy}"):
        known_names.check(params)


NO_CSS = ["", "img..photo", "a[", "//a", "a:nonsense"]
NO_HINT = ["a::attr()", "a::attr(b) c", "a::text", "a, b::text"]
WITH_ATTRIBUTES = [
    "a.zoom::attr(data-full)",
    "a::attr(b), c",
    "image::attr(xlink:href)",
    "img::attr(:src)",
    "::attr(href)",
]
HINTS = ("next", "page", "picture", "label", "listing_label")


@pytest.mark.parametrize("selector", WITH_ATTRIBUTES)
@pytest.mark.parametrize("key", HINTS)
def test_a_selector_may_name_an_attribute(key: str, selector: str) -> None:
    known_names.check(with_hint(key, selector))


@pytest.mark.parametrize("selector", NO_CSS + NO_HINT)
@pytest.mark.parametrize("key", HINTS)
def test_a_selector_that_is_no_css_is_refused(key: str, selector: str) -> None:
    with pytest.raises(ConfigError, match=rf"sources\.web\.{key} = ") as caught:
        known_names.check(with_hint(key, selector))
    assert "\n" not in str(caught.value)
