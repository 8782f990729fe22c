"""What goes wrong with Label Studio ends in one clear line, the right exit code, and nothing lost."""

from pathlib import Path

import pytest

from tests.e2e.harness import Campaign, one_line

pytestmark = pytest.mark.slow


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
def test_label_studio_trouble(pulled: Campaign, environment: dict[str, str], code: int, remedy: str) -> None:
    open_again(pulled, "e01")
    done = pulled.call("silverprint", "annotate", "e01", **environment)
    assert done.returncode == code
    assert one_line(done.stderr)
    assert remedy in done.stderr
    assert "wrong-token" not in done.stderr


def test_a_port_that_is_taken(pulled: Campaign, finished: Campaign) -> None:
    port = finished.studio()["url"].rsplit(":", 1)[1]
    (pulled.path / "var/studio").mkdir(parents=True)
    done = pulled.call("silverprint", "studio", "up", "--port", port)
    assert done.returncode == 69
    assert one_line(done.stderr)
    assert f"127.0.0.1:{port}" in done.stderr


def test_a_queue_that_differs_from_the_one_people_see(finished: Campaign, pulled: Campaign, tmp_path: Path) -> None:
    open_again(pulled, "e02")
    assert pulled.call("silverprint", "annotate", "e02").returncode == 75
    other = finished.clone(tmp_path / "other")
    other.environment |= pulled.environment
    other.must("dvc", "pull", "--quiet")
    other.edit("params.yaml", "seed: 7", "seed: 8")
    open_again(other, "e02")
    done = other.call("silverprint", "annotate", "e02")
    assert done.returncode == 65
    assert one_line(done.stderr)
    assert "git pull" in done.stderr
