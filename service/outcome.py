"""What came of a command, also when it is asked for a second time."""

from __future__ import annotations

from dataclasses import dataclass

from domain.receipt import ReceiptIssued


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


def as_then(issued: ReceiptIssued, position: int) -> Outcome:
    """The answer of the first time."""
    code = issued.query_code if isinstance(issued.query_code, str) else None
    return Outcome(issued.stream, issued.stage, issued.round, issued.version, position, code, replayed=True)
