"""Accounts that files keep: one without its password is none."""

import json
from pathlib import Path

import pytest

from silverprint.adapters.labelstudio import database, local_server
from silverprint.commands import people
from silverprint.errors import DataError, UnavailableError


@pytest.mark.parametrize("lacking", ["email", "password", "token"])
def test_an_administrator_without_a_password_is_none(project: Path, lacking: str) -> None:
    whole = {"email": "a@b", "password": "p", "token": "t"}
    path = database.folder() / "admin.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(whole))
    assert local_server.read_admin() == local_server.Admin(**whole)
    path.write_text(json.dumps(whole | {lacking: ""}))
    with pytest.raises(UnavailableError, match="its administrator is not recorded"):
        local_server.read_admin()


@pytest.mark.parametrize("account", [{}, {"email": "a@b", "password": ""}, {"password": "p"}])
def test_a_person_s_file_without_a_password_is_named(tmp_path: Path, account: dict[str, str]) -> None:
    path = tmp_path / "ada.json"
    path.write_text(json.dumps(account))
    with pytest.raises(DataError, match=r"ada\.json: not an account's file"):
        people._readdressed(path, "http://127.0.0.1")
