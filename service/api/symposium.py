"""座谈会登记: many petitions of one meeting, all or none."""

from __future__ import annotations

import inspect

from fastapi import APIRouter
from pydantic import BaseModel

from domain.petition.symposium import RaiseAtSymposium
from service.api.answers import Received
from service.api.problems import problems
from service.api.signed_in import TOKEN, SignedIn
from service.asked.given import API, PartsOf, ReaderOf, RequestId
from service.outcome import Outcome

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], tags=["民情受理 receiving"])


class ReceivedAtSymposium(Received):
    """A petition of the list. `replayed`: it had been taken in before, and this is the answer of then."""

    replayed: bool


class SymposiumReceived(BaseModel):
    """What became of the list, in its order. `position` of the last one shows all of them."""

    petitions: list[ReceivedAtSymposium]


@router.post(
    "/symposia",
    status_code=201,
    summary=f"{RaiseAtSymposium.title} raise-at-symposium",
    description=inspect.getdoc(RaiseAtSymposium),
    responses=problems(403, 413, 415),
)
def raise_at_symposium(
    command: RaiseAtSymposium, parts: PartsOf, caller: ReaderOf, request_id: RequestId
) -> SymposiumReceived:
    """Take in what a symposium raised."""
    return SymposiumReceived(
        petitions=[_told(one) for one in parts.symposia.receive(caller, command, request_id=request_id)]
    )


def _told(outcome: Outcome) -> ReceivedAtSymposium:
    names = ReceivedAtSymposium.model_fields
    return ReceivedAtSymposium(**{name: getattr(outcome, name) for name in names})
