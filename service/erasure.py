"""Erasing personal data where it is meant to be gone: beyond the events, in copies of the database too.

A restored backup brings destroyed keys back. So a list of all erasures is kept in the data folder, outside the
database: number, petitioner, ids of the keys, who decided; nothing personal. `replay` repeats them after a restore.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Literal
from uuid import UUID

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import Connection
from psycopg.rows import tuple_row

from domain.errors import DomainError, RetentionRuns, TwoPeopleNeeded, UnknownStaff
from domain.kernel import Grant, Value
from domain.meeting import OF_MEETINGS, Meeting
from domain.meeting_erasure import ApproveMeetingErasure, AskMeetingErasure
from domain.meeting_events import MeetingDataErased
from domain.petition.petition import Petition
from domain.petition.receiving_file import ApproveErasure, AskErasure, RestrictData
from domain.vocabulary import ErasureGround, Role
from projections.sight import Sight
from service.access import Caller
from service.mapper import EventMapper, State
from service.parts import Parts
from service.vault import Json, Vault, is_envelope

FILE = "erasures.jsonl"

ERASED = """
SELECT notification_id, originator_id, originator_version, topic, state FROM stored_events
 WHERE topic IN ('petition.data_erased', 'meeting.data_erased') AND notification_id > %s ORDER BY notification_id
"""
EARLIER = """
SELECT originator_id, originator_version, topic, state FROM stored_events
 WHERE originator_id = %s AND originator_version < %s
"""
STILL_THERE = "SELECT count(*) FROM vault_keys WHERE key_id = ANY(%s)"
DROP = "DELETE FROM vault_keys WHERE key_id = ANY(%s)"
NOW = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::xid"
OLDER = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND greatest(age(backend_xmin), age(backend_xid)) > age(%s::text::xid)
"""
"""Who reads an older state, and who wrote and has not committed: between two statements that one has no snapshot."""
PATIENCE, LOOK_EVERY = 10.0, 0.05
"""Seconds to wait for transactions that began before; as long as one runs, rows it might see are kept."""

WAL = "SELECT count(*), min(modification) FROM pg_ls_waldir()"

Done = Literal["erased", "restricted"]
Result = Literal["nothing left", "erased again", "keys dropped"]


class Entry(Value):
    """One erasure as the list holds it: of a file, or of a meeting by its stream's name; `keys`: what it destroyed.

    `petitioner` None: the whole of it; of a meeting, who was there.
    """

    number: str
    petitioner: str | None
    ground: ErasureGround
    erased_at: datetime
    asked_by: str
    approved_by: str
    command_id: UUID
    keys: tuple[UUID, ...]


class ErasureList:
    """The list in a data folder: one JSON object a line, only ever added to."""

    def __init__(self, data_dir: Path) -> None:
        """Nothing is opened before it is needed."""
        self.path = data_dir / FILE
        self._position = 0

    def entries(self) -> list[Entry]:
        """All of it, oldest first; without a last line that is still being written or was never finished."""
        return _entries(self.path.read_bytes()) if self.path.exists() else []

    def collect(self, url: str, vault: Vault) -> list[Entry]:
        """Add what was erased in the database and is not listed yet; on disk when this returns."""
        with psycopg.connect(url, autocommit=True, application_name="huiying erasures") as connection:
            with connection.cursor(row_factory=tuple_row) as cursor:
                found = cursor.execute(ERASED, (self._position,), binary=True).fetchall()
            if not found:
                return []
            mapper = EventMapper(vault)
            new = self._add([_entry(connection, mapper, StoredEvent(*row[1:])) for row in found])
        self._position = found[-1][0]
        return new

    def _add(self, entries: list[Entry]) -> list[Entry]:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            listed = file.read()
            # Who was killed while adding left a torn line; its erasure is in the database and comes again.
            file.truncate(listed.rfind(b"\n") + 1)
            known = {(entry.command_id, entry.number) for entry in _entries(listed)}
            new = [entry for entry in entries if (entry.command_id, entry.number) not in known]
            file.writelines(f"{entry.model_dump_json()}\n".encode() for entry in new)
            file.flush()
            os.fsync(file.fileno())
        return new


def _entries(text: bytes) -> list[Entry]:
    whole, _, _ = text.rpartition(b"\n")
    return [Entry.model_validate_json(line) for line in whole.split(b"\n") if line]


def _entry(connection: Connection[Any], mapper: EventMapper, erased: StoredEvent) -> Entry:
    state = mapper.state(erased)
    fact = state["f"]
    whom = fact["person"] if erased.topic == MeetingDataErased.TOPIC else fact["petitioner"]
    with connection.cursor(row_factory=tuple_row) as cursor:
        earlier = cursor.execute(EARLIER, (erased.originator_id, erased.originator_version), binary=True)
        states = [mapper.state(StoredEvent(*row)) for row in earlier]
    return Entry(
        number=state["s"],
        petitioner=whom,
        ground=fact["ground"],
        erased_at=state["r"],
        asked_by=fact["asked_by"],
        approved_by=state["a"]["id"],
        command_id=UUID(hex=state["c"]),
        keys=tuple(sorted({UUID(hex=key) for one in states for key in _keys_of(one, whom)})),
    )


def _keys_of(state: State, petitioner: str | None) -> Iterator[str]:
    """Ids of the keys under which an event's values are sealed: one petitioner's, or all."""
    yield from _sealed(state["f"], petitioner, inside=petitioner is None)
    if petitioner is None and "b" in state:
        yield state["b"]["k"]


def _sealed(value: Json, petitioner: str | None, *, inside: bool) -> Iterator[str]:
    if is_envelope(value):
        if inside:
            yield str(value["k"])
    elif isinstance(value, dict):
        here = inside or value.get("id") == petitioner
        for child in value.values():
            yield from _sealed(child, petitioner, inside=here)
    elif isinstance(value, list):
        for child in value:
            yield from _sealed(child, petitioner, inside=inside)


def erase(
    parts: Parts, number: str, petitioner: str | None, *, ground: ErasureGround, reason: str, by: str, approved_by: str
) -> Done:
    """Erase a petitioner's data or (None) a whole file: `by` asks, `approved_by` approves.

    While the file is open or its retention runs the data is restricted instead. Raises the DomainError that forbids it.
    """
    if by == approved_by:
        raise TwoPeopleNeeded
    asker, approver = (member(parts, staff) for staff in (by, approved_by))
    ask = AskErasure(petitioner=petitioner, ground=ground, reason=reason)
    parts.desk.take(asker, number, ask, request_id="cli")
    try:
        parts.desk.take(approver, number, ApproveErasure(petitioner=petitioner), request_id="cli")
    except RetentionRuns:
        if petitioner not in parts.desk.load(asker, number).restricted:
            restrict = RestrictData(petitioner=petitioner, ground=ground, reason=reason)
            parts.desk.take(asker, number, restrict, request_id="cli")
        return "restricted"
    return "erased"


def member(parts: Parts, staff: str) -> Caller:
    """The member of staff in whose name the command line acts; `UnknownStaff` where there is none."""
    caller = parts.access.of_staff(staff, "cli")
    if not caller.grants:
        raise UnknownStaff(("staff",))
    return caller


@dataclass(frozen=True, slots=True)
class Replayed:
    """What repeating an erasure did: nothing was left, it was erased again, or only its keys could be dropped."""

    entry: Entry
    result: Result


def replay(parts: Parts, erasures: ErasureList) -> Iterator[Replayed]:
    """Repeat every listed erasure whose keys are back, in the name of those who decided it then.

    Where the restored file forbids the steps, whatever the reason, the keys go all the same.
    """
    for entry in erasures.entries():
        keys = list(entry.keys)
        if not _still_there(parts, keys):
            yield Replayed(entry, "nothing left")
            continue
        with suppress(DomainError):
            _repeat(parts, entry)
        again = not _still_there(parts, keys)
        if not again:
            with parts.pool.connection() as connection:
                connection.execute(DROP, (keys,))
        yield Replayed(entry, "erased again" if again else "keys dropped")


def _repeat(parts: Parts, entry: Entry) -> None:
    asker, approver = (
        Caller(staff, frozenset({Grant(Role.SYSTEM)}), "replay", Sight(committee=True))
        for staff in (entry.asked_by, entry.approved_by)
    )
    reason = "恢复备份后重新执行"
    if entry.number.startswith(OF_MEETINGS):
        _repeat_at_meeting(parts, entry, asker, approver, reason)
        return
    petition = parts.store.fold(Petition(entry.number))
    if {entry.petitioner, None} & petition.erased:
        return
    ask = AskErasure(petitioner=entry.petitioner, ground=entry.ground, reason=reason)
    parts.desk.take(asker, entry.number, ask, request_id="replay")
    parts.desk.take(approver, entry.number, ApproveErasure(petitioner=entry.petitioner), request_id="replay")


def _repeat_at_meeting(parts: Parts, entry: Entry, asker: Caller, approver: Caller, reason: str) -> None:
    if {entry.petitioner, None} & parts.store.fold(Meeting(entry.number)).erased:
        return
    meeting = entry.number.removeprefix(OF_MEETINGS)
    ask = AskMeetingErasure(person=entry.petitioner, ground=entry.ground, reason=reason)
    parts.meetings.take(asker, meeting, ask, request_id="replay")
    approve = ApproveMeetingErasure(person=entry.petitioner)
    parts.meetings.take(approver, meeting, approve, request_id="replay")


def _still_there(parts: Parts, keys: list[UUID]) -> bool:
    with parts.pool.connection() as connection:
        row = connection.execute(STILL_THERE, (keys,)).fetchone()
    return row is not None and row[0] > 0


@dataclass(frozen=True, slots=True)
class Remains:
    """Where a destroyed key may still stand: in so many WAL segments, the oldest from then; None: may not be asked.

    `table`: in the table of keys too, since a transaction that began before the deletion would not end.
    """

    table: bool
    segments: int | None
    oldest: datetime | None


def clear_away(url: str) -> Remains:
    """Have the database give up the space of deleted keys, and say what of its log is left that may hold them."""
    with psycopg.connect(url, autocommit=True, application_name="huiying erasures") as connection:
        older = _older_transactions(connection)
        connection.execute("VACUUM (FULL) vault_keys")
        try:
            connection.execute("CHECKPOINT")
            row = connection.execute(WAL).fetchone()
        except psycopg.errors.InsufficientPrivilege:
            return Remains(older, None, None)
    assert row is not None
    return Remains(older, row[0], row[1])


def _older_transactions(connection: Connection[Any]) -> bool:
    """Wait for the transactions that began before now; whether some still run when patience ends."""
    now = connection.execute(NOW).fetchone()
    assert now is not None
    deadline = monotonic() + PATIENCE
    while connection.execute(OLDER, now).fetchone() != (0,):
        if monotonic() > deadline:
            return True
        sleep(LOOK_EVERY)
    return False
