"""Withdrawals and waivers are edited by hand: what a line cannot mean is told with its place."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from silverprint import config, layout
from silverprint.campaign import ledgers
from silverprint.errors import ConfigError, DataError

ID = "0123456789abcdef" * 4
HEAD = "image_id,kind,target,why,at\n"
WAIVER = "round,expectation,why,by\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    layout.TAKEDOWNS.parent.mkdir()


@pytest.mark.parametrize(
    "text",
    [f"{ID},image,x,asked,2026-01-01\n", f"{ID.upper()},,x,asked,\n", f"\n{ID},,,,\n\n", f"{ID},,,,\r\n"],
    ids=["whole", "upper case", "empty lines", "nothing but the id"],
)
def test_a_withdrawal_withdraws(text: str) -> None:
    layout.TAKEDOWNS.write_text(HEAD + text)
    assert ledgers.withdrawn_images() == frozenset({ID})


@pytest.mark.parametrize("wrong", ["garbage", ID[:12], ID + "0", "g" * 64, "https://example.org/a.jpg", " " + ID, '""'])
def test_a_withdrawal_of_nothing_is_told(wrong: str) -> None:
    layout.TAKEDOWNS.write_text(f"{HEAD}{ID},,x,asked,\n{wrong},,x,asked,\n")
    with pytest.raises(
        ConfigError, match=r"data/takedowns\.csv line 3: image_id .*64 hex digits.*silverprint takedown"
    ):
        ledgers.withdrawn_images()


def test_one_without_an_id_is_told() -> None:
    layout.TAKEDOWNS.write_text(f"{HEAD},image,x,asked,\n")
    with pytest.raises(ConfigError, match=r"line 2: image_id ''"):
        ledgers.withdrawn_images()


def test_a_rule_is_of_a_kind_and_names_something() -> None:
    layout.TAKEDOWNS.write_text(f"{HEAD},domain,example.org,asked,\n")
    assert ledgers.takedowns()["kind"].to_list() == ["domain"]
    layout.TAKEDOWNS.write_text(f"{HEAD},planet,mars,asked,\n")
    with pytest.raises(ConfigError, match=r"line 2: kind 'planet': must be one of: image, url, domain, source"):
        ledgers.takedowns()
    layout.TAKEDOWNS.write_text(f"{HEAD},domain, ,asked,\n")
    with pytest.raises(ConfigError, match=r"line 2: target is empty"):
        ledgers.takedowns()


def test_what_clean_found_counts_beside_what_is_named() -> None:
    layout.TAKEDOWNS.write_text(f"{HEAD}{ID},image,x,asked,\n")
    layout.WITHDRAWN.write_text(f"image_id,target,how\n{'f' * 64},example.org,domain\n")
    assert ledgers.withdrawn_images() == {ID, "f" * 64}


@pytest.mark.parametrize(
    "head", ["image_id,kind,target,why,at,by", "image_id,kind,target,why,at,at", "image_id,target,why,at"]
)
def test_other_columns_are_told(head: str) -> None:
    layout.TAKEDOWNS.write_text(head + "\n")
    with pytest.raises(DataError, match=r"takedowns\.csv: not a readable ledger \((unknown|no) column"):
        ledgers.withdrawn_images()


def test_columns_parted_by_semicolons_are_told() -> None:
    layout.TAKEDOWNS.write_text("image_id;kind;target;why;at\n")
    with pytest.raises(DataError, match="parted by ';', and commas are wanted"):
        ledgers.withdrawn_images()


def test_a_waiver_is_of_a_round() -> None:
    layout.WAIVERS.write_text(f"{WAIVER}r01,e,seen,ada\n\nr02,e,seen,ada\n")
    assert ledgers.waivers(("r01", "r02"))["round"].to_list() == ["r01", "r02"]
    with pytest.raises(ConfigError, match=r"waivers\.csv line 4: r02,e: params\.yaml has no such round; one of: r01"):
        ledgers.waivers(("r01",))


@pytest.mark.parametrize("line", ["r01,e,,ada", "r01,e,  ,ada", "r01,e,seen,", "r01,,seen,ada", ",e,a,b"])
def test_a_waiver_that_lacks_something_is_told(line: str) -> None:
    layout.WAIVERS.write_text(f"{WAIVER}{line}\n")
    with pytest.raises(ConfigError, match=r"waivers\.csv line 2: .*(by whom|no such round)"):
        ledgers.waivers(("r01",))


def test_what_people_pick_is_of_a_round_and_has_a_reason() -> None:
    layout.INCLUDE.write_text(f"round,image_id,why,by\nr01,{ID.upper()},rare,ada\n\nr02,{ID},rare,ada\n")
    assert ledgers.included_images(("r01", "r02")).rows() == [("r01", ID, "rare", "ada"), ("r02", ID, "rare", "ada")]
    with pytest.raises(
        ConfigError, match=r"include\.csv line 4: round 'r02': params\.yaml has no such round; one of: r01"
    ):
        ledgers.included_images(("r01",))


@pytest.mark.parametrize("line", [f"{ID},,ada", f"{ID},  ,ada", f"{ID},blurred,", "abc,blurred,ada", ",blurred,ada"])
def test_a_pick_that_lacks_something_is_told(line: str) -> None:
    layout.INCLUDE.write_text(f"round,image_id,why,by\nr01,{line}\n")
    layout.EXCLUDE.write_text(f"image_id,why,by\n{line}\n")
    rule = "(a reason and a name|64 hex digits)"
    with pytest.raises(ConfigError, match=rf"include\.csv line 2: .*{rule}"):
        ledgers.included_images(("r01",))
    with pytest.raises(ConfigError, match=rf"exclude\.csv line 2: .*{rule}"):
        ledgers.excluded_images()


def test_a_command_says_it_in_one_line(project: Path, typed: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    (project / layout.TAKEDOWNS).write_text(f"{HEAD}{ID[:12]},,x,asked,\n")
    for source in config.load().sources:
        (project / layout.raw(source)).mkdir(parents=True)
    done = typed("takedown", "no such thing", "--why", "asked", cwd=project)
    assert (done.returncode, done.stderr.count("\n")) == (64, 1)
    done = typed("takedown", ID, "--why", "asked", cwd=project)
    assert done.returncode == 78
    assert "data/takedowns.csv line 2: image_id" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
