"""The dataset card."""

from typing import Any

from ruamel.yaml import YAML

from silverprint.adapters.huggingface import card

AUTOMATIC = {
    "round": "r01", "promised": 0.97, "confidence": 0.95, "pool": 1000, "released": 600, "coverage": 0.6, "groups": 1,
    "audited": 300, "above": 200, "right": 198, "precision": 0.99, "low": 0.9643, "high": 0.9988,
    "classes": {
        "dress | skirt": {"released": 600, "above": 200, "right": 198, "precision": 0.99, "low": 0.96, "high": 0.99,
                          "threshold": 0.874},
        "coat": {"released": 0, "above": 0, "right": 0},
    },
    "coverage_at": {"0.9": 0.8, "0.97": 0.6, "0.99": 0.0},
}  # fmt: skip


def a_card(**changes: Any) -> card.Card:
    facts: dict[str, Any] = {
        "name": "fashion",
        "question": "Which garment is this?",
        "classes": ("coat", "dress | skirt"),
        "splits": {"train": {"coat": 1200}, "test": {"coat": 3, "dress | skirt": 2}},
        "licenses": [
            {"license": "CC-BY-4.0", "source": "web", "pictures": 5},
            {"license": None, "source": "web", "pictures": 1},
        ],
        "sources": [{"source": "web", "pictures": 9, "kept": 7, "released": 6}],
        "rounds": [{"round": "r01", "pictures": 6, "votes": 12, "abstained": 1, "people": 3, "alpha": None}],
        "evaluation": {"n": 5, "accuracy": 0.8, "low": 0.4, "high": 0.95},
        "model_id": "r01-0123456789",
        "automatic": AUTOMATIC,
        "imported": {},
        "core_classes": ("coat",),
        "test_sources": (),
        "augment": 0, "blurred": 0, "drawn_later": 0, "undecided": 0,
        "formats": ("parquet", "imagefolder"),
        "version": {"version": 2, "at": "2026-01-02T03:04:05+00:00", "round": "r02", "digest": "a" * 64,
                    "added": 3, "removed": 2, "relabelled": 3, "moved": 0, "renamed": 0},
        "compared": True,
        "relabelled": [{"label_before": "coat", "label": "dress | skirt", "pictures": 2},
                       {"label_before": "dress | skirt", "label": "coat", "pictures": 1}],
    }  # fmt: skip
    return card.Card(**facts | changes)


def header(text: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(text.split("---\n")[1])
    return found


def test_the_cards_header_is_what_the_hub_reads() -> None:
    assert header(card.render(a_card())) == {
        "license": ["cc-by-4.0", "other"],
        "task_categories": ["image-classification"],
        "pretty_name": "fashion",
        "size_categories": ["1K<n<10K"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": "train", "path": "parquet/train-*.parquet"},
                    {"split": "test", "path": "parquet/test-*.parquet"},
                ],
            }
        ],
    }


def test_the_cards_tables_have_whole_rows() -> None:
    text = card.render(a_card())
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 6
    for table in tables:
        bars = {line.replace("\\|", "").count("|") for line in table.splitlines()}
        assert len(bars) == 1, table
    assert "\nRelabelled: coat → dress \\| skirt (2), dress \\| skirt → coat (1)\n\n" in text
    assert "1,205 pictures" in text
    assert "80.0 % of\n5 evaluation pictures (95 % interval 40.0 % to 95.0 %)" in text


def test_the_card_says_what_is_not_there() -> None:
    text = card.render(a_card(evaluation=None))
    assert "There is no evaluation of a model." in text
    assert "silver" not in text


def test_the_card_says_what_test_is_worth_to_whom() -> None:
    text = card.render(a_card())
    assert "| `test` | 5 | people | measuring; drawn at random, and trained on by no model since |" in text
    assert "drawn after" not in text
    assert "neither are 4 for training whose" in card.render(a_card(undecided=4))
    assert "label would be a guess" not in card.render(a_card())
    assert "31 of `test` were drawn after r01. No model of the round that drew" in card.render(a_card(drawn_later=31))
    assert "never trained on" not in card.render(a_card(test_sources=("partner",)))


def test_augmented_copies_are_counted_apart() -> None:
    assert "augmented copies" not in card.render(a_card())
    text = card.render(a_card(augment=10))
    assert "`train` has 10 augmented copies of each of its pictures, too, 12,000 in all" in " ".join(text.split())
    assert header(text)["size_categories"] == ["10K<n<100K"]
    assert "| `train` | 1,200 |" in text
