"""The petition: its state, folded from its events. `evolve` only assigns; rules live in the commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

from domain.clocks import DueDate
from domain.kernel import Aggregate, Attachment, Event, Recorded
from domain.petition.events import handling as h
from domain.petition.events import publishing as p
from domain.petition.events import receiving as r
from domain.petition.events import recollecting as c
from domain.petition.events import supervising as s
from domain.petition.events.values import Accused, Demand, DemandAssignment, Petitioner, Place, Source
from domain.petition.limits import BY_UNIT, stopped_by
from domain.petition.stages import LOOP, Stage, may_follow, stage_after
from domain.petition.state import (
    Asked,
    Dispute,
    Draft,
    Duty,
    Escalation,
    Letter,
    Order,
    Review,
    Round,
    Text,
    answered,
    people,
    still_asked,
)
from domain.petition.taking import take_exceptions, take_publishing, take_recollecting, take_supervising
from domain.petition.working import handled_by, worked_on_by
from domain.vocabulary import Channel, Nature, Outlet, ReviewKind, ReviewVerdict, Secrecy, Track, Urgency

NOBODY: frozenset[str] = frozenset()


class Petition(Aggregate):
    """民情: one number, one file, going round the loop. The stream's name is its number."""

    channel: Channel
    source: Source | None
    nature: Nature
    secrecy: Secrecy
    title: Text
    content: Text
    people_count: int
    received_at: datetime
    stage_since: datetime

    def __init__(self, number: str) -> None:
        """Start before the first event."""
        super().__init__(number)
        self.stage: Stage | None = None
        self.round, self.source = 0, None
        self.imported, self.dated = False, True
        self.category: str | None = None
        self.track: Track | None = None
        self.urgency = Urgency.NORMAL
        self.petitioners: tuple[Petitioner, ...] = ()
        self.former: tuple[Petitioner, ...] = ()
        self.petitioner_ids = 0
        self.demands: tuple[Demand, ...] = ()
        self.against: tuple[Accused, ...] = ()
        self.place: Place | None = None
        self.attachments: dict[str, Attachment] = {}
        self.query_code_digest: str | None = None
        self.arises_from: str | None = None
        self.accepted_at: datetime | None = None
        self.exceptions: dict[type[Event], Asked] = {}
        self.lead: str | None = None
        self.co_units: tuple[str, ...] = ()
        self.by_demand: tuple[DemandAssignment, ...] = ()
        self.duty = Duty()
        self.return_asked: dict[str, Asked] = {}
        self.extension_asked: Asked | None = None
        self.extension_days = self.suspended_days = 0
        self.suspension_asked: Asked | None = None
        self.suspended_on: date | None = None
        self.escalations: list[Escalation] = []
        self.handled, self.worked = set[str](), set[str]()
        self.rounds: list[Round] = [Round()]
        self.publication: Draft | None = None
        self.outlets: tuple[Outlet, ...] = ()
        self.published_digest: str | None = None
        self.waived = self.notice_waived = False
        self.reminders: dict[str, Order] = {}
        self.orders: dict[str, Order] = {}
        self.reminded: set[tuple[str, date, bool]] = set()
        self.ordered: set[tuple[str, date]] = set()
        self.reviews: dict[ReviewKind, Review] = {}
        self.duplicate_of: str | None = None
        self.duplicates: set[str] = set()
        self.due: dict[str, DueDate] = {}
        self.told: dict[str, Recorded] = {}
        self.letters: dict[str, Letter] = {}
        self.restricted: set[str | None] = set()
        self.erasure_asked: dict[str | None, Asked] = {}
        self.erased: set[str | None] = set()
        self.ended_at: datetime | None = None
        self.archive_number: str | None = None

    @property
    def number(self) -> str:
        """The file's number; the stream is named by it."""
        return self.stream

    @property
    def current(self) -> Round:
        """The round that the file is in."""
        return self.rounds[-1]

    @property
    def everyone(self) -> tuple[Petitioner, ...]:
        """Everybody whose data the file holds: the petitioners, and those that a correction replaced."""
        return (*self.petitioners, *self.former)

    @property
    def units(self) -> frozenset[str]:
        """The lead unit and the co-units."""
        return frozenset(filter(None, (self.lead, *self.co_units)))

    @property
    def suspended(self) -> bool:
        """Whether the work is put aside now."""
        return self.suspended_on is not None

    @property
    def responsible(self) -> frozenset[str]:
        """The units on the file, and the one that stays answerable until another has signed (首接负责)."""
        return self.units | frozenset(filter(None, [self.duty.answerable]))

    @property
    def escalated_to(self) -> frozenset[str]:
        """The superior bodies that have not answered yet."""
        return frozenset(one.body for one in self.escalations if one.answered_at is None)

    @property
    def anonymous(self) -> bool:
        """Whether nobody stands behind it by name."""
        return not self.petitioners

    @property
    def against_units(self) -> frozenset[str]:
        """Units that the petition accuses, and units of accused staff."""
        if not self.against:
            return NOBODY
        named = {accused.unit for accused in self.against if accused.unit}
        return frozenset(named.union(*(accused.staff_units for accused in self.against)))

    @property
    def against_staff(self) -> frozenset[str]:
        """Staff that the petition accuses."""
        return frozenset(accused.staff for accused in self.against if accused.staff) if self.against else NOBODY

    def evolve(self, recorded: Recorded) -> None:
        """Take one fact into the state: first what it does to stage and clocks, then what is its own."""
        if not may_follow(type(recorded.fact), self.stage):
            raise ValueError(f"{self.stream}: {recorded.fact.TOPIC} may not follow in stage {self.stage}")
        if stage_after(type(recorded.fact)) is not None:
            self.stage = stage_after(type(recorded.fact))
            self.stage_since = recorded.occurred_at or recorded.recorded_at
        if stops := stopped_by(recorded.fact):
            self.due = {key: one for key, one in self.due.items() if not {key, one.clock} & stops}
        if self.stage not in LOOP and self.ended_at is None:
            self.ended_at = recorded.occurred_at or recorded.recorded_at
        take_exceptions(self, recorded)
        for take in TAKING.get(type(recorded.fact).__module__, ()):
            take(self, recorded)
        self._telling(recorded)

    def _receiving(self, recorded: Recorded) -> None:
        match recorded.fact:
            case r.PetitionReceived() as fact:
                self._begin(recorded, fact)
                self.source, self.track, self.urgency = fact.source, fact.track, fact.urgency
                self.against, self.query_code_digest = fact.against, fact.query_code_digest
                self.arises_from, self.round = fact.arises_from, 1
                self._attach(fact.attachments)
            case r.PetitionImported() as fact:
                self._begin(recorded, fact)
                self.imported = True
            case r.ImportedPetitionTakenUp(track=track, urgency=urgency):
                self.track, self.urgency, self.round, self.ended_at = track, urgency, 1, None
                self.received_at = recorded.recorded_at
            case r.DueDatesSet(due=due) | r.DueDatesRecomputed(due=due):
                self.due.update({one.key: one for one in due})
            case r.PetitionClassified() as fact:
                self.nature, self.category, self.track = fact.nature, fact.category, fact.track
                self.urgency, self.secrecy = fact.urgency, fact.secrecy
                self.demands = fact.demands or self.demands
            case r.PetitionAccepted():
                self.accepted_at = recorded.occurred_at
            case r.PetitionCorrected() as fact:
                self._correct(fact)
            case r.DuplicateLinked(principal=principal):
                self.duplicate_of = principal
            case r.DuplicateUnlinked():
                self.duplicate_of = None
            case r.DuplicateAdopted(duplicate=duplicate):
                self.duplicates.add(duplicate)
            case r.DuplicateReleased(duplicate=duplicate):
                self.duplicates.discard(duplicate)
            case r.AttachmentsAdded(attachments=attachments):
                self._attach(attachments)
            case r.DataRestricted(petitioner=who):
                self.restricted.add(who)
            case r.RestrictionLifted(petitioner=who):
                self.restricted.discard(who)
            case r.ErasureAsked(petitioner=who, ground=ground):
                asker = recorded.actor
                self.erasure_asked[who] = Asked(people(asker), ground=ground, asker=asker.id)
            case r.DataErased(petitioner=who):
                self.erased.add(who)
                self.erasure_asked = still_asked(self.erasure_asked, who)

    def _begin(self, recorded: Recorded, fact: r.PetitionReceived | r.PetitionImported) -> None:
        self.channel, self.nature, self.category, self.secrecy = fact.channel, fact.nature, fact.category, fact.secrecy
        self.title, self.content, self.place = fact.title, fact.content, fact.place
        self.petitioners, self.people_count, self.demands = fact.petitioners, fact.people_count, fact.demands
        self.petitioner_ids = len(fact.petitioners)
        self.received_at = recorded.occurred_at or recorded.recorded_at
        self.dated = recorded.occurred_at is not None

    def _attach(self, attachments: tuple[Attachment, ...]) -> None:
        self.attachments.update({one.id: one for one in attachments})

    def _correct(self, fact: r.PetitionCorrected) -> None:
        self.channel, self.source = fact.channel or self.channel, fact.source or self.source
        self.title, self.content = fact.title or self.title, fact.content or self.content
        self.people_count = fact.people_count or self.people_count
        if fact.petitioners is not None:
            self.petitioners, self.former = fact.petitioners, self.everyone
            self.petitioner_ids += len(fact.petitioners)
        self.demands = self.demands if fact.demands is None else fact.demands
        self.against = self.against if fact.against is None else fact.against
        self.place, self.received_at = fact.place or self.place, fact.received_at or self.received_at

    def _assigning(self, recorded: Recorded) -> None:
        actors, current = people(recorded.actor), self.current
        match recorded.fact:
            case h.Assigned(lead=lead, co_units=co_units, demands=demands):
                self.lead, self.co_units, self.by_demand = lead, co_units, demands
                self.duty.begin(lead)
                self.return_asked.clear()
                current.return_refused.clear()
                current.co_reports &= set(co_units)
                current.co_answers = {key: one for key, one in current.co_answers.items() if one.unit in co_units}
                current.signed = {unit: who for unit, who in current.signed.items() if unit in self.units}
                gone = {key for key, one in self.due.items() if one.clock in BY_UNIT and one.of not in self.units}
                self.due = {key: one for key, one in self.due.items() if key not in gone}
            case h.SignedFor(unit=unit, handler=handler) | h.HandlerNamed(unit=unit, handler=handler):
                current.signed[unit] = handler
                self.duty.answerable = unit if unit == self.lead else self.duty.answerable
            case h.ReturnAsked(unit=unit, proposed_unit=proposed):
                self.return_asked[unit] = Asked(actors)
                self.duty.returns += 1
                current.objected[unit] = proposed
                current.objectors |= actors
            case h.ReturnGranted(unit=unit):
                self.return_asked.pop(unit, None)
                current.signed.pop(unit, None)
                if self.lead == unit:
                    self.lead, current.answers, current.reply = None, (), None
                self.co_units = tuple(other for other in self.co_units if other != unit)
            case h.ReturnRefused(unit=unit):
                self.return_asked.pop(unit, None)
                current.return_refused.add(unit)
            case h.DutyDisputed(units=units, superior=superior):
                self.duty.dispute = Dispute(units, superior, actors)
                self.return_asked.clear()
            case h.DutyDecided(unit=unit):
                self.duty.dispute, self.duty.decided = None, unit

    def _work(self, recorded: Recorded) -> None:
        handled = handled_by(recorded)
        self.current.handlers |= handled
        self.handled |= handled
        self.worked |= worked_on_by(recorded)

    def _handling(self, recorded: Recorded) -> None:
        actors, current = people(recorded.actor), self.current
        match recorded.fact:
            case h.ResidentContacted(reached=reached):
                current.contacted = current.contacted or reached
            case h.HouseholdVisited(reached=reached, attachments=attachments):
                current.contacted = current.contacted or reached
                self._attach(attachments)
            case h.ProgressNoted(attachments=attachments):
                self._attach(attachments)
            case h.ExtensionAsked(days=days, digest=digest):
                self.extension_asked = Asked(actors, days=days, digest=digest)
            case h.ExtensionGranted(days=days, due=due):
                self.extension_asked, self.extension_days = None, self.extension_days + days
                self.due[due.key] = due
            case h.ExtensionRefused():
                self.extension_asked = None
            case h.SuspensionAsked(until=until):
                self.suspension_asked = Asked(actors, until=until)
            case h.SuspensionGranted():
                self.suspension_asked, self.suspended_on = None, recorded.day
            case h.SuspensionRefused():
                self.suspension_asked = None
            case h.HandlingResumed():
                self._resume(recorded.day)
            case h.OutcomeReported(answers=answers):
                current.answers = tuple(answer.demand for answer in answers)
            case h.ReplyDrafted(text=text, digest=digest):
                current.reply = Draft("", text, digest, actors)
            case h.ReplyApproved() if current.reply:
                current.reply = replace(current.reply, approved_by=actors)
            case h.ReplySentBack() if current.reply:
                current.reply = replace(current.reply, sent_back=True)
            case h.ReplyDelivered(proof=proof):
                current.replied_at = recorded.occurred_at
                self._attach(proof)
                self._resume(recorded.day)
                self.suspension_asked, self.extension_asked = None, None
                if any(review.verdict is ReviewVerdict.REVOKED for review in self.reviews.values()):
                    self.reviews = {}  # it answers anew, so the petitioner may have it reviewed anew (L1 35)

    def _resume(self, day: date | None) -> None:
        """The days for which the work was put aside are counted; no clock heeds them."""
        if self.suspended_on is not None and day is not None:
            self.suspended_days += max((day - self.suspended_on).days, 0)
        self.suspended_on = None

    def _with_others(self, recorded: Recorded) -> None:
        current = self.current
        match recorded.fact:
            case h.EscalatedUpward(body=body):
                self.escalations.append(Escalation(body, recorded.occurred_at or recorded.recorded_at))
            case h.SuperiorAnswered(body=body):
                self.escalations[:] = answered(self.escalations, body, recorded.occurred_at or recorded.recorded_at)
            case h.CoUnitReported(unit=unit, answers=answers):
                current.co_reports.add(unit)
                current.co_answers.update({one.demand: one for one in answers})

    def _telling(self, recorded: Recorded) -> None:
        """Facts that a letter may tell, by topic (and order), and the letters that were issued."""
        match recorded.fact:
            case r.PetitionAccepted() | r.PetitionDeclined() | r.PetitionReferred() | h.Assigned() | s.FollowedUp():
                self.told[recorded.fact.TOPIC] = recorded
            case h.ExtensionAsked() | h.ExtensionGranted():
                self.told[recorded.fact.TOPIC] = recorded
            case s.SupervisionOrdered(id=key):
                self.told[key] = recorded
            case c.PetitionReopened():
                for kind in (h.ExtensionGranted, s.FollowedUp):
                    self.told.pop(kind.TOPIC, None)
            case r.LetterIssued() as fact:
                self.letters[fact.id] = Letter(fact.kind, fact.document_number, fact.about, fact.petitioner, recorded)
            case r.LetterServed(letter=key, proof=proof):
                self.letters[key] = replace(self.letters[key], served=recorded)
                self._attach(proof)


TAKING: Mapping[str, tuple[Callable[[Petition, Recorded], None], ...]] = {
    r.__name__: (Petition._receiving,),
    h.__name__: (Petition._work, Petition._assigning, Petition._handling, Petition._with_others),
    p.__name__: (take_publishing,),
    s.__name__: (take_supervising,),
    c.__name__: (take_recollecting,),
}
"""What takes in the facts of a stem; `take_exceptions` and `_telling` look at all of them."""
