"""The demonstration: petitions in all stages, once."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import httpx
import psycopg

from domain.petition.stages import Stage
from domain.vocabulary import STAFF_ROLES, Channel
from tests.service.cli_kit import answer, huiying, running

STAGES = "SELECT array_agg(DISTINCT stage), array_agg(DISTINCT channel), max(round), count(*) FROM ledger.rows"


def test_a_demonstration_shows_every_stage_channel_and_role_once(tmp_path: Path) -> None:
    with running(tmp_path, command="demo") as service:
        page = httpx.get(service.url, follow_redirects=True)
        assert (page.status_code, page.url.path) == (200, "/sign-in")
        assert httpx.get(f"{service.url}/docs").status_code == 200
        assert answer(tmp_path, "check").startswith("no difference")
        first = _shown(tmp_path)
        secrets = json.loads((tmp_path / "demo-tokens.json").read_text("utf-8"))
        assert all(any(secret in line for line in service.said) for secret in secrets.values())
        answers = [
            httpx.get(f"{service.url}/api/v1/ledger", headers={"Authorization": f"Bearer {secrets[who]}"})
            for who in ("intake", "handler-hw", "supervisor")
        ]
        assert [one.status_code for one in answers] == [200, 200, 200]
        passwords = json.loads((tmp_path / "demo-passwords.json").read_text("utf-8"))
        assert all(any(f" {password} " in line for line in service.said) for password in passwords.values())
        assert _signs_in(service.url, "admin", passwords["admin"])
        assert not _signs_in(service.url, "admin", passwords["intake"])
        roles = answer(tmp_path, "staff", "list")
        assert all(role.zh in roles for role in STAFF_ROLES)
        assert service.stop() == 0

    stages, channels, rounds, count = first
    assert set(stages) == {stage.value for stage in Stage} - {"no_longer_accepted"}
    assert set(channels) == {channel.value for channel in Channel}
    assert rounds == 2
    assert count >= 24
    for file in ("demo-tokens.json", "demo-passwords.json"):
        assert stat.S_IMODE((tmp_path / file).stat().st_mode) == 0o600

    with running(tmp_path, command="demo") as service:
        assert _shown(tmp_path) == first
        assert any(secrets["intake"] in line and passwords["intake"] in line for line in service.said)


def _signs_in(url: str, staff: str, password: str) -> bool:
    """Whether the sign-in page takes the password."""
    with httpx.Client(base_url=url) as browser:
        token = re.search(r'name="csrf" value="(\w+)"', browser.get("/sign-in").text)
        assert token is not None
        answered = browser.post("/sign-in", data={"csrf": token[1], "staff": staff, "password": password})
        return answered.status_code == 303


def test_a_demonstration_does_not_mix_with_real_data(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "ops" / "samples" / "rulebook.toml"
    assert answer(tmp_path, "rulebook", "load", sample) == "1"
    done = huiying(tmp_path, "demo", "--port", "0")
    assert done.returncode == 2
    assert "real data" in done.stderr


def _shown(data_dir: Path) -> tuple[list[str], list[str], int, int]:
    with psycopg.connect(answer(data_dir, "url")) as connection:
        row = connection.execute(STAGES).fetchone()
    assert row is not None
    return row
