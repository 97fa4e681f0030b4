"""One step on several files at once: each succeeds or fails by itself, as if it had been taken file by file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import DomainError
from domain.petition.commands import STEPS, PetitionCommand
from service.access import Caller
from service.desk import Desk
from service.outcome import Outcome
from service.work import Work

MOST_AT_ONCE = 100
SEVERAL = {step: kind for step, kind in STEPS.items() if kind.several}
"""The steps that can be taken on several files at once."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of the step on one file: the outcome, or the error that forbids it there; one of the two."""

    number: str
    outcome: Outcome | None = None
    error: DomainError | None = None


def taking_several(
    desk: Desk,
    caller: Caller,
    numbers: Iterable[str],
    command: PetitionCommand,
    *,
    request_id: str,
    key: str | None = None,
) -> Work[list[FileResult]]:
    """Take a step on each of these files, once and in the order given, as work (see service/work.py).

    What forbids it on one changes nothing for the others.
    A request repeated with its idempotency key is answered as the first time for each file on which the step was taken,
    and tried again on the others.
    """
    results = []
    for number in dict.fromkeys(numbers):
        own_key = f"{key}\n{number}" if key else None
        try:
            outcome = yield from desk.taking(caller, number, command, request_id=request_id, key=own_key)
        except DomainError as error:
            results.append(FileResult(number, error=error))
        else:
            results.append(FileResult(number, outcome))
    return results
