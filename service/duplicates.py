"""重复件建议 as a person sees them: files that a petition may repeat, how alike they are, and by what measure."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import BaseModel, Field

from domain.kernel import Context, day_of
from domain.likeness import Alike, Seen, compare, identities
from domain.petition.intake import petitioners_of
from domain.petition.petition import Petition
from domain.petition.references import referring
from domain.petition.sketch import PetitionSketch
from projections.likeness_queries import Candidate, Wanted
from service.proposals import ReasonView

MOST_SHOWN = 10


class DuplicateProposal(BaseModel):
    """A file that may be repeated, personal data masked. `link_to`: which file to link to, its principal if it has one.

    `likeness` is that of the texts, `score` of everything; both 0 to 1.
    """

    number: str
    link_to: str
    score: float = Field(ge=0, le=1)
    likeness: float = Field(ge=0, le=1)
    reasons: list[ReasonView]
    title: str
    petitioner: str
    received_day: date | None
    stage: str
    area: str | None
    category: str | None
    lead: str | None


class DuplicateProposals(BaseModel):
    """Likely duplicates, most alike first, with the rulebook's thresholds; a person decides whether one is linked."""

    duplicates: list[DuplicateProposal]
    window_days: int
    same_person: float
    other_person: float


def wanted_of_sketch(sketch: PetitionSketch, context: Context) -> tuple[Wanted, Seen]:
    """What is sought, and compared, for a petition that is being typed; it is taken as received today."""
    people = petitioners_of(sketch.petitioners)
    told = referring(sketch, people)
    content = "\n".join(filter(None, (told.content, *(demand.text for demand in told.demands))))
    wanted = Wanted(
        title=told.subject or "",
        content=content,
        people=tuple(one for person in people for one in identities(person)),
        since=context.today - timedelta(days=context.rulebook.duplicates.window_days),
        until=context.today,
    )
    area = sketch.place.area if sketch.place else None
    return wanted, Seen(context.today, wanted.terms, area, sketch.category)


def wanted_of_file(petition: Petition, context: Context) -> tuple[Wanted, Seen]:
    """What is sought, and compared, for a registered file; nothing by data that is restricted or erased."""
    window, day = timedelta(days=context.rulebook.duplicates.window_days), day_of(petition.received_at)
    sealed = None in petition.restricted
    texts = ["" if sealed or not isinstance(text, str) else text for text in (petition.title, petition.content)]
    free = [] if sealed else [one for one in petition.petitioners if one.id not in petition.restricted]
    wanted = Wanted(
        title=texts[0],
        content=texts[1],
        people=tuple(one for person in free for one in identities(person)),
        since=day - window,
        until=day + window,
    )
    area = petition.place.area if petition.place else None
    return wanted, Seen(day, wanted.terms, area, petition.category)


def proposals_of(mine: Seen, found: list[Candidate], context: Context) -> DuplicateProposals:
    """Of the files found those that are alike enough, most alike first."""
    rules = context.rulebook.duplicates
    alike = [(one, how) for one in found if (how := compare(mine, one.seen, context.rulebook))]
    alike.sort(key=lambda pair: (-pair[1].score, pair[0].row.number))
    return DuplicateProposals(
        duplicates=[_view(one, how) for one, how in alike[:MOST_SHOWN]],
        window_days=rules.window_days,
        same_person=rules.same_person,
        other_person=rules.other_person,
    )


def _view(candidate: Candidate, alike: Alike) -> DuplicateProposal:
    row = candidate.row
    return DuplicateProposal(
        number=row.number,
        link_to=row.principal or row.number,
        score=alike.score,
        likeness=alike.likeness,
        reasons=[ReasonView.of(one) for one in alike.reasons],
        title=row.title,
        petitioner=row.petitioner,
        received_day=row.received_day,
        stage=row.stage,
        area=row.area,
        category=row.category,
        lead=row.lead,
    )
