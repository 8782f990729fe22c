"""What `make demo` refuses before it starts anything."""

import shutil
from pathlib import Path

import pytest

from silverprint.demo.run import run
from silverprint.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def test_simulated_people_answer_in_the_sample_campaign_only(tmp_path, monkeypatch):
    text = (ROOT / "params.yaml").read_text()
    assert "campaign: fashion-demo" in text
    (tmp_path / "params.yaml").write_text(text.replace("campaign: fashion-demo", "campaign: birds"))
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"dataset\.campaign = 'birds'"):
        run(studio_port=1, mlflow_port=2, pictures=300)
    assert not (tmp_path / "var").exists()
