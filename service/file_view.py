"""The file as a caller sees it: what it holds, why each due date is what it is, and which steps are possible now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import cache

from pydantic import BaseModel

from domain.clocks import Calendar, DueDate
from domain.derivation import Language, explain
from domain.errors import DomainError
from domain.kernel import Context, Erased, personal_fields
from domain.petition.command import PetitionCommand
from domain.petition.commands import STEPS
from domain.petition.events.values import Petitioner
from domain.petition.petition import Petition
from domain.petition.references import known_of, mask_identity, people_of, render
from domain.petition.sketch import matter_of
from domain.petition.stages import Stage, may_follow
from domain.petition.state import Draft
from domain.redaction import redact
from domain.routing import propose
from domain.vocabulary import Role
from projections.masked import SEALED
from service.file_parts import (
    DisputeView,
    EscalationView,
    ExceptionView,
    PartView,
    dispute_of,
    escalations_of,
    exceptions_of,
    parts_of,
)
from service.file_reviews import FollowUpView, OrderView, ReviewView, follow_up_of, order_of, review_of


class PersonView(BaseModel):
    """A petitioner: the values themselves for who works on the file, masked ones for others, none once erased."""

    id: str
    kind: str
    name: str | None
    phone: str | None
    id_number: str | None
    address: str | None
    erased: bool


class DemandView(BaseModel):
    """A demand with the unit that answers for it."""

    id: str
    nature: str
    category: str | None
    text: str | None
    unit: str | None
    answered: bool


class DueView(BaseModel):
    """A running clock: when it runs out and how that came about."""

    clock: str
    due: date
    provisional: bool
    explanation: str
    explanation_en: str


class RedactionView(BaseModel):
    """A line of a publication's redaction record (脱敏记录): what kind, why, how often, what stands there instead.

    `kept`: it was found and a person took it back; `shown` are then the words that stay.
    """

    kind: str
    basis: str | None
    reason: str | None
    count: int
    shown: str | None
    kept: bool


class DraftView(BaseModel):
    """A text that waits for approval or was approved; `digest` is what an approval names.

    `redactions`: of a publication, what was taken out of it and what was taken back.
    """

    title: str | None
    text: str | None
    digest: str
    approved: bool
    redactions: list[RedactionView]


class AttachmentView(BaseModel):
    """An attached file."""

    id: str
    media_type: str
    size: int
    erased: bool


class StepView(BaseModel):
    """A step that the caller may take now."""

    step: str
    title: str
    href: str


class FileView(BaseModel):
    """卷宗. `personal` says whether personal data is shown in full; every such reading is logged for the committee."""

    number: str
    stage: str
    stage_title: str
    round: int
    version: int
    personal: bool
    restricted: bool
    imported: bool
    channel: str
    source: dict[str, object] | None
    nature: str
    kind: str
    category: str | None
    track: str | None
    urgency: str
    secrecy: str
    received_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    title: str | None
    content: str | None
    area: str | None
    address: str | None
    point: str | None
    people_count: int
    petitioners: list[PersonView]
    demands: list[DemandView]
    against: list[str]
    lead: str | None
    co_units: list[str]
    parts: list[PartView]
    first_unit: str | None
    answerable: str | None
    returns: int
    dispute: DisputeView | None
    escalations: list[EscalationView]
    competent_units: list[str]
    handlers: list[str]
    suspended: bool
    suspended_days: int
    waiting: list[str]
    exceptions: list[ExceptionView]
    due: list[DueView]
    reply: DraftView | None
    replied_at: datetime | None
    publication: DraftView | None
    outlets: list[str]
    attachments: list[AttachmentView]
    publication_waived: bool
    follow_up_attempts_missed: int
    follow_up: FollowUpView | None
    solved: str | None
    reminders: list[OrderView]
    orders: list[OrderView]
    reviews: list[ReviewView]
    duplicate_of: str | None
    duplicates: list[str]
    arises_from: str | None
    archive_number: str | None
    steps: list[StepView]


class Words:
    """Turns stored text into what this reader may read."""

    def __init__(self, petition: Petition, full: bool) -> None:
        """Real values for a reader of personal data, masked ones and no detectable identifiers for others."""
        self._full = full
        self._sealed = None in petition.restricted
        people = people_of(petition.everyone, None if full else mask_identity)
        restricted = {who for who in petition.restricted if who is not None}
        sealed = {who: dict.fromkeys(people[who], SEALED) for who in restricted if who in people}
        self._people = {**people, **sealed}
        self._masked = {**people_of(petition.everyone, mask_identity), **sealed}
        self._known = known_of(petition.everyone)

    def text(self, text: str | Erased | None) -> str | None:
        """A text of the file."""
        if self._sealed and text is not None:
            return SEALED
        rendered = render(text, self._people)
        return rendered if self._full or rendered is None else redact(rendered, self._known).text

    def person(self, one: Petitioner) -> PersonView:
        """A petitioner."""
        values = dict.fromkeys(self._people[one.id], SEALED) if self._sealed else self._people[one.id]
        erased = any(isinstance(getattr(one, field), Erased) for field in ("name", "phone", "id_number", "address"))
        return PersonView(
            id=one.id,
            kind=one.kind,
            name=values.get("name"),
            phone=values.get("phone"),
            id_number=values.get("id_number"),
            address=values.get("address"),
            erased=erased,
        )

    def draft(self, draft: Draft | None) -> DraftView | None:
        """A draft."""
        if draft is None:
            return None
        return DraftView(
            title=self.text(draft.title),
            text=self.text(draft.text),
            digest=draft.digest,
            approved=draft.approved,
            redactions=[],
        )

    def publication(self, draft: Draft | None) -> DraftView | None:
        """A draft for the boards: people masked to every reader. What was taken back shows to who approves or once it
        is approved.
        """
        if draft is None:
            return None
        as_public = self._full or draft.approved
        return DraftView(
            title=self.as_public(draft.title, as_public),
            text=self.as_public(draft.text, as_public),
            digest=draft.digest,
            approved=draft.approved,
            redactions=[
                RedactionView(
                    kind=one.kind,
                    basis=one.basis,
                    reason=self.text(one.reason),
                    count=one.count,
                    shown=self.as_public(one.shown, as_public),
                    kept=one.kept,
                )
                for one in draft.redactions
            ],
        )

    def as_public(self, text: str | Erased | None, as_it_stands: bool = True) -> str | None:
        """A text for the boards: people masked; unless it stands as it is, what was taken back is masked too."""
        if self._sealed and text is not None:
            return SEALED
        rendered = render(text, self._masked)
        return rendered if as_it_stands or rendered is None else redact(rendered, self._known).text


def file_view(petition: Petition, context: Context, *, full: bool, known: Collection[str]) -> FileView:
    """The file for a caller; `full` where they may read its personal data.

    `known`: the numbers of other files that they may be told; any other number is left out.
    """
    words, rulebook = Words(petition, full), context.rulebook
    units = {one.demand: one.unit for one in petition.by_demand}
    place = petition.place
    return FileView(
        number=petition.number,
        stage=str(petition.stage),
        stage_title=petition.stage.zh if petition.stage else "",
        round=petition.round,
        version=petition.version,
        personal=full,
        restricted=bool(petition.restricted),
        imported=petition.imported,
        channel=petition.channel,
        source=_source(petition, words),
        nature=petition.nature,
        kind=rulebook.kind(petition.nature),
        category=petition.category,
        track=petition.track,
        urgency=petition.urgency,
        secrecy=petition.secrecy,
        received_at=petition.received_at,
        accepted_at=petition.accepted_at,
        ended_at=petition.ended_at,
        title=words.text(petition.title),
        content=words.text(petition.content),
        area=place.area if place else None,
        address=words.text(place.address) if place else None,
        point=words.text(place.point) if place and full else None,
        people_count=petition.people_count,
        petitioners=[words.person(one) for one in petition.petitioners],
        demands=[
            DemandView(
                id=one.id,
                nature=one.nature,
                category=one.category,
                text=words.text(one.text),
                unit=units.get(one.id),
                answered=one.id in petition.current.answers,
            )
            for one in petition.demands
        ],
        against=sorted(petition.against_staff | {one.unit for one in petition.against if one.unit}),
        lead=petition.lead,
        co_units=list(petition.co_units),
        parts=parts_of(petition),
        first_unit=petition.duty.first_unit,
        answerable=petition.duty.answerable,
        returns=petition.duty.returns,
        dispute=dispute_of(petition),
        escalations=escalations_of(petition),
        competent_units=list(propose(matter_of(petition), rulebook).candidates) if petition.lead is None else [],
        handlers=sorted(petition.current.handlers),
        suspended=petition.suspended,
        suspended_days=petition.suspended_days,
        waiting=list(_waiting(petition)),
        exceptions=list(exceptions_of(petition, words.text)),
        due=[
            DueView(
                clock=due.clock,
                due=due.due,
                provisional=due.provisional,
                explanation=_explained(due, petition, rulebook.calendar, "zh"),
                explanation_en=_explained(due, petition, rulebook.calendar, "en"),
            )
            for due in sorted(petition.due.values(), key=lambda due: due.due)
        ],
        reply=words.draft(petition.current.reply),
        replied_at=petition.current.replied_at,
        publication=words.publication(petition.publication),
        outlets=list(petition.outlets),
        attachments=[
            AttachmentView(id=one.id, media_type=one.media_type, size=one.size, erased=isinstance(one.key, Erased))
            for one in petition.attachments.values()
        ],
        publication_waived=petition.waived,
        follow_up_attempts_missed=petition.current.attempts_missed,
        follow_up=follow_up_of(petition, context),
        solved=petition.current.follow_up_solved,
        reminders=[order_of(key, one) for key, one in petition.reminders.items()],
        orders=[order_of(key, one) for key, one in petition.orders.items()],
        reviews=[review_of(one) for one in petition.reviews.values()],
        duplicate_of=petition.duplicate_of if petition.duplicate_of in known else None,
        duplicates=sorted(petition.duplicates.intersection(known)),
        arises_from=petition.arises_from if petition.arises_from in known else None,
        archive_number=petition.archive_number,
        steps=[
            StepView(step=name, title=command.title, href=f"/api/v1/petitions/{petition.number}/{name}")
            for name, command in _steps_in(petition.stage, frozenset(grant.role for grant in context.grants))
            if (full or not command.reads) and not isinstance(command.barred(petition, context), DomainError)
        ],
    )


@cache
def _steps_in(stage: Stage | None, roles: frozenset[Role]) -> tuple[tuple[str, type[PetitionCommand]], ...]:
    """The steps that somebody with these roles may take in this stage; the others need not be asked one by one."""
    return tuple(
        (name, command) for name, command in STEPS.items() if command.roles & roles and may_follow(command.event, stage)
    )


def _explained(due: DueDate, petition: Petition, calendar: Calendar, language: Language) -> str:
    return explain(due, calendar, language, again=petition.round > 1, extended=petition.extension_days)


def _source(petition: Petition, words: Words) -> dict[str, object] | None:
    """What only the channel carries; its free text as this reader may read it."""
    if petition.source is None:
        return None
    shown: dict[str, object] = petition.source.model_dump(mode="json", exclude_none=True)
    written = {name: words.text(getattr(petition.source, name)) for name in personal_fields(type(petition.source))}
    return {**shown, **{name: text for name, text in written.items() if text is not None}}


def _waiting(petition: Petition) -> Iterable[str]:
    """What waits for somebody's decision beside the stage."""
    if petition.return_asked:
        yield "return"
    if petition.duty.dispute:
        yield "duty"
    if petition.escalated_to:
        yield "superior"
    if petition.extension_asked:
        yield "extension"
    if petition.suspension_asked:
        yield "suspension"
    if petition.erasure_asked:
        yield "erasure"
