"""Keys, sealing, blind hashes, and the master key's file."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from service.vault import (
    FILE,
    MASTER_KEY_FILE,
    Json,
    Keyring,
    NoMasterKey,
    Vault,
    VaultError,
    WrongMasterKey,
    create_master_key,
    load_master_key,
    parse_master_key,
)
from tests.service.store_kit import MASTER

OTHER = bytes(32)


@pytest.mark.parametrize("value", ["张三", "", "\0", ["甲", "乙"], {"a": 1}, 0, False])
def test_what_was_sealed_opens_again(value: Json):
    vault = Vault(MASTER)
    key = vault.new_key()
    assert vault.open(key, "name", vault.seal(key, "name", value)) == value


def test_the_same_value_is_never_sealed_the_same_way_twice():
    vault = Vault(MASTER)
    key = vault.new_key()
    assert vault.seal(key, "name", "张三")["c"] != vault.seal(key, "name", "张三")["c"]


def test_a_sealed_value_opens_neither_in_another_field_nor_under_another_key_nor_altered():
    vault = Vault(MASTER)
    key = vault.new_key()
    envelope = vault.seal(key, "name", "张三")
    raw = bytearray(base64.b64decode(str(envelope["c"])))
    raw[-1] ^= 1
    altered: dict[str, Json] = {**envelope, "c": base64.b64encode(raw).decode()}
    for chosen, field, given in [
        (key, "phone", envelope),
        (vault.new_key(), "name", envelope),
        (key, "name", altered),
        (key, "name", {**envelope, "c": "!"}),
        (key, "name", {**envelope, "c": ""}),
    ]:
        with pytest.raises(VaultError) as caught:
            vault.open(chosen, field, given)
        assert "张三" not in str(caught.value)


def test_a_wrapped_key_opens_only_under_its_master_key_and_its_id():
    vault = Vault(MASTER)
    key = vault.new_key()
    wrapped = vault.wrap(key)
    assert key.secret not in wrapped
    assert vault.unwrap(key.id, wrapped).secret == key.secret
    with pytest.raises(WrongMasterKey):
        Vault(OTHER).unwrap(key.id, wrapped)
    with pytest.raises(WrongMasterKey):
        vault.unwrap(vault.new_key().id, wrapped)


def test_key_ids_are_uuids_of_version_7_and_grow():
    keys = [Vault(MASTER).new_key() for _ in range(50)]
    assert {(key.id.version, key.id.variant) for key in keys} == {(7, "specified in RFC 4122")}
    assert len({key.id for key in keys}) == len({key.secret for key in keys}) == 50
    stamps = [key.id.int >> 80 for key in keys]
    assert stamps == sorted(stamps)


def test_a_key_does_not_show_itself():
    key = Vault(MASTER).new_key()
    assert key.secret.hex() not in repr(key)
    assert repr(key.secret) not in repr(key)


def test_blind_hashes_are_equal_for_equal_values_of_one_purpose_only():
    vault = Vault(MASTER)
    assert vault.blind("receipt", "k") == Vault(MASTER).blind("receipt", "k")
    assert len({vault.blind("receipt", "k"), vault.blind("person", "k"), Vault(OTHER).blind("receipt", "k")}) == 3
    assert len(vault.blind("receipt", "k")) == 64


def test_a_ring_makes_missing_keys_and_forgets_both_kinds():
    vault = Vault(MASTER)
    stored = vault.new_key()
    ring = Keyring(vault, [("p1", stored.id, vault.wrap(stored))])
    made = ring.key(FILE)
    assert ring.key("p1") == stored
    assert ring.key(FILE) is made
    trial = ring.copy()
    trial.forget(None)
    assert (trial.dropped, trial.made) == ([stored.id], {})
    assert (ring.dropped, ring.made) == ([], {FILE: made})
    assert trial.key("p1").id != stored.id


def test_the_master_key_file_is_made_once_and_is_its_owners_only(tmp_path: Path):
    path = tmp_path / "data" / MASTER_KEY_FILE
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: create_master_key(path), range(8)))
    assert keys == {load_master_key(path)}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [MASTER_KEY_FILE]
    assert parse_master_key(path.read_text()) == load_master_key(path)


def test_a_master_key_that_is_missing_open_or_malformed_is_refused(tmp_path: Path):
    path = tmp_path / MASTER_KEY_FILE
    with pytest.raises(NoMasterKey, match="no master key"):
        load_master_key(path)
    create_master_key(path)
    path.chmod(0o640)
    with pytest.raises(NoMasterKey, match="chmod 600"):
        load_master_key(path)
    for text in ["secret!", base64.b64encode(b"short").decode(), ""]:
        with pytest.raises(NoMasterKey) as caught:
            parse_master_key(text)
        assert not text or text not in str(caught.value)
    with pytest.raises(NoMasterKey):
        Vault(b"short")
