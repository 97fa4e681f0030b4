"""Where commands are carried out: load, decide, append. API, command line and pages all come through here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool
from pydantic import BaseModel

from domain.errors import Busy, DomainError, Forbidden, Invalid, Restricted, Stale, UnknownPetition
from domain.kernel import Actor, Context, Grant, day_of, stamp
from domain.numbering import new_query_code, parse, query_code_digest
from domain.petition.command import PetitionCommand, Taken
from domain.petition.handling_reply import ImportReply
from domain.petition.intake import ImportPetition, ReceivePetition
from domain.petition.petition import Petition
from domain.petition.receiving_file import forgets
from domain.petition.stages import stage_after
from domain.receipt import ReceiptIssued
from projections.ledger_queries import seen_of
from projections.staff import staff_units
from service import attachments
from service.access import Access, Caller
from service.append import Append, Receipt, Series, StreamWrite
from service.file_view import FileView, file_view
from service.letters import Letters
from service.receipts import Receipts
from service.rulebooks import Rulebooks
from service.store import Store
from service.vault import Vault

LOG_READING = """
INSERT INTO personal_reads (read_at, staff, role, unit, on_behalf_of, number, request_id)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""

TRIES = 100
"""How often a step is decided anew when somebody else was there first and the caller named no version."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command. `replayed`: it had been carried out before, and this is the answer of then."""

    number: str
    stage: str
    round: int
    version: int
    position: int
    query_code: str | None = None
    replayed: bool = False


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
        now: Callable[[], datetime],
    ) -> None:
        """Take the parts it works with."""
        self._store = store
        self._vault = vault
        self._pool = pool
        self._rulebooks = rulebooks
        self._letters = letters
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
        receipts = (
            *self._receipts.keyed(caller.token, "receive", key, command),
            *self._receipts.from_source(command),
            *([self._receipts.of_words(command)] if once else []),
        )
        for _ in range(TRIES):
            context = self.context(caller, request_id, command)
            barred = command.barred(Petition(""), context)
            if isinstance(barred, DomainError):
                raise barred
            try:
                outcome = self._replayed(receipts) or self._received(caller, command, context, receipts)
            except Stale:
                continue
            if outcome.replayed and not self._exists_for(caller, outcome.number):
                raise Forbidden
            return outcome
        raise Busy

    def try_receive(self, caller: Caller, command: ReceivePetition, *, request_id: str) -> bool:
        """Whether `receive(once=True)` would find the petition there; raises as it would, and writes nothing."""
        context = self.context(caller, request_id, command)
        barred = command.barred(Petition(""), context)
        if isinstance(barred, DomainError):
            raise barred
        there = self._replayed((*self._receipts.from_source(command), self._receipts.of_words(command)))
        if there is not None:
            if not self._exists_for(caller, there.number):
                raise Forbidden
            return True
        if command.arises_from is not None:
            self._named(caller, command.arises_from, "arises_from")
        command.execute(Petition(""), context)
        return False

    def answered(self, caller: Caller, key: str) -> Outcome | None:
        """What came of the command that the caller gave under this key, query code included; None: there was none."""
        found = self._receipts.issued_under(caller.token, key)
        return None if found is None else self._as_then(*found)

    def _received(
        self, caller: Caller, command: ReceivePetition, context: Context, receipts: tuple[Receipt, ...]
    ) -> Outcome:
        """Decide on a petition that comes in for the first time, and append it."""
        if command.arises_from is not None:
            self._named(caller, command.arises_from, "arises_from")
        code = new_query_code(os.urandom(10))
        context = replace(context, query_code_digest=query_code_digest(code))
        return self._register(command.execute(Petition(""), context), receipts, code)

    def import_petition(self, command: ImportPetition, reply: ImportReply | None, *, request_id: str) -> Outcome:
        """Take a row of an old ledger over as history, with its reply if it has one.

        Safe to repeat, also after a crash between the two: what is there already stays as it is.
        """
        context = self.context(self.access.system(), request_id)
        receipts = (self._receipts.of_row(command, command, "import"),)
        done = self._replayed(receipts) or self._register(_history(command, reply, context), receipts, None)
        if reply is None:
            return done
        receipts = (self._receipts.of_row(command, reply, "reply"),)
        if self._replayed(receipts) is None:
            petition = self._store.fold(Petition(done.number))
            self._append(petition, reply.execute(petition, context), receipts)
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
        """Take a step on a file.

        `expected` is the version that the caller has seen: `Stale` if the file has moved on. Without it the step is
        decided on whatever version there is. Raises the DomainError that forbids it; then nothing has changed.
        """
        number = str_number(number)
        receipts = self._receipts.keyed(caller.token, f"{command.step()} {number}", key, command)
        for _ in range(TRIES):
            petition = self.load(caller, number)
            context = self.context(caller, request_id, command)
            known = self._replayed(receipts)
            if known is not None:
                return known
            if expected is not None and petition.version != expected:
                raise Stale
            other = self._beside(caller, command)
            taken = command.execute(petition, context)
            if command.reads:
                self.reading(caller, petition, context)
            try:
                return self._append(petition, taken, receipts, command, other)
            except Stale:
                continue
        raise Busy

    def view(self, caller: Caller, number: str, *, request_id: str) -> FileView:
        """The file as the caller may see it. A reading of personal data is logged before it is shown."""
        petition, context = self.load(caller, number), self.context(caller, request_id)
        grant = caller.reader(petition, context.rulebook)
        if grant is not None:
            self._log_reading(caller, grant, petition.number, context)
        named = set(filter(None, (petition.duplicate_of, petition.arises_from, *petition.duplicates)))
        return file_view(petition, context, full=grant is not None, known=self.known(caller, named))

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
        self._log_reading(caller, grant, petition.number, context)

    def _log_reading(self, caller: Caller, grant: Grant, number: str, context: Context) -> None:
        """Enter who reads whose file, for the committee (《个人信息保护法》 51)."""
        with self._pool.connection() as connection:
            connection.execute(
                LOG_READING,
                (
                    context.now,
                    caller.staff,
                    str(grant.role),
                    grant.unit,
                    grant.on_behalf_of,
                    number,
                    context.request_id,
                ),
            )

    def load(self, caller: Caller, number: str) -> Petition:
        """The file, if it exists for the caller; `UnknownPetition` otherwise, whichever of the two it is."""
        petition = self._store.fold(Petition(str_number(number)))
        if petition.stage is None or not caller.reads_files or not caller.sees(petition):
            raise UnknownPetition
        return petition

    def _exists_for(self, caller: Caller, number: str) -> bool:
        """Whether the caller may know of the file."""
        try:
            self.load(caller, number)
        except UnknownPetition:
            return False
        return True

    def context(self, caller: Caller, request_id: str, command: BaseModel | None = None) -> Context:
        """What the rules may know of the world in this request. Raises `NoRulebook` where there is none."""
        rulebook, now = self._rulebooks.current(), self.now()
        named = attachments.named_by(command) if command else []
        with self._pool.connection() as connection:
            units = staff_units(connection, day_of(now))
            uploaded = attachments.waiting(connection, self._vault, named, caller.staff) if named else {}
        return Context(
            actor=Actor(id=caller.staff),
            now=now,
            at=now,
            rulebook=rulebook.content,
            rulebook_version=rulebook.version,
            request_id=request_id,
            command_id=uuid4(),
            grants=caller.grants,
            attachments=uploaded,
            salt=secrets.token_hex(16),
            letterhead=self._letters.head(command, day_of(now)),
            staff_units=units,
        )

    def _register(self, taken: Taken, receipts: tuple[Receipt, ...], code: str | None) -> Outcome:
        """Append the first facts of a file under the next number of the office's series of this year."""
        context, first = taken.context, stage_after(type(taken.facts[0]))
        series = Series(context.rulebook.office.code, day_of(context.now).year)
        stage, round_ = str(first), 0 if code is None else 1
        receipts = tuple(replace(one, stage=stage, round=round_, query_code=code) for one in receipts)
        write = StreamWrite(
            None, 0, taken.facts, taken.occurred_at, taken.backdated_because, attaches=tuple(context.attachments)
        )
        done = self._store.append(Append((write,), context, series, receipts)).result()
        if done.replayed is not None:
            return self._as_then(done.replayed, done.position)
        number = str(done.number)
        return Outcome(number, stage, round_, done.versions[number], done.position, code)

    def _append(
        self,
        petition: Petition,
        taken: Taken,
        receipts: tuple[Receipt, ...],
        command: PetitionCommand | None = None,
        other: Petition | None = None,
    ) -> Outcome:
        """Append a step's facts, and those of the second file where there is one, in one transaction."""
        write = StreamWrite(
            petition.number,
            petition.version,
            taken.facts,
            taken.occurred_at,
            taken.backdated_because,
            forget=forgets(taken.facts),
            attaches=tuple(taken.context.attachments),
        )
        writes = [write, *self._letters.numbered(petition.number, taken)]
        if command is not None and other is not None:
            facts = command.execute_beside(other, petition)
            writes.append(StreamWrite(other.number, other.version, facts, taken.occurred_at))
        after = petition.fold(
            stamp(
                taken.facts,
                stream=petition.stream,
                after=petition.version,
                context=taken.context,
                occurred_at=taken.occurred_at,
            )
        )
        stage = str(after.stage)
        receipts = tuple(replace(one, stage=stage, round=after.round) for one in receipts)
        done = self._store.append(Append(tuple(writes), taken.context, None, receipts)).result()
        if done.replayed is not None:
            return self._as_then(done.replayed, done.position)
        return Outcome(petition.number, stage, after.round, after.version, done.position)

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
        return None if found is None else self._as_then(*found)

    @staticmethod
    def _as_then(issued: ReceiptIssued, position: int) -> Outcome:
        code = issued.query_code if isinstance(issued.query_code, str) else None
        return Outcome(issued.stream, issued.stage, issued.round, issued.version, position, code, replayed=True)


def _history(command: ImportPetition, reply: ImportReply | None, context: Context) -> Taken:
    """The petition's part of a row, once the reply is known to fit it: neither is taken over without the other."""
    taken = command.execute(Petition(""), context)
    if reply is not None:
        facts = stamp(taken.facts, stream="", after=0, context=taken.context, occurred_at=taken.occurred_at)
        reply.execute(Petition("").fold(facts), context)
    return taken


def str_number(number: str) -> str:
    """A file number as it is written; `UnknownPetition` for what none can be."""
    parts = parse(number)
    return f"{parts.office}-{parts.year}-{parts.serial:06d}"
