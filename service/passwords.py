"""Passwords of members of staff: argon2id hashes, rules for new ones, and a lock after failed tries.

Nothing here tells whether an account exists: an unknown one costs the same work and gets the same answer.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg import Connection
from psycopg.rows import class_row

from domain.errors import WeakPassword

SHORTEST, LONGEST = 10, 128
FEW_CHARACTERS = 5
"""A password of fewer different characters is refused, however long it is."""
FAILURES, LOCKED_FOR = 8, timedelta(minutes=15)
"""After so many failed tries in a row the account is locked for a while."""
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""For passwords that are read out or copied by hand: nothing that looks like something else."""
COMMON = frozenset(
    (
        *("password12", "password123", "passw0rd123", "qwertyuiop", "1q2w3e4r5t", "administrator", "letmein123"),
        *("1234567890", "0123456789", "12345678910", "abcdefghij", "woaini1314", "5201314520", "iloveyou520"),
    )
)
"""Long enough, and still the first to be tried."""

HASHER = PasswordHasher()
"""argon2id with the parameters that RFC 9106 recommends where memory is limited."""


@dataclass(frozen=True, slots=True)
class Account:
    """What is kept of a member of staff's password."""

    staff: str
    hash: str
    must_change: bool
    changed_at: datetime
    failures: int
    locked_until: datetime | None


FIND = "SELECT staff, hash, must_change, changed_at, failures, locked_until FROM passwords WHERE staff = %s"
SET = """
INSERT INTO passwords (staff, hash, must_change, changed_at) VALUES (%(staff)s, %(hash)s, %(must_change)s, %(now)s)
    ON CONFLICT (staff) DO UPDATE SET hash = excluded.hash, must_change = excluded.must_change,
        changed_at = excluded.changed_at, failures = 0, locked_until = NULL
"""
FAILED = """
UPDATE passwords SET failures = failures + 1,
       locked_until = CASE WHEN failures + 1 >= %(most)s THEN %(until)s ELSE locked_until END
 WHERE staff = %(staff)s
"""
FREE = "UPDATE passwords SET failures = 0, locked_until = NULL WHERE staff = %s"
REHASHED = "UPDATE passwords SET hash = %s WHERE staff = %s AND hash = %s"


def account(connection: Connection[Any], staff: str) -> Account | None:
    """The account of a member of staff; None where no password was ever set."""
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(FIND, (staff,)).fetchone()


def set_password(connection: Connection[Any], staff: str, password: str, *, must_change: bool, now: datetime) -> None:
    """Set a password and lift a lock. Raises `WeakPassword` for one that the rules refuse."""
    check_rules(password, staff)
    hashed = HASHER.hash(_plain(password))
    connection.execute(SET, {"staff": staff, "hash": hashed, "must_change": must_change, "now": now})


def fits(connection: Connection[Any], staff: str, password: str, now: datetime) -> Account | None:
    """The account, if the password is its; None otherwise, also while it is locked. A failed try is counted.

    A locked account does the same work and refuses the right password too: whoever guesses learns nothing from it.
    """
    found = account(connection, staff)
    right = _verified(found.hash if found else _nobodys_hash(), password)
    if found is None:
        return None
    if found.locked_until is not None and now < found.locked_until:
        return None
    if not right:
        connection.execute(FAILED, {"staff": staff, "most": FAILURES, "until": now + LOCKED_FOR})
        return None
    if found.failures or found.locked_until:
        unlock(connection, staff)
    if HASHER.check_needs_rehash(found.hash):
        connection.execute(REHASHED, (HASHER.hash(_plain(password)), staff, found.hash))
    return found


def unlock(connection: Connection[Any], staff: str) -> None:
    """Lift a lock and forget the failed tries."""
    connection.execute(FREE, (staff,))


def new_password() -> str:
    """A password to hand over once: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def check_rules(password: str, staff: str) -> None:
    """Length counts, not kinds of characters; raises `WeakPassword` saying what would be right."""
    plain = _plain(password)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise WeakPassword(
            ("password",), reason=f"须为{SHORTEST}至{LONGEST}个字符", reason_en=f"{SHORTEST} to {LONGEST} characters"
        )
    lowered = plain.lower()
    if len(set(lowered)) < FEW_CHARACTERS or lowered in COMMON or (len(staff) > 2 and lowered.startswith(staff)):
        raise WeakPassword(("password",), reason="过于简单，容易被猜到", reason_en="it is too easy to guess")


def _plain(password: str) -> str:
    """The same password however the keyboard composed its characters."""
    return unicodedata.normalize("NFKC", password)


def _verified(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, _plain(password)[: LONGEST * 4])
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """The hash of a password that nobody has."""
    return HASHER.hash(secrets.token_urlsafe(32))
