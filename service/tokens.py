"""API tokens: 256 random bits, shown once, kept as a SHA-256 hash. A fast hash is enough for what cannot be guessed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection
from psycopg.rows import class_row, tuple_row

PREFIX = "hy_"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed: never the secret itself."""

    id: UUID
    staff: str
    created_at: datetime
    revoked_at: datetime | None


def create(connection: Connection[Any], staff: str, token_id: UUID | None = None) -> str:
    """Make a token for a member of staff and return its secret, which is stored nowhere."""
    secret = PREFIX + secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO tokens (id, staff, hash) VALUES (%s, %s, %s)", (token_id or uuid4(), staff, hash_of(secret))
    )
    return secret


def holder(connection: Connection[Any], token_id: UUID) -> str | None:
    """Whose token it is that has this id and still holds; None where there is none."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT staff FROM tokens WHERE id = %s AND revoked_at IS NULL", (token_id,)).fetchone()
    return str(row[0]) if row else None


def hash_of(secret: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(secret.encode()).digest()


def find(connection: Connection[Any], secret: str) -> tuple[UUID, str] | None:
    """The token's id and its holder's staff id; None for one that is unknown or revoked."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(
            "SELECT id, staff FROM tokens WHERE hash = %s AND revoked_at IS NULL", (hash_of(secret),), prepare=True
        ).fetchone()
    return (row[0], row[1]) if row else None


def listed(connection: Connection[Any]) -> Iterator[Token]:
    """Every token there is or was, oldest first."""
    with connection.cursor(row_factory=class_row(Token)) as cursor:
        yield from cursor.execute("SELECT id, staff, created_at, revoked_at FROM tokens ORDER BY created_at, id")


def revoke(connection: Connection[Any], token_id: UUID) -> bool:
    """Revoke a token; False where there is none with this id that still holds."""
    done = connection.execute("UPDATE tokens SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL", (token_id,))
    return done.rowcount == 1
