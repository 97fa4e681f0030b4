"""Personal data under lock: data keys, sealing, blind hashes, and the master key that stays outside the database.

Every file has a key for its text and every petitioner one for their identity; each is stored wrapped by the master key.
Dropping a key row makes what was sealed under it unreadable for ever, without touching a stored byte
(《个人信息保护法》 47).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What JSON can say."""

FILE = "file"
"""The owner of a file's own key; every other owner is a petitioner's id."""

KEY_BYTES = 32
NONCE_BYTES = 12
MASTER_KEY_FILE = "master.key"


class VaultError(Exception):
    """Something is wrong with keys or sealed values. Never carries a key or a value."""


class WrongMasterKey(VaultError):
    """The master key at hand is not the one that the database was written under."""


class NoMasterKey(VaultError):
    """There is no usable master key at the given place."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key that personal values are sealed under. It lives in memory only as long as the request that uses it."""

    id: UUID
    secret: bytes = field(repr=False)
    aead: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the cipher once."""
        object.__setattr__(self, "aead", AESGCM(self.secret))


class Vault:
    """Seals and opens under a 32 byte `master_key`.

    From it HKDF-SHA256 derives one key per purpose: one wraps the data keys, one each serves the blind hashes. No key
    is ever used for two purposes.
    """

    def __init__(self, master_key: bytes) -> None:
        """Derive the wrapping key; raises `NoMasterKey` for a key of another length."""
        if len(master_key) != KEY_BYTES:
            raise NoMasterKey(f"a master key has {KEY_BYTES} bytes")
        self.master_key = master_key
        self._wrapping = AESGCM(self._derive("wrap"))
        self._blinding: dict[str, bytes] = {}

    def _derive(self, purpose: str) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"huiying/{purpose}".encode()).derive(self.master_key)

    def new_key(self) -> DataKey:
        """A fresh data key. Ids grow with time (UUID version 7), so that new rows stand together in the index."""
        stamp = time.time_ns() // 1_000_000
        noise = int.from_bytes(os.urandom(10))
        number = stamp << 80 | noise & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62
        return DataKey(UUID(int=number), os.urandom(KEY_BYTES))

    def wrap(self, key: DataKey) -> bytes:
        """A data key as it may be stored: nonce and AES-256-GCM ciphertext, bound to the key's id."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key.secret, key.id.bytes)

    def unwrap(self, key_id: UUID, wrapped: bytes) -> DataKey:
        """The stored data key; raises `WrongMasterKey` when it was wrapped under another master key or altered."""
        try:
            return DataKey(key_id, self._wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], key_id.bytes))
        except InvalidTag:
            raise WrongMasterKey(f"data key {key_id} does not open under this master key") from None

    def seal(self, key: DataKey, name: str, value: Json) -> dict[str, Json]:
        """The envelope of a value, bound to the key's id and the field's name.

        Shape: `{"k": key id in hexadecimal, "c": base64(nonce + ciphertext + tag)}`.
        """
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + key.aead.encrypt(nonce, orjson.dumps(value), key.id.bytes + name.encode())
        return {"k": key.id.hex, "c": base64.b64encode(sealed).decode()}

    def open(self, key: DataKey, name: str, envelope: dict[str, Json]) -> Json:
        """The value in an envelope; raises `VaultError` when it was altered or moved to another field."""
        try:
            sealed = binascii.a2b_base64(str(envelope["c"]), strict_mode=True)
            plain = key.aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], key.id.bytes + name.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise VaultError(f"the sealed value of {name} was altered") from None
        value: Json = orjson.loads(plain)
        return value

    def blind(self, purpose: str, value: str) -> str:
        """A keyed hash (HMAC-SHA256, hex) to find equal values without storing them; each purpose has its own key."""
        key = self._blinding.get(purpose)
        if key is None:
            key = self._blinding[purpose] = self._derive(f"blind/{purpose}")
        return hmac.digest(key, value.encode(), "sha256").hex()


def is_envelope(value: Json) -> TypeGuard[dict[str, Json]]:
    """Whether a JSON value is a sealed one."""
    return isinstance(value, dict) and value.keys() == {"k", "c"}


class Keyring:
    """The keys of one stream by owner, as one append sees and changes them.

    `made` are keys to be stored with the append, `dropped` the ids of stored keys to be deleted with it.
    """

    def __init__(self, vault: Vault, stored: Iterable[tuple[str, UUID, bytes]] = ()) -> None:
        """Start from the keys that are stored: owner, id, wrapped. One is unwrapped when something is sealed under it.

        `key` raises `WrongMasterKey` then.
        """
        self.vault = vault
        self.made: dict[str, DataKey] = {}
        self.dropped: list[UUID] = []
        self._stored = {owner: (key_id, wrapped) for owner, key_id, wrapped in stored}
        self._open: dict[str, DataKey] = {}

    def key(self, owner: str) -> DataKey:
        """The owner's key; a new one where there is none, also after an erasure: what comes later can be read again."""
        found = self._open.get(owner) or self.made.get(owner)
        if found is None:
            if owner in self._stored:
                found = self._open[owner] = self.vault.unwrap(*self._stored[owner])
            else:
                found = self.made[owner] = self.vault.new_key()
        return found

    def forget(self, owner: str | None) -> None:
        """Drop the owner's key, or all keys for None."""
        for name in [*self._stored, *self.made] if owner is None else [owner]:
            stored = self._stored.pop(name, None)
            self._open.pop(name, None)
            if stored is not None:
                self.dropped.append(stored[0])
            self.made.pop(name, None)

    def copy(self) -> Keyring:
        """A ring to try something on."""
        other = Keyring(self.vault)
        other._stored, other._open = dict(self._stored), self._open.copy()
        other.made, other.dropped = dict(self.made), list(self.dropped)
        return other


def parse_master_key(text: str) -> bytes:
    """A master key from its base64 text, as it stands in the file or in the environment."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise NoMasterKey("the master key is not base64") from None
    if len(key) != KEY_BYTES:
        raise NoMasterKey(f"the master key must be {KEY_BYTES} bytes in base64")
    return key


def load_master_key(path: Path) -> bytes:
    """Read the master key's file; raises `NoMasterKey` when it is missing, malformed, or open to others."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii", errors="replace")
    except OSError as error:
        raise NoMasterKey(f"no master key at {path}: {error.strerror}") from None
    if mode & 0o077:
        raise NoMasterKey(f"{path} can be read by others; chmod 600 it")
    return parse_master_key(text)


def create_master_key(path: Path) -> bytes:
    """Make the master key's file (mode 0600) unless it exists, and read it; several processes may do so at once.

    The key is on disk before this returns: whatever is sealed under it would be lost with it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first; its key holds
            os.link(draft, path)
        draft.unlink()
        _sync_directory(path.parent)
    return load_master_key(path)


def _sync_directory(path: Path) -> None:
    """Make a new name in a directory survive a power cut."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
