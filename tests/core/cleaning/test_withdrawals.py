"""What a takedown reaches, as a rule for the future and among the pictures of today."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.core.cleaning.takedowns import NOTHING, Takedowns
from silverprint.core.cleaning.withdrawals import is_domain, neighbours, resolve
from silverprint.records import MANIFEST, RAW, TAKEDOWNS, WITHDRAWN, conform

ID = {letter: letter * 64 for letter in "abcdef"}
SHOWN = conform(
    pl.DataFrame(
        [
            (ID["a"], "https://img.shop.example/1.jpg", "https://shop.example/1", "web"),
            (ID["b"], "https://cdn.example.net/2.jpg", "https://shop.example/2", "web"),
            (ID["c"], "http://USER@Notshop.example:8080/3.jpg", None, "list"),
            (ID["d"], "partner.zip!4.jpg", None, "partner"),
            (ID["e"], "partner.zip!5.jpg", None, "partner"),
            (None, "https://shop.example/gone.jpg", None, "web"),
        ],
        schema=["image_id", "url", "page_url", "source"],
        orient="row",
    ),
    RAW,
)
# d shows the same pixels as a; c and e could not be decoded.
PIXELS = pl.DataFrame({"image_id": list(ID.values())[:5], "pixel_sha256": ["1", "2", None, "1", None]})


def takedown(kind: str, target: str) -> pl.DataFrame:
    asked = {"image_id": target if kind == "image" else None, "kind": kind, "target": target}
    return conform(pl.DataFrame([asked]), TAKEDOWNS)


@pytest.mark.parametrize(
    ("kind", "target", "gone"),
    [
        ("image", ID["a"], {"a": "named", "d": "same-pixels"}),
        ("image", ID["c"], {"c": "named"}),
        ("image", ID["f"], {"f": "named"}),  # not here yet
        ("url", "https://cdn.example.net/2.jpg", {"b": "url"}),
        ("url", "https://shop.example/1", {"a": "url", "d": "same-pixels"}),
        ("url", "partner.zip!4.jpg", {"d": "url", "a": "same-pixels"}),
        ("url", "https://shop.example/", {}),
        ("domain", "shop.example", {"a": "domain", "b": "domain", "d": "same-pixels"}),
        ("domain", "notshop.example", {"c": "domain"}),
        ("domain", "example.net", {"b": "domain"}),
        ("domain", "op.example", {}),
        ("source", "partner", {"d": "source", "e": "source", "a": "same-pixels"}),
        ("source", "part", {}),
    ],
)
def test_a_takedown_reaches_what_it_names_and_the_copies(kind, target, gone) -> None:
    found = resolve(takedown(kind, target), SHOWN, PIXELS)
    assert found.schema == pl.Schema(WITHDRAWN)
    assert {row["image_id"][0]: row["how"] for row in found.to_dicts()} == gone
    assert set(found["target"]) <= {target}
    assert found["image_id"].is_sorted()


def test_nothing_taken_down_reaches_nothing() -> None:
    assert resolve(pl.DataFrame(schema=TAKEDOWNS), SHOWN, PIXELS).is_empty()
    assert not NOTHING.forbid("https://shop.example/1", None)


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 3)), max_size=12), st.sets(st.sampled_from("abcdef"))
)
def test_no_copy_of_a_withdrawn_picture_stays(pixels, named) -> None:
    taken = pl.concat([pl.DataFrame(schema=TAKEDOWNS), *(takedown("image", ID[letter]) for letter in sorted(named))])
    table = pl.DataFrame(
        [(ID[letter], str(number)) for letter, number in dict(pixels).items()],
        schema={"image_id": pl.String, "pixel_sha256": pl.String}, orient="row",
    )  # fmt: skip
    gone = set(resolve(taken, SHOWN, table)["image_id"])
    assert {ID[letter] for letter in named} <= gone
    same = dict(pixels)
    expected = {letter for letter in same if any(same[letter] == same.get(other) for other in named)} | named
    assert gone == {ID[letter] for letter in expected}


@pytest.mark.parametrize(
    ("address", "forbidden"),
    [
        ("https://shop.example/a.jpg", True),
        ("http://IMG.Shop.Example:8080/a.jpg", True),
        ("https://user:pw@shop.example/", True),
        ("https://notshop.example/a.jpg", False),
        ("https://shop.example.evil.net/a.jpg", False),
        ("https://elsewhere.example/?next=https://shop.example/", False),
        ("https://exact.example/page", True),
        ("https://exact.example/page2", False),
        ("http://[::1", False),
        ("partner.zip!a.jpg", False),
    ],
)
def test_what_may_not_be_fetched_again(address, forbidden) -> None:
    rules = Takedowns.of(pl.concat([takedown("domain", "shop.example"), takedown("url", "https://exact.example/page")]))
    assert rules.forbid(address) == forbidden
    assert rules.forbid(None, address) == forbidden


@pytest.mark.parametrize("name", ["example.org", "a.b.example", "xn--bcher-kva.example", "my_host.example.org"])
def test_a_domain(name) -> None:
    assert is_domain(name)


@pytest.mark.parametrize(
    "name", ["", "example", "org.", ".org", "a b.org", "https://example.org", "10.0.0.1", "-a.org", "a..org"]
)
def test_no_domain(name) -> None:
    assert not is_domain(name)


def test_look_alikes_of_a_withdrawn_picture_are_named_and_stay() -> None:
    manifest = conform(
        pl.DataFrame(
            {
                "image_id": [ID[letter] for letter in "abcd"],
                "kept": [False, True, True, False],
                "reason": ["withdrawn", None, None, "blurred"],
                "evidence": ["example.org", None, None, "1"],
                "group": [1, 1, 2, 1],
            }
        ),
        MANIFEST,
    )
    found = neighbours(manifest)
    assert found.rows() == [(ID["b"], ID["a"], "example.org")]
