"""Carrying out a symposium's list: every petition is decided first, then all are written in one append.

The same list sent again, or a longer one, adds only what is not there: a petition of the same meeting in the same words
is the same petition.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.errors import Busy, DomainError, Forbidden, Invalid, SomeRefused, Stale
from domain.kernel import Context, day_of
from domain.numbering import new_query_code, query_code_digest
from domain.petition.command import Taken
from domain.petition.intake import ReceivePetition
from domain.petition.petition import Petition
from domain.petition.stages import stage_after
from domain.petition.symposium import RaiseAtSymposium
from service.access import Caller
from service.append import Append, Receipt, Series, StreamWrite
from service.attachments import named_by
from service.desk import TRIES, Desk
from service.outcome import Outcome, as_then
from service.receipts import Receipts
from service.store import Store
from service.vault import Vault


@dataclass(frozen=True, slots=True)
class _Row:
    """A petition of the list: its place, and what makes it the same one when it comes again."""

    place: int
    command: ReceivePetition
    receipt: Receipt


class Symposia:
    """Takes in what symposia raise; thread-safe."""

    def __init__(self, *, store: Store, vault: Vault, desk: Desk) -> None:
        """Take the parts it works with."""
        self._store, self._desk = store, desk
        self._receipts = Receipts(store, vault)

    def receive(self, caller: Caller, command: RaiseAtSymposium, *, request_id: str) -> list[Outcome]:
        """Take all of them in; one outcome for each, in their order, those that were there before as of then.

        Raises `SomeRefused` with every mistake of every row: then nothing has changed.
        """
        rows = self._rows(command)
        for _ in range(TRIES):
            found = {row.place: there for row in rows if (there := self._there(caller, row)) is not None}
            new = [row for row in rows if row.place not in found]
            codes = {row.place: new_query_code(os.urandom(10)) for row in new}
            taken = self._decided(caller, new, codes, request_id)
            try:
                made = self._written(new, taken, codes)
            except Stale:
                continue
            if made is None:  # somebody sent the same list in the meantime
                continue
            outcomes = found | made
            return [outcomes[row.place] for row in rows]
        raise Busy

    def try_receive(self, caller: Caller, command: RaiseAtSymposium, *, request_id: str) -> int:
        """How many of them would find themselves there; raises as `receive` would, and writes nothing."""
        rows = self._rows(command)
        new = [row for row in rows if self._there(caller, row) is None]
        self._decided(caller, new, {row.place: "" for row in new}, request_id)
        return len(rows) - len(new)

    def _rows(self, command: RaiseAtSymposium) -> list[_Row]:
        """The petitions of the list; `SomeRefused` where two are the same."""
        rows = [_Row(place, one, self._receipts.of_words(one)) for place, one in enumerate(command.each())]
        _all_different(rows)
        return rows

    def _there(self, caller: Caller, row: _Row) -> Outcome | None:
        """The answer of the first time, for who may know of the file."""
        issued = self._receipts.issued((row.receipt,))
        if issued is None:
            return None
        if not caller.roles & row.command.roles or not self._desk.known(caller, {issued[0].stream}):
            raise Forbidden
        return as_then(*issued)

    def _decided(
        self, caller: Caller, rows: Sequence[_Row], codes: dict[int, str], request_id: str
    ) -> dict[int, Taken]:
        """What each of them is, by place; `SomeRefused` with all that stands against them."""
        base = self._desk.context(caller, request_id)
        taken: dict[int, Taken] = {}
        refused: list[DomainError] = []
        for row in rows:
            try:
                context = self._context(caller, row, base, codes[row.place], request_id)
                taken[row.place] = row.command.execute(Petition(""), context)
            except DomainError as error:
                if error.status != Invalid.status:
                    raise
                error.loc = ("petitions", row.place, *error.loc)
                refused.append(error)
        if refused:
            raise SomeRefused(count=len(refused), each=tuple(refused))
        return taken

    def _context(self, caller: Caller, row: _Row, base: Context, code: str, request_id: str) -> Context:
        """The context of one petition: its own query code, and the files that it names."""
        files = self._desk.context(caller, request_id, row.command).attachments if named_by(row.command) else {}
        return base._replace(query_code_digest=query_code_digest(code), attachments=files)

    def _written(
        self, rows: Sequence[_Row], taken: dict[int, Taken], codes: dict[int, str]
    ) -> dict[int, Outcome] | None:
        """All of them in one append; None where one of them was there by then, and so nothing was written."""
        if not rows:
            return {}
        writes, receipts = [], []
        stage = ""
        for of, row in enumerate(rows):
            one = taken[row.place]
            stage = str(stage_after(type(one.facts[0])))
            receipts.append(replace(row.receipt, of=of, stage=stage, round=1, query_code=codes[row.place]))
            attaches = tuple(one.context.attachments)
            writes.append(StreamWrite(None, 0, one.facts, one.occurred_at, one.backdated_because, attaches=attaches))
        context = taken[rows[0].place].context
        series = Series(context.rulebook.office.code, day_of(context.now).year)
        done = self._store.append(Append(tuple(writes), context, series, tuple(receipts))).result()
        if done.replayed is not None:
            return None
        return {
            row.place: Outcome(number, stage, 1, done.versions[number], done.position, codes[row.place])
            for row, number in zip(rows, done.numbers, strict=True)
        }


def _all_different(rows: Sequence[_Row]) -> None:
    """Refuse a list that says the same petition twice: one of the two is a slip."""
    first: dict[str, int] = {}
    refused: list[DomainError] = []
    for row in rows:
        before = first.setdefault(row.receipt.name, row.place)
        if before != row.place:
            zh, en = f"与第{before + 1}件完全相同", f"the same as no. {before + 1}"
            refused.append(Invalid(("petitions", row.place), field="petitions", reason=zh, reason_en=en))
    if refused:
        raise SomeRefused(count=len(refused), each=tuple(refused))
