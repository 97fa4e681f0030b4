"""What makes a request the same one when it comes again: receipts, named after keys, sources and rows.

Names and bodies are stored as keyed hashes only.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel

from domain.errors import KeyReused
from domain.petition.intake import ImportPetition, ReceivePetition
from domain.receipt import ReceiptIssued
from service.append import Receipt
from service.store import Store
from service.vault import Vault

Issued = tuple[ReceiptIssued, int]
"""What was answered the first time, with its position."""


class Receipts:
    """Names receipts, and finds those that were issued; thread-safe."""

    def __init__(self, store: Store, vault: Vault) -> None:
        """Take what it works with."""
        self._store = store
        self._vault = vault

    def keyed(self, token: str, what: str, key: str | None, command: BaseModel) -> tuple[Receipt, ...]:
        """The receipt of an idempotency key, scoped by the caller's token."""
        return (self._receipt(_joined("key", token, key), command, what=what),) if key else ()

    def from_source(self, command: ReceivePetition) -> tuple[Receipt, ...]:
        """The receipt of the source's own id, scoped by its system: the same letter never makes two files."""
        source = command.source
        if source is None:
            return ()
        system, own_id = source.site or "", source.message_id or source.work_order_id
        return (self._receipt(_joined("source", command.channel, system, own_id), command),) if own_id else ()

    def of_words(self, command: ReceivePetition) -> Receipt:
        """The receipt of a petition that says exactly this, whatever else is told of the meeting that raised it."""
        if command.source is not None:
            told_of_the_meeting = dict.fromkeys(("venue", "attendants"))
            source = command.source.model_copy(update=told_of_the_meeting)
            command = command.model_copy(update={"source": source})
        return self._receipt(_joined("row", _body(command)), command)

    def of_row(self, command: ImportPetition, said: BaseModel, part: Literal["import", "reply"]) -> Receipt:
        """The receipt of a row of an old ledger, or of its reply: its id names one matter, whatever stands there."""
        return self._receipt(_joined(part, command.source_system, command.source_id), said, strict=False)

    def issued(self, receipts: Iterable[Receipt]) -> Issued | None:
        """The answer of the first time with its position, where one of these was issued before.

        Raises `KeyReused` where it was for another body.
        """
        for receipt in receipts:
            found: Issued | None = self._store.receipt(receipt.name)
            if found is None:
                continue
            if receipt.strict and found[0].request_digest != receipt.request_digest:
                raise KeyReused
            return found
        return None

    def issued_under(self, token: str, key: str) -> Issued | None:
        """The answer that was given under this key, whatever the body was."""
        found: Issued | None = self._store.receipt(self._vault.blind("receipt", _joined("key", token, key)))
        return found

    def _receipt(self, name: str, command: BaseModel, *, what: str = "", strict: bool = True) -> Receipt:
        """A receipt of this name for this body."""
        body = _body(command)
        return Receipt(self._vault.blind("receipt", name), self._vault.blind("body", f"{what}\n{body}"), strict=strict)


def _body(command: BaseModel) -> str:
    """What a command says; without what it does not, so that a field which comes later makes no other body of it."""
    return command.model_dump_json(by_alias=True, exclude_none=True)


def _joined(*parts: str) -> str:
    """Parts as one name, such that no other parts have the same: ids of other systems may hold any character."""
    return json.dumps(parts)
