"""Settings: read once, the command line before the environment, refused by name, handed on to children."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from service.settings import BadSetting, Settings
from service.vault import NoMasterKey


def test_the_command_line_goes_before_the_environment() -> None:
    settings = Settings.read({"HUIYING_PORT": "9000", "HUIYING_WORKERS": "3"}, port=9001, workers=None)
    assert (settings.port, settings.workers, settings.host) == (9001, 3, "127.0.0.1")


def test_children_get_the_same_settings() -> None:
    settings = Settings(
        data_dir=Path("somewhere"),
        database_url="postgresql://db/x",
        master_key_file=Path("key"),
        log_file=Path("log"),
        wait_seconds=0.5,
        language="en",
    )
    assert Settings.read(settings.environment()) == settings
    assert Settings.read(Settings().environment()) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("PORT", "70000"),
        ("WORKERS", "0"),
        ("MAX_BODY", "-1"),
        ("WAIT_SECONDS", "nan"),
        ("LOG_LEVEL", "loud"),
        ("LANGUAGE", "fr"),
    ],
)
def test_a_bad_setting_is_named_and_not_told_back(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^HUIYING_{name}: must be") as refused:
        Settings.read({f"HUIYING_{name}": value})
    assert value not in str(refused.value)


def test_secrets_are_not_shown() -> None:
    shown = repr(Settings(master_key="c2VjcmV0", database_url="postgresql://u:hidden@db/x"))
    assert "c2VjcmV0" not in shown
    assert "hidden" not in shown


def test_the_master_key_comes_from_where_it_is_named(tmp_path: Path) -> None:
    given = base64.b64encode(bytes(32)).decode()
    assert Settings(data_dir=tmp_path, master_key=given).read_master_key() == bytes(32)
    made = Settings(data_dir=tmp_path).read_master_key()
    assert Settings(data_dir=tmp_path).read_master_key() == made
    with pytest.raises(NoMasterKey):
        Settings(data_dir=tmp_path, master_key_file=tmp_path / "none").read_master_key()
