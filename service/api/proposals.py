"""Proposals for a person who takes in or assigns a petition: nothing of what is asked here is stored or decided."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from fastapi import APIRouter, Body

from domain.petition.sketch import PetitionSketch
from projections.ledger import Ledger
from projections.likeness import Likeness
from projections.search import Search
from service.api.examples import SKETCH
from service.api.problems import problems
from service.api.signed_in import TOKEN, SignedIn
from service.asked.given import API, Number, PartsOf, ReaderOf, RequestId, reached
from service.duplicates import DuplicateProposals
from service.proposals import PetitionProposal, RoutingView

router = APIRouter(prefix=API, route_class=SignedIn, dependencies=[TOKEN], strict_content_type=False)
TAGS: list[str | Enum] = ["建议 proposals"]
Sketch = Annotated[PetitionSketch, Body(openapi_examples={"sketch": {"value": SKETCH}})]


@router.post("/petitions/proposal", tags=TAGS, summary="登记时的建议", responses=problems(403, 413, 415))
def propose(sketch: Sketch, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> PetitionProposal:
    """For a petition that is being typed: which category it may be, who should have it, what is due when, and why."""
    return parts.proposing.proposal(caller, sketch, request_id=request_id)


@router.get("/petitions/{number}/routing", tags=TAGS, summary="派单建议", responses=problems(403, 404))
def routing(number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> RoutingView:
    """Who should have the file, each with the reason; for a report never the accused or a unit below (L1 30)."""
    return parts.proposing.routing(caller, number, request_id=request_id)


@router.post("/petitions/duplicates", tags=TAGS, summary="登记时的重复件提示", responses=problems(403, 413, 415))
def likely_duplicates(sketch: Sketch, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> DuplicateProposals:
    """Files that a petition being typed may repeat, most alike first, each with its reasons; personal data masked."""
    return parts.proposing.likely_duplicates(caller, sketch, request_id=request_id)


@router.get(
    "/petitions/{number}/duplicates",
    tags=TAGS,
    summary="重复件提示",
    responses=problems(403, 404),
    dependencies=[reached(Likeness.name, Ledger.name, Search.name)],
)
def duplicates(number: Number, parts: PartsOf, caller: ReaderOf, request_id: RequestId) -> DuplicateProposals:
    """Files that this one may repeat and is not linked to. A person links them (`link-duplicate`), and can undo it."""
    return parts.proposing.duplicates_of(caller, number, request_id=request_id)
