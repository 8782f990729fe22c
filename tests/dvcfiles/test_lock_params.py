"""dvc.lock with other values of knobs is what DVC would have written."""

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
