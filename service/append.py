"""What is handed to the store, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.kernel import Context, Event
from domain.receipt import ReceiptIssued, receipt_stream

EVERYBODY = "*"
"""In `StreamWrite.forget`: every key of the stream."""


@dataclass(frozen=True, slots=True)
class StreamWrite:
    """Facts for one stream, which must stand at version `after`; otherwise the whole append is refused as stale.

    `stream` None makes a new file (`after` is 0) under the next number of `Append.series`. `occurred_at` None is for
    imported history without a date. `forget` names the key owners whose keys are dropped together with this write:
    `file`, petitioner ids, or `*` for all; what the facts of this very write say is sealed under new keys.
    `attaches` names uploaded files whose keys stand in the facts: the keys that waited go with this write, and where
    one is gone already the append is refused as stale.
    """

    stream: str | None
    after: int
    facts: tuple[Event, ...]
    occurred_at: datetime | None
    backdated_because: str | None = None
    forget: tuple[str, ...] = ()
    attaches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A series of numbers: one per office and year, without a gap."""

    office: str
    year: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What makes a request the same one when it comes again, and what to answer then.

    `name` is a keyed hash (`Vault.blind`) of the idempotency key with its token, or of the source's id with its system;
    `request_digest` a keyed hash of the body. A `strict` receipt refuses another body as
    `KeyReused`; one that is not strict answers as the first time whatever the body is: a source's id names one matter
    for ever.
    """

    name: str
    request_digest: str
    stage: str = ""
    round: int = 0
    query_code: str | None = None
    strict: bool = True
    of: int = 0

    @property
    def stream(self) -> str:
        """The stream in which it is kept."""
        return receipt_stream(self.name)


@dataclass(frozen=True, slots=True)
class Append:
    """Everything one request writes: all of it or nothing, in one transaction.

    Several new files get the next numbers in their order; `Receipt.of` says to which of them a receipt belongs.
    """

    writes: tuple[StreamWrite, ...]
    context: Context
    series: Series | None = None
    receipts: tuple[Receipt, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no caller may ask; these are mistakes in code, not bad input."""
        new = [write for write in self.writes if write.stream is None]
        if not any(write.facts for write in self.writes):
            raise ValueError("an append needs at least one fact")
        if new and (self.series is None or any(write.after != 0 or not write.facts for write in new)):
            raise ValueError("a new file needs a series, facts, and starts after version 0")


@dataclass(frozen=True, slots=True)
class Appended:
    """What came of an append.

    `position` is that of its last fact: a projection that has reached it shows all of the request. `number` is that of
    the new file, the first of `numbers` where there are several; `versions` the version each stream reached. `replayed`
    is the receipt of the first time where the request had been carried out before; then `number` is that receipt's file
    and nothing was written.
    """

    position: int
    number: str | None
    versions: dict[str, int] = field(default_factory=dict)
    replayed: ReceiptIssued | None = None
    numbers: tuple[str, ...] = ()


def made_of(position: int, numbers: tuple[str, ...], versions: dict[str, int]) -> Appended:
    """What came of an append that was written, with the new files' numbers in their order."""
    return Appended(position, numbers[0] if numbers else None, versions, numbers=numbers)
