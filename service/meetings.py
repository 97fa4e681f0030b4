"""Analysis meetings: their steps, in one transaction with those on the files that they name; and what is to be seen."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from domain.errors import Busy, DomainError, Forbidden, Invalid, NoSuchAddress, Stale, UnknownPetition
from domain.kernel import Context, Recorded, stamp
from domain.meeting import (
    MOST_ITEMS,
    OF_MEETINGS,
    CallMeeting,
    DecideItems,
    Meeting,
    MeetingCommand,
    meeting_stream,
)
from domain.meeting_erasure import forgets_of_meeting
from domain.meeting_steps import STEPS
from domain.petition.petition import Petition
from domain.receipt import ReceiptIssued
from domain.vocabulary import MeetingStage
from projections.file_queries import timeline
from projections.ledger_queries import rows_of
from projections.meetings_queries import ItemRow, MeetingRow, agenda, items_of, meeting_list, meeting_of
from service.access import Caller
from service.append import Append, Appended, StreamWrite
from service.desk import TRIES, Desk
from service.receipts import Receipts
from service.store import Store
from service.vault import Vault

DECISION = "decision"
"""Where the words of a decision stand in the file's event."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a step on a meeting. `items`: how many files are on its agenda; `replayed`: the answer of then."""

    id: str
    stage: str
    items: int
    version: int
    position: int
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView(ItemRow):
    """A file on the agenda as the caller may know it: its matter, masked, and what was decided about it."""

    title: str | None
    decision: str | None


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting with as much of its agenda as the caller may know."""

    meeting: MeetingRow
    items: list[ItemView]


class Meetings:
    """Keeps analysis meetings; thread-safe."""

    def __init__(self, *, store: Store, vault: Vault, pool: ConnectionPool[Connection[TupleRow]], desk: Desk) -> None:
        """Take the parts it works with."""
        self._store, self._pool, self._desk = store, pool, desk
        self._receipts = Receipts(store, vault)

    def call(self, caller: Caller, command: CallMeeting, *, request_id: str, key: str | None = None) -> Kept:
        """Call a meeting: its agenda are the files that the query finds for the caller, at most `MOST_ITEMS`.

        Raises the DomainError that forbids it; the same key is answered as the first time.
        """
        receipts = self._receipts.keyed(caller.token, "call-meeting", key, command)
        known = self._receipts.issued(receipts)
        if known is not None:
            return self._as_then(*known)
        meeting = Meeting(f"meeting:m-{secrets.token_hex(5)}")
        context = _acting(command, meeting, self._desk.context(caller, request_id))
        tuple(command.decide(meeting, context, {}))  # codes first: a query over unknown ones finds nothing
        with self._pool.connection() as connection:
            items = agenda(
                connection,
                first=command.first,
                last=command.last,
                areas=_within(command.areas, context.rulebook.areas_below),
                categories=_within(command.categories, context.rulebook.categories_below),
                repeated=command.repeated,
                sight=caller.sight,
                limit=MOST_ITEMS,
            )
        facts = tuple(command.called(items, context))
        write = StreamWrite(meeting.stream, 0, facts, context.now)
        done = self._store.append(Append((write,), context, receipts=receipts)).result()
        if done.replayed is not None:
            return self._as_then(done.replayed, done.position)
        return self._kept(meeting.stream, done, MeetingStage.CALLED, len(items))

    def take(
        self,
        caller: Caller,
        meeting_id: str,
        command: MeetingCommand,
        *,
        request_id: str,
        expected: int | None = None,
        key: str | None = None,
    ) -> Kept:
        """Take a step on a meeting; what it decides about files is written with it, all or nothing.

        Raises the DomainError that forbids it, `Stale` where the meeting is not at the `expected` version any more; the
        same key is answered as the first time.
        """
        stream = meeting_stream(meeting_id)
        receipts = self._receipts.keyed(caller.token, f"{type(command).__name__} {meeting_id}", key, command)
        for _ in range(TRIES):
            meeting = self._store.fold(Meeting(stream))
            if meeting.stage is None or not caller.reads_files:
                raise NoSuchAddress
            known = self._receipts.issued(receipts)
            if known is not None:
                return self._as_then(*known)
            if expected is not None and meeting.version != expected:
                raise Stale
            context = _acting(command, meeting, self._desk.context(caller, request_id, command))
            files = self._files(caller, meeting, command)
            facts = tuple(command.decide(meeting, context, files))
            writes = [StreamWrite(stream, meeting.version, facts, context.now, forget=forgets_of_meeting(facts))]
            if isinstance(command, DecideItems):
                writes += _on_files(command, meeting, files, context)
            stamped = stamp(facts, stream=stream, after=meeting.version, context=context, occurred_at=context.now)
            after = meeting.fold(stamped)
            assert after.stage is not None
            told = tuple(replace(one, stage=str(after.stage)) for one in receipts)
            try:
                done = self._store.append(Append(tuple(writes), context, receipts=told)).result()
            except Stale:
                continue
            if done.replayed is not None:
                return self._as_then(done.replayed, done.position)
            return self._kept(stream, done, after.stage, len(after.items))
        raise Busy

    def may_call(self, caller: Caller, *, request_id: str) -> None:
        """Raise what bars the caller from calling a meeting, if anything does."""
        _acting(CallMeeting, Meeting(OF_MEETINGS), self._desk.context(caller, request_id))

    def barred(self, caller: Caller, meeting_id: str, *, request_id: str) -> Mapping[str, DomainError | None]:
        """What bars the caller from each step on this meeting now, by the step's name; None where nothing does."""
        meeting, context = self._store.fold(Meeting(meeting_stream(meeting_id))), self._desk.context(caller, request_id)
        if meeting.stage is None:
            raise NoSuchAddress
        found = {step: kind.barred(meeting, context) for step, kind in STEPS.items()}
        return {step: why if isinstance(why, DomainError) else None for step, why in found.items()}

    def page(self, cursor: str | None, limit: int) -> tuple[list[MeetingRow], str | None]:
        """A page of the meetings, the newest first."""
        with self._pool.connection() as connection:
            return meeting_list(connection, cursor, limit)

    def view(self, caller: Caller, meeting_id: str) -> MeetingView:
        """A meeting with the files of its agenda that the caller may know of. Raises `NoSuchAddress`."""
        meeting_stream(meeting_id)
        with self._pool.connection() as connection:
            row, items = meeting_of(connection, meeting_id), items_of(connection, meeting_id)
        if row is None:
            raise NoSuchAddress
        known = self._desk.known(caller, {item.number for item in items})
        return MeetingView(row, self._told([item for item in items if item.number in known], caller))

    def minutes_of(self, caller: Caller, meeting_id: str) -> tuple[MeetingView, list[Recorded]]:
        """What the minutes are made of: the meeting, and its own events with the names of who came.

        For those who draw up reports; `Forbidden` for others.
        """
        if not caller.draws_reports:
            raise Forbidden
        view = self.view(caller, meeting_id)
        return view, self._store.history(meeting_stream(meeting_id))

    def as_it_stands(self, caller: Caller, meeting_id: str) -> Meeting:
        """The meeting with the names of who was there and what is to be erased; for those who read its minutes."""
        _, history = self.minutes_of(caller, meeting_id)
        return Meeting(meeting_stream(meeting_id)).fold(history)

    def _told(self, items: Sequence[ItemRow], caller: Caller) -> list[ItemView]:
        with self._pool.connection() as connection:
            rows = rows_of(connection, [item.number for item in items], caller.sight)
            return [
                ItemView(
                    **{name: getattr(item, name) for name in ItemRow.__slots__},
                    title=rows[item.number].title if item.number in rows else None,
                    decision=_decision(connection, item),
                )
                for item in items
            ]

    def _files(self, caller: Caller, meeting: Meeting, command: MeetingCommand) -> Mapping[str, Petition]:
        """The petitions that the step is decided on. To mask a summary also those that the caller may not know of."""
        if command.over_all_items:
            return {number: self._store.fold(Petition(number)) for number in meeting.items}
        found = {}
        for number in command.named:
            try:
                found[number] = self._desk.load(caller, number)
            except UnknownPetition:
                raise Invalid(
                    ("number",), field="number", reason="没有此编号的卷宗", reason_en="no file has this number"
                ) from None
        return found

    def _as_then(self, issued: ReceiptIssued, position: int) -> Kept:
        """The answer of the first time; a call's receipt names no stage."""
        meeting = self._store.fold(Meeting(issued.stream))
        stage = issued.stage or MeetingStage.CALLED
        return Kept(_id(issued.stream), stage, len(meeting.items), issued.version, position, replayed=True)

    @staticmethod
    def _kept(stream: str, done: Appended, stage: MeetingStage, items: int) -> Kept:
        return Kept(_id(stream), stage, items, done.versions[stream], done.position)


def _decision(connection: Connection[TupleRow], item: ItemRow) -> str | None:
    """What was decided, as the file has it, masked."""
    if item.decided_in is None:
        return None
    entries = timeline(connection, item.number, item.decided_in - 1, 1)
    return entries[0].texts.get(DECISION) if entries else None


def _id(stream: str) -> str:
    return stream.removeprefix(OF_MEETINGS)


def _within(codes: Sequence[str], below: Callable[[str], frozenset[str]]) -> list[str] | None:
    """Codes with all below them; None where none is named, which means all."""
    return sorted(frozenset[str]().union(*map(below, codes))) if codes else None


def _acting(command: MeetingCommand | type[MeetingCommand], meeting: Meeting, context: Context) -> Context:
    """The context in the role in which the caller may take the step."""
    acting = command.barred(meeting, context)
    if isinstance(acting, DomainError):
        raise acting
    return acting


def _on_files(
    command: DecideItems, meeting: Meeting, files: Mapping[str, Petition], context: Context
) -> Iterable[StreamWrite]:
    """What each file gets of the decisions; each is held against its own rules."""
    for number, step in command.steps(meeting):
        taken = step.execute(files[number], context)
        yield StreamWrite(number, files[number].version, taken.facts, taken.occurred_at)
