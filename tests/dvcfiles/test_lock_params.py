"""dvc.lock with other values of knobs is what DVC would have written."""

from pathlib import Path

from silverprint import layout
from silverprint.dvcfiles import lock

TEXT = """schema: '2.0'
stages:
  labels@r01:
    cmd: silverprint labels r01
    params:
      params.yaml:
        dataset.classes:
        - owl
  labels@r02:
    cmd: silverprint labels r02
"""


def test_a_knob_comes_in_where_it_is_read_and_nothing_else_changes() -> None:
    value = {"consensus": "majority"}
    after = lock.with_params(TEXT, {("labels@r01", "labels"): value, ("labels@r02", "labels"): value})
    added = "        labels:\n          consensus: majority\n"
    begin = "    params:\n      params.yaml:\n"
    assert after == TEXT.replace("        - owl\n", f"        - owl\n{added}") + begin + added
    assert lock.parse(after)["labels@r01"].params["params.yaml"] == {"dataset.classes": ["owl"], "labels": value}
    assert lock.parse(after)["labels@r01"].cmd == "silverprint labels r01"


def test_what_is_gone_for_good_is_made_again_and_the_rest_stays(project: Path) -> None:
    outs = "    outs:\n    - path: data/release\n      md5: a.dir\n    - path: data/releases\n      md5: b.dir\n"
    deps = "    deps:\n    - path: data/clean\n      md5: c.dir\n"
    report = "  report:\n    cmd: x\n    outs:\n    - path: data/report\n      md5: d.dir\n"
    layout.LOCK.write_text(f"schema: '2.0'\nstages:\n  release:\n    cmd: x\n{deps}{outs}{report}")
    before = lock.stages()
    lock.run_again({"data/release"})
    after = lock.stages()
    assert (after["release"].deps, after["release"].outs) == ({}, {"data/releases": "b.dir"})
    assert after["report"] == before["report"]
    lock.run_again({"data/report"})
    assert lock.stages()["report"].outs == {}
    text = layout.LOCK.read_text()
    lock.run_again({"data/report"})
    assert layout.LOCK.read_text() == text
