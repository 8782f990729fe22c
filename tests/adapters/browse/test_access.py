"""Who may ask the page, and what it never gives."""

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import polars as pl
import pytest
from PIL import Image
from starlette.testclient import TestClient

from silverprint.adapters.browse import app
from silverprint.adapters.browse.pool import Action, Change, Field, Pool
from silverprint.adapters.browse.site import MOST_SELECTED, Site
from silverprint.campaign.pool_table import POOL
from silverprint.records import conform
from tests.helpers.album import jpeg, tile

IDS = [f"{number:064x}" for number in range(5)]
HOSTILE = "<script>alert(1)</script>"


class Campaign:
    """What the page is given; `written` is what it wrote."""

    def __init__(self) -> None:
        self.gone: frozenset[str] = frozenset()
        self.written: list[tuple[list[str], str]] = []
        facts = {
            "image_id": IDS, "kept": [True] * 5, "group": range(5), "width": [64] * 5, "height": [64] * 5,
            "predicted": [HOSTILE, "coat", "coat", "bag", "bag"], "confidence": [0.5] * 5,
            "personal": [None, None, None, None, "face:0.9"], "shown_to": [None, None, None, None, "nobody"],
            "caption": [HOSTILE] * 5,
        }  # fmt: skip
        say = Field("why", "Why?")
        self.pool = Pool(
            name=HOSTILE,
            classes=("coat", "bag"),
            rows=conform(pl.DataFrame(facts), POOL),
            coordinates=np.full((5, 2), 0.5, dtype=np.float32),
            similar=lambda number: np.eye(5, dtype=np.float32)[number],
            stored=lambda image_id: jpeg(tile(IDS.index(image_id))) if image_id != IDS[3] else b"damaged",
            gone=lambda: self.gone,
            marks=lambda: {IDS[1]: ("exclude",)},
            actions={"exclude": Action("Exclude", "Never ask.", (say,), self._draw_up)},
        )

    def _draw_up(self, image_ids, said) -> Change:
        lines = pl.DataFrame({"image_id": image_ids, "why": [said["why"]] * len(image_ids)})
        return Change("list.csv", lines, (), "Go on.", lambda: self.written.append((list(image_ids), said["why"])))


@pytest.fixture
def campaign() -> Campaign:
    return Campaign()


@pytest.fixture
def site(campaign) -> Site:
    return Site(campaign.pool)


@pytest.fixture
def stranger(site) -> TestClient:
    return TestClient(app.build(site, "browse"), base_url="http://127.0.0.1:8070", follow_redirects=False)


@pytest.fixture
def client(stranger, site) -> Iterator[TestClient]:
    answer = stranger.get(f"/?key={site.key}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    return stranger


def form(site, **changes) -> dict[str, str]:
    return {"form": site.form, "action": "exclude", "numbers": "0,2", "why": "blurred"} | changes


PATHS = ["/", "/api/pool", "/api/points", "/api/codes/label", "/api/pictures/0", "/pictures/small/0", "/static/map.js"]


@pytest.mark.parametrize("path", PATHS)
def test_nobody_without_the_key_sees_anything(stranger, path) -> None:
    for asked in (path, f"{path}?key=guessed"):
        answer = stranger.get(asked)
        assert answer.status_code == 403
        assert "silverprint browse" in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_policy_and_is_in_no_cache(client, path) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


def test_another_name_for_this_machine_is_refused(client) -> None:
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "http://evil.example"}]
)
def test_another_sites_page_changes_nothing(client, site, campaign, headers) -> None:
    assert client.post("/write", data=form(site), headers=headers).status_code == 403
    assert campaign.written == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"form": "guessed"}, 403),
        ({"form": ""}, 403),
        ({"action": "takedown"}, 400),
        ({"numbers": ""}, 400),
        ({"numbers": "0,-1"}, 400),
        ({"numbers": "0,1e3"}, 400),
        ({"numbers": "0,99"}, 404),
        ({"numbers": ",".join(["1"] * (MOST_SELECTED + 1))}, 400),
        ({"numbers": "1," * 110_000}, 413),
        ({"why": "  "}, 400),
    ],
)
def test_a_form_that_is_not_ours_changes_nothing(client, site, campaign, changes, status) -> None:
    assert client.post("/write", data=form(site, **changes)).status_code == status
    assert campaign.written == []


def test_lines_are_shown_before_they_are_written(client, site, campaign) -> None:
    shown = client.post("/confirm", data=form(site, why=HOSTILE))
    assert shown.status_code == 200
    assert IDS[0] in shown.text
    assert HOSTILE not in shown.text
    assert campaign.written == []
    assert client.post("/write", data=form(site)).status_code == 200
    assert campaign.written == [([IDS[0], IDS[2]], "blurred")]


def test_what_is_written_by_others_is_text_on_the_page(client) -> None:
    page = client.get("/").text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page
    assert "innerHTML" not in client.get("/static/browse.js").text + client.get("/static/map.js").text


def test_a_view_is_given_to_our_script_alone(client, site) -> None:
    assert client.post("/api/view", json={}).status_code == 403
    ours = {"x-form": site.form}
    answer = client.post("/api/view", json={"facets": {"predicted": "coat"}}, headers=ours).json()
    assert [one["number"] for one in answer["tiles"]] == [1, 2]
    assert answer["tiles"][0]["marks"] == ["exclude"]
    assert bytes.fromhex(answer["matched"]) == bytes([0b110])
    assert client.post("/api/view", json={"sql": "1"}, headers=ours).status_code == 400
    assert client.post("/api/view", content=b"x" * 70_000, headers=ours).status_code == 413
    alike = client.post("/api/view", json={"like": 3}, headers=ours).json()["tiles"]
    assert (alike[0]["number"], alike[0]["similarity"]) == (3, 1.0)


def test_a_picture_is_made_again_within_its_size(client) -> None:
    answer = client.get("/pictures/small/0")
    assert answer.headers["content-type"] == "image/jpeg"
    assert max(Image.open(BytesIO(answer.content)).size) <= 220
    assert client.get("/pictures/huge/0").status_code == 404
    assert client.get("/pictures/small/..%2f..%2fetc").status_code == 404
    assert client.get("/static/../app.py").status_code == 404
    assert client.get("/pictures/small/3").status_code == 404  # does not decode


def test_a_person_is_not_shown(client) -> None:
    assert client.get("/pictures/small/4").status_code == 403
    assert client.get("/pictures/large/4").status_code == 403
    assert client.get("/api/pictures/4").json()["withheld"] is True


def test_what_is_taken_down_is_gone_at_once(client, site, campaign) -> None:
    assert client.get("/pictures/small/0").status_code == 200
    campaign.gone = frozenset([IDS[0]])
    assert client.get("/pictures/small/0").status_code == 404
    assert client.get("/api/pictures/0").status_code == 404
    assert np.frombuffer(client.get("/api/points").content, dtype="<u2").reshape(-1, 2)[0].tolist() == [65535, 65535]
    answer = client.post("/api/view", json={}, headers={"x-form": site.form}).json()
    assert [one["number"] for one in answer["tiles"]] == [1, 2, 3, 4]
    assert client.post("/write", data=form(site)).status_code == 404
