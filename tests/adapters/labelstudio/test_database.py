"""Which database our own Label Studio has: the address, its file, and what programs are told."""

import json
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from silverprint.adapters.labelstudio import backup, database, local_server, own_database
from silverprint.errors import ConfigError, DataError, UnavailableError, UsageError
from silverprint.store import server_home

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(database.SETTING, raising=False)


@given(user=WORDS, password=WORDS, name=WORDS.filter(lambda name: "/" not in name), port=st.integers(1, 65535))
def test_an_address_means_what_it_says_and_its_password_is_never_shown(user, password, name, port):
    written = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@db.example.org:{port}/{quote(name)}"
    found = database.parse(written)
    assert (found.host, found.port, found.name, found.user, found.password) == (
        "db.example.org",
        port,
        name,
        user,
        password,
    )
    shown = str(database.PostgreSQL("h", port, "n", "u", password + "secret"))
    assert "secret" not in shown + repr(found) + repr(database.parse(f"postgres://u:secret@h:{port}/n"))
    assert found.libpq["PGPASSWORD"] == found.label_studio["POSTGRE_PASSWORD"] == password


@pytest.mark.parametrize(
    "address",
    [
        "studio",
        "mysql://u:secret@h/n",
        "postgresql://u:secret@h/",
        "postgresql://u:secret@h/a/b",
        "postgresql://h/n",
        "postgresql://u:secret@h:many/n",
        "postgresql://u:secret@[h/n",
        "postgresql://u:secret@h/n?options=-csearch_path",
    ],
)
def test_what_is_no_address_is_refused_without_its_password(address, monkeypatch):
    monkeypatch.setenv(database.SETTING, address)
    with pytest.raises(ConfigError, match=database.SETTING) as refused:
        database.configured()
    assert "secret" not in str(refused.value)


def test_a_socket_and_encryption_are_passed_on():
    found = database.parse("postgresql://u@/n?host=/var/run/postgresql&sslmode=require")
    assert (found.host, found.port) == ("/var/run/postgresql", 5432)
    assert found.libpq["PGSSLMODE"] == found.label_studio["PGSSLMODE"] == "require"


def test_the_environment_s_address_is_kept_for_later_commands_and_told_once(monkeypatch, capsys):
    assert database.keep() is None
    assert database.folder() == server_home.STUDIO.shared / "data"
    monkeypatch.setenv(database.SETTING, "postgresql://u:secret@h/n")
    found = database.keep()
    assert "its data is in postgresql://u@h:5432/n from now on" in (said := capsys.readouterr().err)
    assert "secret" not in said
    assert database.file().stat().st_mode & 0o777 == 0o600
    monkeypatch.delenv(database.SETTING)
    assert database.configured() == database.keep() == found
    assert capsys.readouterr().err == ""
    assert local_server.settings(database.folder())["POSTGRE_HOST"] == "h"
    assert database.folder().name not in {"data", database.parse("postgresql://u@h/other").folder.name}

    database.require_kept()
    monkeypatch.setenv(database.SETTING, "postgresql://u:secret@h/other")
    with pytest.raises(UsageError, match=r"runs on another database.*studio down"):
        database.require_kept()


def test_a_file_that_others_may_read_is_refused():
    database.file().parent.mkdir(parents=True)
    database.file().write_text("postgresql://u:secret@h/n\n")
    database.file().chmod(0o640)
    with pytest.raises(ConfigError, match=r"chmod 600 .*/silverprint/studio/database-url"):
        database.configured()
    database.file().chmod(0o600)
    assert database.configured() is not None


def test_a_database_that_is_not_there_is_told_without_its_password(monkeypatch):
    monkeypatch.setenv(database.SETTING, "postgresql://u:secret@127.0.0.1:9/n")
    answer = subprocess.CompletedProcess([], 1, "", "connection failed: port 9 refused\n")
    monkeypatch.setattr(own_database.environment, "ready", lambda: Path(sys.prefix))
    monkeypatch.setattr(own_database.subprocess, "run", lambda *_, **__: answer)
    with pytest.raises(UnavailableError, match=r"u@127.0.0.1:9/n.*refused.*STUDIO_DATABASE_URL") as failed:
        own_database.run("it cannot be", ("SELECT 1", {}))
    assert "secret" not in str(failed.value)


# Backups of SQLite


def house(*rows: int) -> Path:
    """A folder as Label Studio leaves one, with numbers in its database."""
    folder = server_home.STUDIO.shared / "data"
    (folder / "media").mkdir(parents=True)
    (folder / "media/upload.txt").write_text("uploaded")
    (folder / "admin.json").write_text(json.dumps({"email": "a", "password": "b", "token": "c"}))
    with closing(sqlite3.connect(own_database.path())) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE answers (n INTEGER)")
        connection.executemany("INSERT INTO answers VALUES (?)", [(row,) for row in rows])
    return folder


def answers() -> list[int]:
    with closing(sqlite3.connect(own_database.path())) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM answers ORDER BY n")]


def test_a_backup_of_a_database_in_use_comes_back_whole_and_what_was_there_is_kept(tmp_path):
    folder, file = house(1, 2), tmp_path / "kept.tar"
    with closing(sqlite3.connect(own_database.path())) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO answers VALUES (3)")
        backup.write(file)
        writer.commit()
    assert file.stat().st_mode & 0o777 == 0o600
    (folder / "media/upload.txt").write_text("changed")
    with pytest.raises(UsageError, match="--replace"):
        backup.read(file, replace=False)
    assert answers() == [1, 2, 3]

    aside = backup.read(file, replace=True)
    assert answers() == [1, 2]
    assert (folder / "media/upload.txt").read_text() == "uploaded"
    with closing(sqlite3.connect(aside / database.SQLITE_NAME)) as connection:
        assert connection.execute("SELECT max(n) FROM answers").fetchone() == (3,)
    assert not list(server_home.STUDIO.folder.glob("backup-*"))


def test_a_backup_is_restored_where_nothing_is(tmp_path, monkeypatch):
    house(7)
    backup.write(tmp_path / "kept.tar")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "of-another-user"))
    assert backup.read(tmp_path / "kept.tar", replace=False) is None
    assert answers() == [7]


def test_what_is_no_whole_backup_changes_nothing(tmp_path):
    house(1)
    backup.write(whole := tmp_path / "whole.tar")
    short, strange, foreign = tmp_path / "short.tar", tmp_path / "strange.tar", tmp_path / "foreign.tar"
    short.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    strange.write_text("no tar")
    with tarfile.open(foreign, "w") as tar:
        tar.add(strange, "something")
    for file in (short, strange, foreign, tmp_path / "absent.tar"):
        with pytest.raises(DataError, match="no whole backup"):
            backup.read(file, replace=True)
    assert answers() == [1]


def test_a_backup_of_the_other_kind_and_of_nothing_are_refused(tmp_path, monkeypatch):
    with pytest.raises(UnavailableError, match="no Label Studio here yet"):
        backup.write(tmp_path / "kept.tar")
    house(1)
    backup.write(tmp_path / "kept.tar")
    monkeypatch.setenv(database.SETTING, "postgresql://u:secret@h/n")
    with pytest.raises(UsageError, match="it is of a SQLite database, and a PostgreSQL one is configured"):
        backup.read(tmp_path / "kept.tar", replace=True)


def test_where_pg_dump_is_absent_the_remedy_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv(database.SETTING, "postgresql://u:secret@h/n")
    monkeypatch.setenv("PATH", str(tmp_path))
    database.folder().mkdir(parents=True)
    with pytest.raises(UnavailableError, match="apt install postgresql-client") as failed:
        backup.write(tmp_path / "kept.tar")
    assert "secret" not in str(failed.value)
    assert not (tmp_path / "kept.tar").exists()
