"""Proposals on request: who may ask, what the domain proposes from it. Nothing that is asked here is ever stored."""

from __future__ import annotations

from collections.abc import Callable

from psycopg import Connection
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from domain.kernel import Context
from domain.likeness import Seen
from domain.petition.command import PetitionCommand
from domain.petition.intake import ReceivePetition
from domain.petition.receiving_file import LinkDuplicate
from domain.petition.sketch import PetitionSketch
from projections.likeness_queries import Wanted, candidates
from projections.projection import blinding
from service.access import Caller
from service.desk import Desk
from service.duplicates import DuplicateProposals, proposals_of, wanted_of_file, wanted_of_sketch
from service.proposals import PetitionProposal, RoutingView, proposal_for, routing_for


class Proposing:
    """Proposes, to those who may take the step that the proposal is for; thread-safe."""

    def __init__(
        self, desk: Desk, pool: ConnectionPool[Connection[TupleRow]], blind: Callable[[str, str], str]
    ) -> None:
        """Take the desk, which knows files and the world, and the keyed hash by which a person is found again."""
        self._desk = desk
        self._pool = pool
        self._blind = blind

    def proposal(self, caller: Caller, sketch: PetitionSketch, *, request_id: str) -> PetitionProposal:
        """Category, units and due dates for a petition that is being typed, to who may take one in."""
        allowed(caller, ReceivePetition)
        return proposal_for(sketch, self._desk.context(caller, request_id))

    def routing(self, caller: Caller, number: str, *, request_id: str) -> RoutingView:
        """Who should have a file, to anybody who may know of it; `UnknownPetition` to others."""
        return routing_for(self._desk.load(caller, number), self._desk.context(caller, request_id))

    def likely_duplicates(self, caller: Caller, sketch: PetitionSketch, *, request_id: str) -> DuplicateProposals:
        """Files that a petition being typed may repeat, none hidden from the caller, to who may link them."""
        allowed(caller, LinkDuplicate)
        context = self._desk.context(caller, request_id)
        return self._proposed(caller, context, wanted_of_sketch(sketch, context), frozenset())

    def duplicates_of(self, caller: Caller, number: str, *, request_id: str) -> DuplicateProposals:
        """Files that a file may repeat and is not linked to, to who may link them; `UnknownPetition` as ever."""
        petition, context = self._desk.load(caller, number), self._desk.context(caller, request_id)
        allowed(caller, LinkDuplicate)
        linked = {petition.number, *petition.duplicates, *filter(None, [petition.duplicate_of])}
        return self._proposed(caller, context, wanted_of_file(petition, context), frozenset(linked))

    def _proposed(
        self, caller: Caller, context: Context, wanted: tuple[Wanted, Seen], but: frozenset[str]
    ) -> DuplicateProposals:
        with self._pool.connection() as connection:
            blinding(connection, self._blind)
            found = candidates(connection, wanted[0], caller.sight, but)
        return proposals_of(wanted[1], found, context)


def allowed(caller: Caller, step: type[PetitionCommand]) -> None:
    """Raise `WrongRole` for who holds none of the roles that take the step."""
    if caller.roles.isdisjoint(step.roles):
        raise step.for_others()
