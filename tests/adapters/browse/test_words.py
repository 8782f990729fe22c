"""Pictures in the order in which words describe them, where something reads words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from silverprint import config, layout
from silverprint.adapters.browse import app
from silverprint.adapters.browse.site import Site
from silverprint.commands.browse import words
from silverprint.config import Params
from silverprint.store import features
from tests.adapters.browse.test_access import Campaign

BOX = 'name="words"'


def entered(described: object) -> tuple[TestClient, Site]:
    site = Site(replace(Campaign().pool, described=described))
    client = TestClient(app.build(site, "browse"), base_url="http://127.0.0.1:8070")
    client.get(f"/?key={site.key}")
    return client, site


def ask(client: TestClient, site: Site, **wanted: object) -> tuple[int, dict]:
    answer = client.post("/api/view", json=wanted, headers={"x-form": site.form})
    return answer.status_code, answer.json()


def test_the_best_described_come_first_and_the_box_is_there() -> None:
    asked = []

    def described(text: str) -> np.ndarray:
        asked.append(text)
        return np.array([0.1, 0.3, np.nan, 0.2, 0.4], dtype=np.float32)

    client, site = entered(described)
    assert BOX in client.get("/").text
    assert client.get("/api/pool").json()["words"] is True
    status, answer = ask(client, site, words="  a red \n coat ", facets={"predicted": "coat"})
    assert (status, [tile["number"] for tile in answer["tiles"]], asked) == (200, [1], ["a red coat"])
    _, answer = ask(client, site, words="a red coat")
    assert [(tile["number"], tile["similarity"]) for tile in answer["tiles"]] == [
        (4, 0.4),
        (1, 0.3),
        (3, 0.2),
        (0, 0.1),
    ]
    assert ask(client, site, words="a", like=1)[0] == 400
    assert ask(client, site, words=" ")[1]["total"] == 5


def test_where_nothing_reads_words_there_is_no_box() -> None:
    client, site = entered(None)
    assert BOX not in client.get("/").text
    assert client.get("/api/pool").json()["words"] is False
    status, answer = ask(client, site, words="a red coat")
    assert (status, answer["message"]) == (404, "Nothing here reads words: About these figures says why.")


@pytest.fixture
def clip(project: Path) -> Params:
    """A campaign with an open_clip backbone, whose features and weights are there."""
    params = config.load()
    Path("clip.pth").touch()
    features.write_description(layout.EMBED, {"weights_sha256": "a" * 64, "blocks": {"final": 2, "middle": 1}})
    knobs = replace(params.embed, backbone="open_clip/RN50", weights="clip.pth", weights_sha256="a" * 64)
    return replace(params, embed=knobs)


def test_it_says_what_is_lacking(clip: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    assert words.lacking(clip) is None
    assert "efficientnet_lite0 reads none" in str(words.lacking(replace(clip, embed=config.load().embed)))
    other = replace(clip, embed=replace(clip.embed, weights_sha256="b" * 64))
    assert "another network's" in str(words.lacking(other))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert "not installed" in str(words.lacking(clip))


def test_a_lost_file_of_weights_is_told(clip: Params, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    Path("clip.pth").unlink()
    assert "the weights clip.pth are not there" in str(words.lacking(clip))
    (layout.EMBED / features.DESCRIPTION).unlink()
    assert "no features yet" in str(words.lacking(clip))


def test_the_network_is_read_when_the_first_text_comes_and_a_text_once(clip: Params, monkeypatch) -> None:
    loaded, read = [], []

    class Side:
        def __init__(self, knobs: object) -> None:
            loaded.append(knobs)

        def directions(self, texts: list[str]) -> np.ndarray:
            read.extend(texts)
            return np.array([[0.6, 0.8]], dtype=np.float32)

    class Pictures:
        def towards(self, direction: np.ndarray, block: str) -> np.ndarray:
            return np.array([direction[1], len(block)])

    monkeypatch.setattr("silverprint.model.text_side.TextSide", Side)
    found = words.Words(clip.embed, Pictures())  # type: ignore[arg-type]
    assert loaded == []
    for text in ("a coat", "a bag", "a coat"):
        assert found(text).tolist() == [pytest.approx(0.8), len("final")]
    assert (loaded, read) == ([clip.embed], ["a coat", "a bag"])
