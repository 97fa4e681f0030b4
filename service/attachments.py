"""Uploaded files: sealed under a key of their own, named by id in the step that attaches them.

A file is uploaded first and belongs to nothing. The step that names it puts its key into the event, sealed under the
petition's own key, and the key that waited here goes in the same transaction
(service/batch.py); so erasing the petition erases what was attached to it. What nobody attached within a day is thrown
away.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import Connection
from psycopg.rows import tuple_row
from pydantic import BaseModel

from domain.kernel import Attachment, Erased
from service.uploads import fit
from service.vault import Vault, VaultError

ABANDONED_AFTER = timedelta(days=1)
NONCE_BYTES = 12
LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""An id of letters only is never taken for somebody's telephone or id number."""

DROP_ABANDONED = """
WITH abandoned AS (
    DELETE FROM attachment_keys AS key USING attachments AS file
     WHERE file.id = key.id AND file.uploaded_at < %s RETURNING key.id)
DELETE FROM attachments WHERE id IN (SELECT id FROM abandoned)
"""
"""By way of the keys: one that a step is attaching right now is locked, and then gone, so that its file stays."""
WAITING = """
SELECT id, digest, media_type, size, key_id, wrapped FROM attachments JOIN attachment_keys USING (id)
 WHERE id = ANY(%s) AND uploaded_by = %s
"""


def upload(
    connection: Connection[Any], vault: Vault, *, content: bytes, media_type: str, staff: str, now: datetime
) -> str:
    """Seal a file and keep it; returns the id that a step can name. Raises as `uploads.fit`."""
    content = fit(content, media_type)
    key, nonce, name = vault.new_key(), os.urandom(NONCE_BYTES), f"a{secrets.token_hex(12).translate(LETTERS)}"
    sealed = nonce + key.aead.encrypt(nonce, content, name.encode())
    sweep(connection, now)
    connection.execute(
        "INSERT INTO attachments (id, uploaded_at, uploaded_by, media_type, size, digest, sealed)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (name, now, staff, media_type, len(content), sha256(sealed).hexdigest(), sealed),
    )
    connection.execute(
        "INSERT INTO attachment_keys (id, key_id, wrapped) VALUES (%s, %s, %s)", (name, key.id, vault.wrap(key))
    )
    return name


def sweep(connection: Connection[Any], now: datetime) -> int:
    """Throw away what nobody attached within a day; how many files that were."""
    return connection.execute(DROP_ABANDONED, (now - ABANDONED_AFTER,)).rowcount


def named_by(command: BaseModel) -> list[str]:
    """The ids of uploaded files that a command names, wherever it does."""
    named: list[str] = []
    for name in _naming(type(command)):
        said = getattr(command, name)
        if name == "source":
            named += *(getattr(said, "photos", None) or ()), *filter(None, (getattr(said, "scan", None),))
        else:
            named += said or ()
    return named


@cache
def _naming(kind: type[BaseModel]) -> tuple[str, ...]:
    """The fields of a command that may name uploaded files."""
    return tuple(name for name in ("attachments", "proof", "source") if name in kind.model_fields)


def waiting(connection: Connection[Any], vault: Vault, ids: Collection[str], staff: str) -> dict[str, Attachment]:
    """Those of these files that `staff` uploaded and that belong to nothing yet, by id, each with its key."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(WAITING, (list(ids), staff)).fetchall()
    return {
        name: Attachment(
            id=name,
            digest=digest,
            media_type=media_type,
            size=size,
            key=base64.b64encode(vault.unwrap(key_id, wrapped).secret).decode(),
        )
        for name, digest, media_type, size, key_id, wrapped in rows
    }


def content_of(connection: Connection[Any], attachment: Attachment) -> bytes | None:
    """The content of an attached file; None where its key was erased.

    Raises `VaultError` where what lies in the table is not what was attached.
    """
    if isinstance(attachment.key, Erased):
        return None
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT sealed FROM attachments WHERE id = %s", (attachment.id,)).fetchone()
    sealed = bytes(row[0]) if row else b""
    if sha256(sealed).hexdigest() != attachment.digest:
        raise VaultError(f"attachment {attachment.id} was altered")
    try:
        opened = AESGCM(base64.b64decode(attachment.key))
        return opened.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], attachment.id.encode())
    except InvalidTag:
        raise VaultError(f"attachment {attachment.id} was altered") from None
