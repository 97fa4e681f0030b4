"""Where commands are carried out: load, decide, append. API, command line and pages all come through here."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from copy import deepcopy
from dataclasses import replace
from datetime import datetime
from functools import partial

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

from domain.errors import Busy, DomainError, Forbidden, Invalid, Restricted, Stale, UnknownPetition
from domain.kernel import Context, day_of, stamp
from domain.numbering import as_written, new_query_code, written_code_digest
from domain.petition.command import PetitionCommand, Taken
from domain.petition.handling_reply import ImportReply
from domain.petition.intake import ImportPetition, ReceivePetition
from domain.petition.petition import Petition
from domain.petition.receiving_file import forgets
from domain.petition.stages import stage_after
from projections.ledger_queries import seen_of
from service.access import Access, Caller
from service.append import Append, Appended, Receipt, Series, StreamWrite
from service.file_view import FileView, file_view
from service.files import Files, Held
from service.fresh import Fresh
from service.letters import Letters, issues_letter
from service.outcome import Outcome, as_then
from service.readings import log_reading
from service.receipts import Receipts
from service.rulebooks import Rulebooks
from service.store import Store
from service.vault import Vault
from service.viewing import Viewing, named_in
from service.work import Work, finished
from service.world import World, asked

TRIES = 100
"""How often a step is decided anew when somebody else was there first and the caller named no version."""
NO_FILE = Petition("")
"""What a petition that comes in is decided on; rules only read the file, so one is enough for all."""


class Desk:
    """Carries out commands for callers; thread-safe. `now` is the only clock."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        pool: ConnectionPool[Connection[TupleRow]],
        access: Access,
        rulebooks: Rulebooks,
        letters: Letters,
        fresh: Fresh,
        now: Callable[[], datetime],
    ) -> None:
        """Take the parts it works with."""
        self._store, self._vault, self._pool, self._letters = store, vault, pool, letters
        self._world = World(pool, vault, rulebooks, letters, now)
        self._files = Files()
        store.follow(self._files)
        self.viewing = Viewing(self, self._files, self._world, fresh)
        self._receipts = Receipts(store, vault)
        self.access = access
        self.now = now

    def receive(
        self, caller: Caller, command: ReceivePetition, *, request_id: str, key: str | None = None, once: bool = False
    ) -> Outcome:
        """Take a petition in under a new number; the outcome carries the resident's query code.

        The same idempotency key, or the same id of the same source, is answered as the first time: to those who may
        take petitions in and may know of the file, with `Forbidden` to others. Raises the DomainError that forbids it,
        `KeyReused` for either of them with another body: a mistyped order number must not swallow a petition. With
        `once` the same petition in the same words is answered as the first time, too: a row of a list sent again.
        """
        return finished(self.receiving(caller, command, request_id=request_id, key=key, once=once))

    def receiving(
        self, caller: Caller, command: ReceivePetition, *, request_id: str, key: str | None = None, once: bool = False
    ) -> Work[Outcome]:
        """`receive` as work, for the event loop."""
        receipts = (
            *self._receipts.keyed(caller.token, "receive", key, command),
            *self._receipts.from_source(command),
            *([self._receipts.of_words(command)] if once else []),
        )
        for _ in range(TRIES):
            context = yield from self._world.context(caller, request_id, command)
            acting = yield from asked(partial(command.barred, NO_FILE, context))
            if isinstance(acting, DomainError):
                raise acting
            try:
                outcome = (yield partial(self._replayed, receipts)) if receipts else None
                outcome = outcome or (yield from self._received(caller, command, acting, receipts))
            except Stale:
                continue
            if outcome.replayed and not (yield partial(self._exists_for, caller, outcome.number)):
                raise Forbidden
            return outcome
        raise Busy

    def try_receive(self, caller: Caller, command: ReceivePetition, *, request_id: str) -> bool:
        """Whether `receive(once=True)` would find the petition there; raises as it would, and writes nothing."""
        context = self.context(caller, request_id, command)
        barred = command.barred(NO_FILE, context)
        if isinstance(barred, DomainError):
            raise barred
        there = self._replayed((*self._receipts.from_source(command), self._receipts.of_words(command)))
        if there is not None:
            if not self._exists_for(caller, there.number):
                raise Forbidden
            return True
        if command.arises_from is not None:
            self._named(caller, command.arises_from, "arises_from")
        command.execute(NO_FILE, context)
        return False

    def answered(self, caller: Caller, key: str) -> Outcome | None:
        """What came of the command that the caller gave under this key, query code included; None: there was none."""
        found = self._receipts.issued_under(caller.token, key)
        return None if found is None else as_then(*found)

    def _received(
        self, caller: Caller, command: ReceivePetition, context: Context, receipts: tuple[Receipt, ...]
    ) -> Work[Outcome]:
        """Decide on a petition that comes in for the first time, and append it."""
        if command.arises_from is not None:
            yield partial(self._named, caller, command.arises_from, "arises_from")
        code = new_query_code(os.urandom(10))
        context = context._replace(query_code_digest=written_code_digest(code))
        taken = yield from asked(partial(command.carry_out, NO_FILE, context))
        return (yield from self._register(taken, receipts, code))

    def import_petition(self, command: ImportPetition, reply: ImportReply | None, *, request_id: str) -> Outcome:
        """Take a row of an old ledger over as history, with its reply if it has one.

        Safe to repeat, also after a crash between the two: what is there already stays as it is.
        """
        context = self.context(self.access.system(), request_id)
        receipts = (self._receipts.of_row(command, command, "import"),)
        done = self._replayed(receipts) or finished(self._register(_history(command, reply, context), receipts, None))
        if reply is None:
            return done
        receipts = (self._receipts.of_row(command, reply, "reply"),)
        if self._replayed(receipts) is None:
            petition = self._store.fold(Petition(done.number))
            finished(self._append(petition, reply.execute(petition, context), receipts))
        return done

    def try_import(self, command: ImportPetition, reply: ImportReply | None, *, request_id: str) -> bool:
        """Whether `import_petition` would find the row there already; raises as it would, and writes nothing."""
        if self._replayed((self._receipts.of_row(command, command, "import"),)) is not None:
            return True
        _history(command, reply, self.context(self.access.system(), request_id))
        return False

    def take(
        self,
        caller: Caller,
        number: str,
        command: PetitionCommand,
        *,
        request_id: str,
        expected: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Take a step on a file. Raises the DomainError that forbids it; then nothing has changed.

        `expected`: the version that the caller has seen, `Stale` if the file has moved on; without it any will do.
        """
        held = self._files.at_once(as_written(number))
        try:
            return finished(self._taken(held, caller, command, request_id=request_id, expected=expected, key=key))
        finally:
            self._files.let_go(held)

    def taking(
        self,
        caller: Caller,
        number: str,
        command: PetitionCommand,
        *,
        request_id: str,
        expected: int | None = None,
        key: str | None = None,
    ) -> Work[Outcome]:
        """`take` as work, for the event loop; where another request has the file, it waits for its turn."""
        held = yield from self._files.held(as_written(number))
        try:
            return (yield from self._taken(held, caller, command, request_id=request_id, expected=expected, key=key))
        finally:
            self._files.let_go(held)

    def _taken(
        self,
        held: Held,
        caller: Caller,
        command: PetitionCommand,
        *,
        request_id: str,
        expected: int | None,
        key: str | None,
    ) -> Work[Outcome]:
        """Decide the step on the file at hand, if there is one, and hold what is written against its version.

        A refusal is asked again of the file as it stands before it is told. The file is not left in hand where it must
        not be kept.
        """
        receipts = self._receipts.keyed(caller.token, f"{command.step()} {held.number}", key, command)
        petition, held.petition = held.petition or Petition(held.number), None
        sure, behind = False, command.reads or not petition.version
        for _ in range(TRIES):
            if behind:
                petition = yield partial(self._brought_up, petition)
            sure, behind = behind, True
            try:
                self._hold_up(caller, petition)
                context = yield from self._world.context(caller, request_id, command)
                known: Outcome | None = (yield partial(self._replayed, receipts)) if receipts else None
                if known is not None:
                    return known
                if expected is not None and petition.version != expected:
                    raise Stale
                other = (yield partial(self._beside, caller, command)) if command.beside else None
                taken = yield from asked(partial(command.execute, petition, context))
                if command.reads:
                    yield partial(self.reading, caller, petition, context)
            except DomainError:
                if sure:
                    held.petition = petition
                    raise
                continue
            try:
                outcome = yield from self._append(petition, taken, receipts, command, other)
            except Stale:
                behind = not self._files.caught_up(held, petition)
                continue
            held.petition = None if forgets(taken.facts) else petition
            return outcome
        raise Busy

    def _brought_up(self, petition: Petition) -> Petition:
        """The file as it stands. What was erased since it was read is not kept in it."""
        newer = self._store.history(petition.stream, after=petition.version)
        if petition.version and forgets(tuple(recorded.fact for recorded in newer)):
            return self._store.fold(Petition(petition.number))
        return petition.fold(newer)

    def view(self, caller: Caller, number: str, *, request_id: str) -> FileView:
        """The file as the caller may see it. A reading of personal data is logged before it is shown."""
        held = self._files.at_once(as_written(number))
        try:
            known, held.petition = held.petition or Petition(held.number), None
            petition = held.petition = self._brought_up(known)
            self._hold_up(caller, petition)
            context = self.context(caller, request_id)
            grant = caller.reader(petition, context.rulebook)
            if grant is not None:
                log_reading(self._pool, caller, grant, petition.number, context)
            return file_view(petition, context, full=grant is not None, known=self.known(caller, named_in(petition)))
        finally:
            self._files.let_go(held)

    def known(self, caller: Caller, numbers: Collection[str]) -> frozenset[str]:
        """Which of these numbers, that another file names, the caller may be told: none of a file hidden from them."""
        if not numbers:
            return frozenset()
        with self._pool.connection() as connection:
            seen = seen_of(connection, numbers, caller.sight)
        # The ledger may be behind; the file itself never is.
        return seen | {number for number in set(numbers) - seen if self._exists_for(caller, number)}

    def reading(self, caller: Caller, petition: Petition, context: Context) -> None:
        """Enter that the caller reads the file's personal data; raises `Restricted`, `Forbidden` where they may not."""
        grant = caller.reader(petition, context.rulebook)
        if grant is None:
            raise Restricted if None in petition.restricted else Forbidden
        log_reading(self._pool, caller, grant, petition.number, context)

    def load(self, caller: Caller, number: str) -> Petition:
        """The file, if it exists for the caller; `UnknownPetition` otherwise, whichever of the two it is."""
        petition = self._store.fold(Petition(as_written(number)))
        self._hold_up(caller, petition)
        return petition

    @staticmethod
    def _hold_up(caller: Caller, petition: Petition) -> None:
        """`UnknownPetition` unless the caller is shown the file."""
        if not Desk.shows(caller, petition):
            raise UnknownPetition

    @staticmethod
    def shows(caller: Caller, petition: Petition) -> bool:
        """Whether the file exists, and exists for the caller."""
        return petition.stage is not None and caller.reads_files and caller.sees(petition)

    def _exists_for(self, caller: Caller, number: str) -> bool:
        """Whether the caller may know of the file."""
        try:
            self.load(caller, number)
        except UnknownPetition:
            return False
        return True

    def context(self, caller: Caller, request_id: str, command: BaseModel | None = None) -> Context:
        """What the rules may know of the world in this request. Raises `NoRulebook` where there is none."""
        return finished(self._world.context(caller, request_id, command, patient=True))

    def _register(self, taken: Taken, receipts: tuple[Receipt, ...], code: str | None) -> Work[Outcome]:
        """Append the first facts of a file under the next number of the office's series of this year."""
        context, first = taken.context, stage_after(type(taken.facts[0]))
        series = Series(context.rulebook.office.code, day_of(context.now).year)
        stage, round_ = str(first), 0 if code is None else 1
        receipts = tuple(replace(one, stage=stage, round=round_, query_code=code) for one in receipts)
        write = StreamWrite(
            None, 0, taken.facts, taken.occurred_at, taken.backdated_because, attaches=tuple(context.attachments)
        )
        done: Appended = yield self._store.append(Append((write,), context, series, receipts))
        if done.replayed is not None:
            return as_then(done.replayed, done.position)
        number = str(done.number)
        return Outcome(number, stage, round_, done.versions[number], done.position, code)

    def _append(
        self,
        petition: Petition,
        taken: Taken,
        receipts: tuple[Receipt, ...],
        command: PetitionCommand | None = None,
        other: Petition | None = None,
    ) -> Work[Outcome]:
        """Append a step's facts, and those of the second file where there is one, in one transaction.

        The file takes them in once they are written; where they are not, it stays as it was.
        """
        write = StreamWrite(
            petition.number,
            petition.version,
            taken.facts,
            taken.occurred_at,
            taken.backdated_because,
            forget=forgets(taken.facts),
            attaches=tuple(taken.context.attachments),
        )
        writes = [write]
        if issues_letter(command):
            writes += yield partial(self._letters.numbered, petition.number, taken)
        if command is not None and other is not None:
            facts = command.execute_beside(other, petition)
            writes.append(StreamWrite(other.number, other.version, facts, taken.occurred_at))
        at, context = taken.occurred_at, taken.context
        happened = [
            *stamp(taken.facts, stream=petition.stream, after=petition.version, context=context, occurred_at=at)
        ]
        if receipts:
            after = deepcopy(petition).fold(happened)
            receipts = tuple(replace(one, stage=str(after.stage), round=after.round) for one in receipts)
        done: Appended = yield self._store.append(Append(tuple(writes), taken.context, None, receipts))
        if done.replayed is not None:
            return as_then(done.replayed, done.position)
        petition.fold(happened)
        return Outcome(petition.number, str(petition.stage), petition.round, petition.version, done.position)

    def _beside(self, caller: Caller, command: PetitionCommand) -> Petition | None:
        """The second file of a step over two, if the step has one; Invalid where it names none."""
        if command.beside is None:
            return None
        return self._named(caller, getattr(command, command.beside), command.beside)

    def _named(self, caller: Caller, number: str, field: str) -> Petition:
        """A file that a field names."""
        try:
            return self.load(caller, number)
        except UnknownPetition:
            raise Invalid(
                (field,), field=field, reason="没有此编号的卷宗", reason_en="no file has this number"
            ) from None

    def _replayed(self, receipts: tuple[Receipt, ...]) -> Outcome | None:
        """The answer of the first time, where one of these receipts was issued before."""
        found = self._receipts.issued(receipts)
        return None if found is None else as_then(*found)


def _history(command: ImportPetition, reply: ImportReply | None, context: Context) -> Taken:
    """The petition's part of a row, once the reply is known to fit it: neither is taken over without the other."""
    taken = command.execute(NO_FILE, context)
    if reply is not None:
        facts = stamp(taken.facts, stream="", after=0, context=taken.context, occurred_at=taken.occurred_at)
        reply.execute(Petition("").fold(facts), context)
    return taken
