"""Proposals on request: who may ask, what the domain proposes from it. Nothing that is asked here is ever stored."""

from __future__ import annotations

from domain.errors import DomainError
from domain.kernel import Context
from domain.petition.intake import ReceivePetition
from domain.petition.petition import Petition
from domain.petition.sketch import PetitionSketch
from service.access import Caller
from service.desk import Desk
from service.proposals import PetitionProposal, RoutingView, proposal_for, routing_for


class Proposing:
    """Proposes, to those who may take the step that the proposal is for; thread-safe."""

    def __init__(self, desk: Desk) -> None:
        """Take the desk, which knows files and the world."""
        self._desk = desk

    def proposal(self, caller: Caller, sketch: PetitionSketch, *, request_id: str) -> PetitionProposal:
        """Category, units and due dates for a petition that is being typed, to who may take one in."""
        context = self._desk.context(caller, request_id)
        _may_receive(context)
        return proposal_for(sketch, context)

    def routing(self, caller: Caller, number: str, *, request_id: str) -> RoutingView:
        """Who should have a file, to anybody who may know of it; `UnknownPetition` to others."""
        return routing_for(self._desk.load(caller, number), self._desk.context(caller, request_id))


def _may_receive(context: Context) -> None:
    """Raise what bars who asks from taking a petition in."""
    barred = ReceivePetition.barred(Petition(""), context)
    if isinstance(barred, DomainError):
        raise barred
