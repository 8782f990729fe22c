"""The labelling page's configuration, the project's tag, the accounts' names: pure text, no server."""

import shutil
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint import annotation_registry, layout
from silverprint.adapters.labelstudio import grid_config, label_config, project_tag, task_data
from silverprint.annotation_backend import AskedImage, Page, Project, Task
from silverprint.campaign import account_names
from silverprint.commands import people
from silverprint.errors import UnavailableError, UsageError
from silverprint.records import NONE_OF_THESE, UNSURE
from silverprint.store import server_users
from silverprint.store.server_home import STUDIO
from tests.conftest import ROOT
from tests.helpers.memory_backend import MemoryBackend

# What Label Studio's own editor listens to.
TAKEN = set("uhoemkwprvb[]")

classes = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1), unique=True, max_size=40
)


@given(classes)
def test_every_hotkey_is_free_and_used_once(names):
    keys = label_config.hotkeys([*names, UNSURE, NONE_OF_THESE])
    assert len(set(keys.values())) == len(keys)
    assert not TAKEN & set(keys.values())
    assert (keys[UNSURE], keys[NONE_OF_THESE]) == ("z", "x")
    assert sum(name in keys for name in names if name not in (UNSURE, NONE_OF_THESE)) == min(
        len(set(names) - {UNSURE, NONE_OF_THESE}), 23
    )


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"])), classes)
def test_the_configuration_is_xml_with_the_choices_in_order(question, names):
    root = ElementTree.fromstring(label_config.config(question, names))  # noqa: S314 (our own text)
    assert [choice.get("value") for choice in root.iter("Choice")] == names
    assert root.find(".//Header").get("value") == question
    assert root.find(".//Choices").get("toName") == root.find(".//Image").get("name")


def test_instructions_are_paragraphs_and_nothing_of_them_is_markup():
    root = ElementTree.fromstring("<div>" + label_config.instructions("One.\n\n<b>Two</b>") + "</div>")  # noqa: S314 (our own text)
    assert [part.tag for part in root] == ["p", "p", "p"]
    assert [part.text for part in root][:2] == ["One.", "<b>Two</b>"]
    assert "Ctrl+Enter" in root[2].text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"])), classes)
def test_the_grid_s_configuration_has_an_answer_for_each_place_and_no_key_that_anybody_has(question, names):
    root = ElementTree.fromstring(grid_config.config(question, names))  # noqa: S314 (our own text)
    cell = root.find(".//Repeater")
    assert [choice.get("value") for choice in cell.iter("Choice")] == names
    assert {choice.get("hotkey") for choice in cell.iter("Choice")} <= {"f24"}
    choices, image = cell.find(".//Choices"), cell.find(".//Image")
    assert (choices.get("toName"), choices.get("required")) == (image.get("name"), "true")
    for number in (0, 47):
        (stored,) = label_config.result("x", number)
        names_there = [one.get("name").replace("{{idx}}", str(number)) for one in (choices, image)]
        assert names_there == [stored["from_name"], stored["to_name"]]
    assert ">" not in root.find("Style").text  # it would be escaped, and its rule lost


def test_the_page_decides_the_configuration_and_a_single_one_is_as_ever():
    page = Page("?", "One.", ("coat", "bag"), ("bag",))
    grid = label_config.settings(replace(page, grid=True))
    single = label_config.settings(page)
    assert single["label_config"] == label_config.config("?", ("coat", "bag"), ("bag",))
    assert {name for name in grid if grid[name] != single[name]} == {"label_config", "expert_instruction"}


@given(st.lists(st.text('abcdef&<"', min_size=1, max_size=3), unique=True, min_size=1, max_size=8), st.data())
def test_groups_keep_every_choice_with_its_key_and_stand_below_their_titles(choices, data):
    titles = {name: data.draw(st.sampled_from([None, "Shoes", "Clothes"])) for name in choices}
    groups = [(title, [name for name in choices if titles[name] == title]) for title in ("Clothes", "Shoes")]
    groups = [(title, members) for title, members in groups if members]
    plain, grouped = (
        ElementTree.fromstring(label_config.config("?", choices, (), given)).find(".//Choices")  # noqa: S314 (our own)
        for given in ((), groups)
    )
    keys = {one.get("value"): one.get("hotkey") for one in plain}
    assert {one.get("value"): one.get("hotkey") for one in grouped if one.tag == "Choice"} == keys
    below: dict[str, list[str]] = {}
    title = None
    for one in grouped:
        title = one.get("value") if one.tag == "Header" else title
        if one.tag == "Choice" and titles[one.get("value")]:
            assert title == titles[one.get("value")]
            below.setdefault(title, []).append(one.get("value"))
    assert below == dict(groups)
    assert [one.tag for one in grouped].count("Header") == len(groups)


@given(st.lists(st.text(min_size=1), min_size=2, max_size=4))
def test_answers_of_a_grid_are_read_place_by_place(said):
    stored = [one for place, choice in enumerate(said) for one in label_config.result(choice, place)]
    assert [label_config.answers(stored[::-1], place) for place in range(len(said))] == [(one,) for one in said]
    assert label_config.answers(stored, len(said)) == ()


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ({"image_id": "a", "image": "x"}, ("a",)),
        ({"image": f"/x/{'a' * 64}.jpg"}, ("a" * 64,)),
        ({}, ("",)),
        ({"items": []}, ()),
        ({"items": "x"}, ("",)),
        ({"items": [None, 3, {"image_id": "b"}, {"image": 3}]}, ("", "", "b", "")),
    ],
)
def test_whatever_the_data_of_a_task_is_its_places_are_read(data, places):
    assert task_data.places(data) == places


def test_a_picture_that_is_taken_off_leaves_its_place_empty_and_no_trace():
    images = tuple(AskedImage(name * 64, f"/x/{name * 64}.jpg", "coat") for name in "ab")
    data = task_data.data(Task(images, 1, grid=True))
    assert data["hint"] == "These look like: coat. Change what is wrong, then submit."
    left = task_data.without(data, {"a" * 64})
    assert task_data.places(left) == ("", "b" * 64)
    assert "a" * 64 not in str(left)
    alone = replace(images[0], predicted=None)
    assert task_data.data(Task((alone,), 1, grid=True))["hint"] == " "
    assert task_data.data(Task((alone,), 1)) == {"image": alone.url, "image_id": alone.image_id}


@given(st.text())
def test_an_answer_reads_back_as_it_was_stored(choice):
    assert label_config.answers(label_config.result(choice)) == (choice,)


@pytest.mark.parametrize("stored", [None, [], {}, [None], [{"value": None}], [{"value": {"choices": None}}], "x", 3])
def test_a_malformed_result_has_no_answer(stored):
    assert label_config.answers(stored) == ()


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), st.none() | st.text(min_size=1))
def test_a_tag_reads_back(campaign, name, tier, votes):
    project = Project(7, "a title", campaign, name, tier, "b" * 64, votes)
    assert project_tag.read(7, "a title", project_tag.describe(project)) == project


@pytest.mark.parametrize("description", [None, "", "somebody's own project", '{"campaign": "x"}', "[1]", "null"])
def test_a_project_of_somebody_else_has_no_tag(description):
    assert project_tag.read(1, "t", description) is None


def test_people_edit_the_sentence_and_the_tag_still_reads():
    project = Project(7, "t", "c", "r01", "crowd", "b" * 64, None)
    description = "Please hurry!\n\n" + project_tag.describe(project) + "\n\n"
    assert project_tag.read(7, "t", description) == replace(project)


@pytest.mark.parametrize(
    "name",
    [
        "../ada", "a b", "", ".", "a@", "@b", "a/b", "-a", "a..b", "a.@b.org", "a@b", "a@b..org", "a@-b.org",
        "a@b.org\n", "ä", "a" * 65, "a" * 300, "a" * 65 + "@b.org", "a@b@c.org", "a@" + "b." * 150 + "org",
    ],
)  # fmt: skip
def test_a_person_has_a_name(name):
    with pytest.raises(UsageError, match="people invite"):
        people.invite([name])


@pytest.mark.parametrize("name", ["ada", "ada.lovelace", "a_b+c-d", "a" * 64, "ada@example.org", "a.b@x-1.y.co"])
def test_a_name_or_an_address_is_taken_as_far_as_the_server(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    with pytest.raises(UnavailableError):
        people.invite([name])


def test_an_account_that_is_refused_leaves_no_password_behind(tmp_path, monkeypatch):
    def refuse(email, password):
        raise UnavailableError("memory://here", f"the server did not take the account {email}", "check the address")

    backend = MemoryBackend()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(backend, "invite", refuse)
    monkeypatch.setattr(annotation_registry, "connect", lambda: backend)
    with pytest.raises(UnavailableError):
        people.invite(["ada"])
    assert not list(tmp_path.rglob("*.json"))


def test_who_was_invited_for_another_campaign_is_invited_for_this_one(tmp_path, monkeypatch, capsys):
    backend = MemoryBackend()
    monkeypatch.setattr(annotation_registry, "connect", lambda: backend)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("one", "two"):
        (tmp_path / name / "data").mkdir(parents=True)
        shutil.copy(ROOT / layout.ANNOTATORS, tmp_path / name / layout.ANNOTATORS)
    monkeypatch.chdir(tmp_path / "one")
    with server_users.alone(STUDIO):
        server_users.join(STUDIO, "one")
    people.invite(["ada"])
    backend.invite("bo@silverprint.local", "a password")
    monkeypatch.chdir(tmp_path / "two")
    assert account_names.invited() == []
    people.invite(["ada", "bo"])
    assert account_names.invited() == ["ada", "bo"]
    told = capsys.readouterr().err
    assert f"the password is in {tmp_path / 'one/var/people/ada.json'}" in told
    assert "bo has an account already: they sign in at memory://here and are people of this campaign, too" in told
    assert "if it is lost, invite them by another name" in told
    assert not layout.PEOPLE.exists()
