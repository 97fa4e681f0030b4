"""Ways in for members of staff: first passwords, locks, API tokens. Each leaves its trace on the person's own stream.

The event comes first: where it is refused, nothing was given. Without a `caller` it is the command line that acts.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from domain.errors import UnknownStaff
from domain.staff import StaffCommand
from domain.staff_access import GivePassword, IssueToken, RevokeToken, UnlockAccount
from service import passwords, tokens
from service.access import Caller
from service.administration import staff_steps
from service.parts import Parts


def give_password(parts: Parts, staff: str, *, caller: Caller | None = None, request_id: str = "cli") -> str:
    """A new first password, to be handed over once; it is changed at the next sign-in. All sessions end."""
    staff_steps(parts, staff, GivePassword(), caller=caller, request_id=request_id)
    password = passwords.new_password()
    with parts.pool.connection() as connection:
        passwords.set_password(connection, staff, password, must_change=True, now=parts.now())
    parts.sessions.end_all(staff)
    return password


def unlock(parts: Parts, staff: str, *, caller: Caller | None = None, request_id: str = "cli") -> None:
    """Open an account that was locked after failed tries."""
    staff_steps(parts, staff, UnlockAccount(), caller=caller, request_id=request_id)
    with parts.pool.connection() as connection:
        passwords.unlock(connection, staff)


def issue_token(parts: Parts, staff: str, *, caller: Caller | None = None, request_id: str = "cli") -> str:
    """A new API token's secret, told this once."""
    one = uuid4()
    staff_steps(parts, staff, IssueToken(token=str(one)), caller=caller, request_id=request_id)
    with parts.pool.connection() as connection:
        return tokens.create(connection, staff, one)


def revoke_token(parts: Parts, token: UUID, *, caller: Caller | None = None, request_id: str = "cli") -> None:
    """Revoke an API token; UnknownStaff naming `token` where none that holds has this id."""
    with parts.pool.connection() as connection:
        staff = tokens.holder(connection, token)
    if staff is None:
        raise UnknownStaff(("token",))
    staff_steps(parts, staff, RevokeToken(token=str(token)), caller=caller, request_id=request_id)
    with parts.pool.connection() as connection:
        tokens.revoke(connection, token)


def take(parts: Parts, staff: str, command: StaffCommand, *, caller: Caller, request_id: str) -> int:
    """Take a step on a member of staff, in force at once in this process; the event's position."""
    position = staff_steps(parts, staff, command, caller=caller, request_id=request_id)
    parts.access.forget_known()
    return position
