"""Figures of real photographs and of what is wrong with pictures; rules, their order and their evidence."""

import cv2
import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageFilter
from sklearn.datasets import load_sample_image

from silverprint.config import Clean
from silverprint.core.cleaning.rules import BINDING, FLAGS, REASONS, RULES, policies
from silverprint.core.measures import gray_levels, image_quality
from silverprint.records import MEASURED

LIMITS = Clean(
    min_side=48, max_aspect=3.0, min_contrast=4.0, min_brightness=4.0, max_brightness=251.0, min_sharpness=8.0,
    duplicate_radius=16, group_radius=40, alike_limit=1.0, licenses=("CC0-1.0",), unknown_license="reject",
)  # fmt: skip
TEXTS = ("license", "blocked", "reserved", "personal", "person_policy")
SCHEMA = {**MEASURED, **dict.fromkeys(TEXTS, pl.String())}
SOUND = {
    "decodable": True, "error": None, "width": 100, "height": 100, "frames": 1, "brightness": 100.0,
    "contrast": 40.0, "sharpness": 90.0, "license": "CC0-1.0",
}  # fmt: skip


def _verdicts(**changes: object) -> dict[str, str]:
    """Every rule that rejects a sound picture with `changes`, and its evidence."""
    row = pl.DataFrame([{**SOUND, **changes}], schema=SCHEMA)
    found = {
        rule.reason: row.select(rejects=rule.rejects(LIMITS), evidence=rule.evidence).row(0)
        for rule in RULES
        if rule.rejects and not rule.policy
    }
    return {reason: evidence for reason, (rejects, evidence) in found.items() if rejects}


def test_figures_of_a_photo_fall_as_it_is_spoilt():
    photo = Image.fromarray(load_sample_image("china.jpg"))
    sharp = image_quality.figures_of(gray_levels.to_gray(np.asarray(photo)))
    blurred = image_quality.figures_of(gray_levels.to_gray(np.asarray(photo.filter(ImageFilter.GaussianBlur(6)))))
    dark = image_quality.figures_of(gray_levels.to_gray(np.asarray(photo.point(lambda level: level // 20))))
    assert blurred.sharpness < 0.05 * sharp.sharpness
    assert blurred.brightness == pytest.approx(sharp.brightness, rel=0.02)
    assert dark.brightness < 10 < sharp.brightness
    assert dark.contrast < sharp.contrast


def test_sharpness_hardly_depends_on_the_resolution():
    photo = Image.fromarray(load_sample_image("china.jpg"))
    itself, enlarged = (
        image_quality.figures_of(gray_levels.to_gray(np.asarray(picture))).sharpness
        for picture in (photo, photo.resize((1280, 854), Image.Resampling.BICUBIC))
    )
    assert enlarged == pytest.approx(itself, rel=0.15)


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
@pytest.mark.parametrize("left", [1.0, 0.5, 0.25, 0.1])
def test_a_photo_is_no_more_blurred_for_being_faded(name: str, left: float):
    levels = gray_levels.shrink(gray_levels.to_gray(load_sample_image(name)))
    faded = np.rint(levels.mean() + left * (levels - levels.mean())).astype(np.uint8)
    found = image_quality.figures_of(faded)
    assert found.contrast > LIMITS.min_contrast
    assert "blurred" not in _verdicts(contrast=found.contrast, sharpness=found.sharpness)


@pytest.mark.parametrize("name", ["china.jpg", "flower.jpg"])
def test_a_photo_blurred_by_four_pixels_is_found(name: str):
    levels = gray_levels.shrink(gray_levels.to_gray(load_sample_image(name)))
    found = image_quality.figures_of(np.asarray(cv2.GaussianBlur(levels, (0, 0), 4.0)))
    assert "blurred" in _verdicts(contrast=found.contrast, sharpness=found.sharpness)


def test_one_pixel_has_figures():
    assert image_quality.figures_of(np.full((1, 1), 9, dtype=np.uint8)) == image_quality.Figures(9.0, 0.0, 0.0, 0)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"reserved": "tdmrep:1@header"}, {"reserved": "tdmrep:1@header"}),
        ({"blocked": "phash256:7"}, {"blocked": "phash256:7"}),
        ({"personal": "face:0.9", "person_policy": "reject"}, {"person": "face:0.9"}),
        ({"personal": "face:0.9", "person_policy": "hide"}, {}),
        ({"license": None}, {"license-unknown": "unknown"}),
        ({"license": "CC-BY-NC-4.0"}, {"license-not-allowed": "CC-BY-NC-4.0"}),
        ({"decodable": False, "error": "truncated", "width": None, "height": None, "frames": None, "brightness": None,
          "contrast": None, "sharpness": None}, {"undecodable": "truncated"}),
        ({"frames": 4}, {"animated": "4 frames"}),
        ({"width": 47}, {"too-small": "47x100"}),
        ({"width": 48}, {}),
        ({"width": 301}, {"extreme-aspect": "3.01"}),
        ({"height": 300}, {}),
        ({"contrast": 3.9994}, {"flat": "3.999"}),
        ({"brightness": 3.0}, {"too-dark": "3.0"}),
        ({"brightness": 251.5}, {"too-bright": "251.5"}),
        ({"sharpness": 7.25}, {"blurred": "7.25"}),
        ({"sharpness": 2.1, "contrast": 5.0}, {}),
        ({"sharpness": 1.9, "contrast": 5.0}, {"blurred": "1.9"}),
        ({"width": 1, "height": 1, "contrast": 0.0}, {"too-small": "1x1", "flat": "0.0"}),
    ],
)  # fmt: skip
def test_each_rule_and_its_evidence(changes, expected):
    assert _verdicts(**changes) == expected


def test_an_unknown_licence_may_be_kept():
    limits = Clean(**{**vars(LIMITS), "unknown_license": "keep"})
    row = pl.DataFrame([{**SOUND, "license": None}], schema=SCHEMA)
    plain = [rule for rule in RULES if rule.rejects and not rule.policy]
    assert not any(row.select(rule.rejects(limits).fill_null(False)).item() for rule in plain)


def test_every_suspicion_has_a_policy_and_comes_after_what_is_certain():
    assert tuple(policies(LIMITS)) == FLAGS == ("placeholder", "text-like", "off-topic")
    certain = [rule.reason for rule in RULES if rule.rejects and not rule.policy]
    assert REASONS.index(FLAGS[0]) > max(REASONS.index(reason) for reason in certain)


def test_a_rule_that_looks_at_a_row_says_what_it_saw_and_what_binds_comes_first():
    assert all((rule.rejects is None) == (rule.evidence is None) for rule in RULES)
    assert {rule.reason for rule in RULES if rule.rejects is None} == {"withdrawn", "same-pixels", "near-duplicate"}
    assert len(set(REASONS)) == len(REASONS)
    assert set(REASONS[: len(BINDING)]) == BINDING
    # What may not be used is not used, even where people have labelled it.
    assert {"withdrawn", "blocked", "reserved", "license-unknown", "license-not-allowed", "person"} == BINDING
