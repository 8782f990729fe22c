"""What a model may learn from."""

import polars as pl

from silverprint.core.evaluation.training_set import examples, of_no_class, unlabelled
from silverprint.records import LABELS, MANIFEST, NONE_OF_THESE, conform


def test_nothing_that_looks_like_a_held_out_picture_is_trained_on_whatever_its_label():
    """One of which people said no class (not sure, or none of these) is an evaluation picture as well."""
    said = {
        "a": ("evaluation", None),
        "b": ("evaluation", "not one of these"),
        "c": ("evaluation", "coat"),
        "h": ("audit", "bag"),
    }
    look_alikes = {"d": 0, "e": 1, "f": 2, "i": 3, "g": 4}  # of a, b, c, h, and of nothing
    labels = pl.DataFrame(
        [{"image_id": name, "role": role, "label": label} for name, (role, label) in said.items()]
        + [{"image_id": name, "role": "train", "label": "coat"} for name in look_alikes]
    )
    manifest = pl.DataFrame(
        [{"image_id": name, "group": number, "kept": True} for number, name in enumerate(said)]
        + [{"image_id": name, "group": group, "kept": True} for name, group in look_alikes.items()]
    )
    found = examples(
        conform(labels, LABELS), conform(manifest, MANIFEST),
        classes=("coat", "bag"), withdrawn=frozenset(), binding=frozenset(),
    )  # fmt: skip
    assert found.training["image_id"].to_list() == ["g"]
    assert found.evaluation["image_id"].to_list() == ["c"]


def test_pictures_of_no_class_teach_as_labelled_ones_do():
    """Not where they judge, nor where one like them does, nor where they may not be used."""
    rows = {  # role, label, near-duplicate group
        "a": ("train", NONE_OF_THESE, 0), "b": ("control", NONE_OF_THESE, 1), "c": ("relabel", NONE_OF_THESE, 2),
        "unsure": ("train", None, 3), "known": ("train", "coat", 4), "judges": ("evaluation", NONE_OF_THESE, 5),
        "like": ("train", NONE_OF_THESE, 5), "taken": ("train", NONE_OF_THESE, 6),
        "secret": ("train", NONE_OF_THESE, 7),
    }  # fmt: skip
    labels = pl.DataFrame([{"image_id": name, "role": role, "label": label} for name, (role, label, _) in rows.items()])
    manifest = pl.DataFrame(
        [
            {"image_id": name, "group": group, "reason": "licence" * (name == "secret")}
            for name, (*_, group) in rows.items()
        ]
    )
    given = conform(labels, LABELS), conform(manifest, MANIFEST)
    limits = {"withdrawn": frozenset({"taken"}), "binding": frozenset({"licence"})}
    assert of_no_class(*given, **limits) == ["a", "b", "c"]
    assert examples(*given, classes=("coat",), **limits).training["image_id"].to_list() == ["known"]


def test_only_pictures_that_nobody_was_asked_about_and_no_model_is_judged_by_are_unlabelled():
    asked = {
        "evaluated": ("evaluation", "coat"), "unresolved": ("evaluation", None), "checked": ("gold", "coat"),
        "learnt": ("train", "coat"), "random": ("control", "coat"), "odd": ("train", "not one of these"),
    }  # fmt: skip
    free = ["like evaluated", "like unresolved", "like checked", "like learnt", "alone", "alone, too", "taken"]
    groups = {name: number for number, name in enumerate(asked)} | {
        name: list(asked).index(name.removeprefix("like ")) for name in free if name.startswith("like")
    }
    names = [*asked, *free, "rejected"]
    manifest = pl.DataFrame([{"image_id": n, "group": groups.get(n), "kept": n != "rejected"} for n in names])
    labels = pl.DataFrame([{"image_id": n, "role": role, "label": label} for n, (role, label) in asked.items()])
    given = conform(labels, LABELS), conform(manifest, MANIFEST)
    withdrawn = frozenset({"taken"})
    assert unlabelled(*given, withdrawn=withdrawn, most=9) == ["alone", "alone, too", "like learnt"]
    assert unlabelled(*given, withdrawn=withdrawn, most=2) == ["alone", "alone, too"]
    assert unlabelled(given[0].clear(), given[1], withdrawn=frozenset(names), most=9) == []
