"""The command line beside a running service, and on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from service import embedded
from service.embedded import server
from tests.service.cli_kit import ROOT, Service, answer, eventually, huiying, running

SAMPLE = ROOT / "ops" / "samples" / "rulebook.toml"
NAME = "公孙试之"
CALENDAR = """
[calendars.2027]
source = "测试"
holidays = [{ date = 2027-01-01, name = "元旦" }]
workdays = []
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Service]]:
    """A service on a folder that was empty."""
    folder = tmp_path_factory.mktemp("cli")
    with running(folder) as found:
        yield folder, found


def test_an_empty_folder_gets_the_sample_rulebook_and_says_so(service: tuple[Path, Service]) -> None:
    folder, found = service
    assert any("sample of an invented sub-district was loaded" in line for line in found.said)
    assert "禾源街道办事处" in answer(folder, "rulebook", "show")
    assert "CG\t城市管理办公室\tHY" in answer(folder, "rulebook", "codes").splitlines()
    assert "W1\t综合受理窗口" in answer(folder, "rulebook", "codes", "windows").splitlines()


def test_a_second_service_on_the_same_folder_is_told(
    service: tuple[Path, Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PATIENCE_SECONDS", 1.0)
    with pytest.raises(embedded.DatabaseUnavailable, match="serves"):
        embedded.start(service[0])


def test_a_person_gets_a_token_and_takes_a_petition_in(service: tuple[Path, Service]) -> None:
    folder, found = service
    staff = answer(folder, "staff", "add", "--name", NAME, "--role", "intake")
    assert len(staff.split()) == 1
    token = answer(folder, "token", "create", "--staff", staff)
    assert token.startswith("hy_")
    assert len(token.split()) == 1
    petition = {"channel": "window", "nature": "help", "title": "路灯不亮", "content": "巷口路灯坏了"}
    headers = {"Authorization": f"Bearer {token}"}
    taken = httpx.post(f"{found.url}/api/v1/petitions", json=petition, headers=headers)
    assert taken.status_code == 201

    listed = answer(folder, "token", "list")
    assert token not in listed
    [token_id] = [word for word in listed.split() if len(word) == 36 and word.count("-") == 4]
    assert huiying(folder, "token", "revoke", token_id).returncode == 0
    assert huiying(folder, "token", "revoke", token_id).returncode == 2
    assert eventually(lambda: httpx.get(f"{found.url}/api/v1/ledger", headers=headers).status_code == 401)


def test_roles_are_granted_lent_and_ended(service: tuple[Path, Service]) -> None:
    folder, _ = service
    answer(folder, "staff", "add", "--name", NAME, "--role", "handler", "--unit", "HW", "--id", "han")
    answer(folder, "staff", "add", "--name", NAME, "--role", "approver", "--unit", "HY", "--id", "tao")
    answer(folder, "staff", "grant", "han", "--role", "caller", "--until", "2199-12-31")
    answer(folder, "staff", "deputy", "han", "--for", "tao", "--until", "2199-12-31")
    listed = answer(folder, "staff", "list")
    assert NAME not in listed
    assert "2199-12-31" in listed
    assert "tao" in listed
    again = huiying(folder, "staff", "grant", "han", "--role", "supervisor")
    assert again.returncode == 1
    assert "no other role" in again.stderr
    answer(folder, "staff", "end", "han", "--role", "caller")
    answer(folder, "staff", "end", "han", "--until", "2199-01-01")
    assert huiying(folder, "staff", "end", "han").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("staff", "add", "--name", NAME, "--role", "handler"), 1, "unit: this role needs a unit"),
        (("staff", "add", "--name", NAME, "--role", "handler", "--unit", "XX"), 1, "unit: the rulebook has no such"),
        (("staff", "add", "--name", NAME, "--role", "intake", "--id", "大王"), 1, "no such member of staff"),
        (("staff", "add", "--name", NAME, "--role", "king"), 2, "king"),
        (("token", "create", "--staff", "nobody"), 1, "no such member of staff"),
        (("token", "revoke", "00000000-0000-0000-0000-000000000000"), 2, "no valid token"),
        (("rebuild", "nothing"), 2, "there are: ledger"),
        (("export", "ledger", "x.txt"), 2, "--format"),
        (("export", "ledger", "x.csv", "--area", "nowhere"), 1, "area: the rulebook has no such code"),
        (("export", "ledger", "/nowhere/x.csv"), 2, "No such file"),
        (("erase", "HY-2026-000001"), 2, "--approved-by"),
        (("report", "--kind", "monthly", "--period", "2026", "--out", "x.xlsx"), 1, "it is written like 2026-10"),
        (("report", "--kind", "yearly", "--period", "2026", "--out", "x.pdf"), 2, "--out"),
    ],
)
def test_what_cannot_be_is_told_in_words(
    service: tuple[Path, Service], arguments: tuple[str, ...], code: int, told: str
) -> None:
    done = huiying(service[0], *arguments)
    assert done.returncode == code
    assert told in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert NAME not in done.stderr


def test_a_report_is_written_as_both_files(service: tuple[Path, Service], tmp_path: Path) -> None:
    folder, _ = service
    told = answer(folder, "report", "--kind", "yearly", "--period", "2026", "--out", tmp_path)
    files = [Path(line) for line in told.splitlines()]
    assert [file.suffix for file in files] == [".xlsx", ".docx"]
    assert all(file.parent == tmp_path and file.stat().st_size > 5000 for file in files)


def test_a_rulebook_is_compared_adopted_and_refused(service: tuple[Path, Service], tmp_path: Path) -> None:
    folder, _ = service
    assert huiying(folder, "rulebook", "diff", SAMPLE).returncode == 0
    changed = tmp_path / "changed.toml"
    changed.write_text(SAMPLE.read_text("utf-8").replace("follow_up_attempts = 3", "follow_up_attempts = 4"), "utf-8")
    compared = huiying(folder, "rulebook", "diff", changed)
    assert compared.returncode == 1
    assert "follow_up_attempts: 3 → 4" in compared.stdout
    assert answer(folder, "rulebook", "load", changed) == "2"
    same = huiying(folder, "rulebook", "load", changed)
    assert same.returncode == 1
    broken = tmp_path / "broken.toml"
    broken.write_text(SAMPLE.read_text("utf-8").replace('kind = "street"', 'kind = "galaxy"'), "utf-8")
    refused = huiying(folder, "rulebook", "load", broken)
    assert refused.returncode == 2
    assert "units[HY].kind" in refused.stderr

    days = tmp_path / "days.toml"
    days.write_text(CALENDAR, "utf-8")
    assert "2027" in huiying(folder, "rulebook", "calendar", days).stderr
    assert huiying(folder, "rulebook", "calendar", days).returncode == 1


def test_check_finds_what_was_tampered_with_and_rebuild_mends_it(service: tuple[Path, Service]) -> None:
    folder, _ = service
    assert answer(folder, "check").startswith("no difference")
    with psycopg.connect(answer(folder, "url"), autocommit=True) as connection:
        connection.execute("UPDATE staff.grants SET role = 'admin' WHERE role = 'intake'")
    found = huiying(folder, "check")
    assert found.returncode == 1
    assert "staff.grants" in found.stdout
    assert answer(folder, "rebuild", "staff") == "rebuilt: staff"
    assert answer(folder, "check").startswith("no difference")


def test_commands_bring_a_database_of_their_own_for_as_long_as_they_need_it(tmp_path: Path) -> None:
    nobody = huiying(tmp_path, "staff", "add", "--name", NAME, "--role", "intake")
    assert nobody.returncode == 1
    assert "huiying rulebook load" in nobody.stderr
    assert answer(tmp_path, "rulebook", "load", SAMPLE) == "1"
    staff = answer(tmp_path, "staff", "add", "--name", NAME, "--role", "intake")
    assert staff in answer(tmp_path, "staff", "list")
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()
    gone = huiying(tmp_path, "url")
    assert gone.returncode == 4
    assert gone.stdout == ""


def test_a_server_of_ones_own_is_used_instead(tmp_path: Path, empty_database_url: str) -> None:
    chosen = {"HUIYING_DATABASE_URL": empty_database_url}
    assert answer(tmp_path, "rulebook", "load", SAMPLE, **chosen) == "1"
    assert answer(tmp_path, "url", **chosen) == empty_database_url
    assert not (tmp_path / "postgres").exists()


def test_another_master_key_is_told(tmp_path: Path) -> None:
    assert answer(tmp_path, "rulebook", "load", SAMPLE) == "1"
    (tmp_path / "master.key").unlink()
    done = huiying(tmp_path, "staff", "list")
    assert done.returncode == 4
    assert "master key" in done.stderr


@pytest.mark.parametrize("command", [("check",), ("rebuild",), ("export", "ledger", "x.csv")])
def test_looking_at_a_mistyped_folder_makes_no_office_there(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = huiying(tmp_path / "offcie", *command)
    assert (done.returncode, "no office is kept here" in done.stderr) == (2, True)
    assert not (tmp_path / "offcie").exists()
